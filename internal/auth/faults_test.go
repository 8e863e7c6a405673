package auth_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"gorm.io/gorm"
)

// faults makes one statement fail: the nth from when it is armed.
type faults struct{ left atomic.Int64 }

func (f *faults) arm(n int)    { f.left.Store(int64(n)) }
func (f *faults) disarm() bool { return f.left.Swap(-1) <= 0 } // whether it came to that
func (f *faults) hit(t *gorm.DB) {
	if f.left.Add(-1) == 0 {
		t.AddError(errors.New("disk is full: secret detail"))
	}
}

func (r *rig) faults() *faults {
	f := &faults{}
	f.disarm()
	c := r.db.Callback()
	err := errors.Join(
		c.Query().Before("gorm:query").Register("test:fault", f.hit),
		c.Row().Before("gorm:row").Register("test:fault", f.hit),
		c.Create().Before("gorm:create").Register("test:fault", f.hit),
		c.Update().Before("gorm:update").Register("test:fault", f.hit),
		c.Delete().Before("gorm:delete").Register("test:fault", f.hit),
		c.Raw().Before("gorm:raw").Register("test:fault", f.hit),
	)
	if err != nil {
		r.t.Fatal(err)
	}
	return f
}

// dump is everything in the store.
func (r *rig) dump() string {
	r.t.Helper()
	var s strings.Builder
	for _, table := range []string{"users", "sessions", "accounts", "verifications"} {
		var rows []map[string]any
		if err := r.db.Table(table).Order("id").Find(&rows).Error; err != nil {
			r.t.Fatal(err)
		}
		fmt.Fprintln(&s, table, rows)
	}
	return s.String()
}

// request is one of a browser's, for the verbs.
func request(c *authtest.Client) *http.Request {
	req := httptest.NewRequest(http.MethodPost, "/", nil)
	for _, cookie := range c.Cookies() {
		req.AddCookie(cookie)
	}
	return req
}

// TestAllOrNothing: whichever statement fails, the caller is told, the store is as before and nobody is signed in or
// out. Once nothing fails the same call succeeds.
func TestAllOrNothing(t *testing.T) {
	t.Parallel()
	box := &mailbox{}
	r := sqliteRig(t, auth.Options{Mailer: box})
	f, ctx := r.faults(), t.Context()
	told := func(res authtest.Answer) error {
		if res.StatusCode < 400 && !strings.Contains(res.Header.Get("Location"), "error=") {
			return nil
		}
		if res.StatusCode < 500 || strings.Contains(res.Text, "secret") ||
			strings.Contains(strings.Join(res.Header["Set-Cookie"], "\n"), tokenCookie) ||
			res.Header.Get("Clear-Site-Data") != "" {
			t.Errorf("%s: %d %s %v", res.Request.URL.Path, res.StatusCode, res.Text, res.Header)
		}
		return errors.New(res.Text)
	}
	call := func(path, body string) func() error {
		return func() error { return told(post(r.Client, path, body)) }
	}
	read := func(path string) func() error {
		return func() error { return told(r.Get("/api/auth" + path)) }
	}
	mailed := func(format string) func() error {
		return func() error {
			path, body, _ := strings.Cut(fmt.Sprintf(format, linkToken(t, box.last())), " ")
			if body == "" {
				return read(path)()
			}
			return call(path, body)()
		}
	}
	boss := r.browser()
	bossID := boss.SignUp("boss@example.com")
	if _, err := r.auth.SetRole(ctx, nil, bossID, "admin"); err != nil {
		t.Fatal(err)
	}
	eve := r.addUser("eve@example.com", "admin")
	name, email, yes := "Eve", "eva@example.com", true
	var adminCookies []*http.Cookie // part:admin
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"sign-up", call("/sign-up/email", `{"name":"Ada","email":"ada@example.com","password":"314-159-265"}`)},
		{"get-session", read("/get-session?disableCookieCache=1")},
		{"sign-in", call("/sign-in/email", `{"email":"ada@example.com","password":"314-159-265"}`)},
		{"update-user", call("/update-user", `{"name":"Ada L."}`)},
		{"send-verification-email", call("/send-verification-email", `{"email":"ada@example.com"}`)},
		{"verify-email", mailed(`/verify-email?token=%s&callbackURL=/x`)},
		{"verify-password", call("/verify-password", `{"password":"314-159-265"}`)},
		{"change-password", call("/change-password", `{"currentPassword":"314-159-265","newPassword":"another-horse-2","revokeOtherSessions":true}`)},
		{"request-password-reset", call("/request-password-reset", `{"email":"ada@example.com"}`)},
		{"reset-password", mailed(`/reset-password {"token":"%s","newPassword":"314-159-265"}`)},
		{"sign-in again", call("/sign-in/email", `{"email":"ada@example.com","password":"314-159-265"}`)},
		{"change-email", call("/change-email", `{"newEmail":"new@example.com"}`)},
		{"the change", mailed(`/verify-email?token=%s`)},
		{"list-sessions", read("/list-sessions")},
		{"list-accounts", read("/list-accounts")},
		{"revoke-session", call("/revoke-session", `{"token":"none"}`)},
		{"revoke-other-sessions", call("/revoke-other-sessions", `{}`)},
		{"sign-out", call("/sign-out", `{}`)},
		{"sign-in once more", call("/sign-in/email", `{"email":"new@example.com","password":"314-159-265"}`)},
		{"revoke-sessions", call("/revoke-sessions", `{}`)},
		{"the last sign-in", call("/sign-in/email", `{"email":"new@example.com","password":"314-159-265"}`)},
		{"delete-user", call("/delete-user", `{"password":"314-159-265"}`)},

		{"SetRole", func() error { _, err := r.auth.SetRole(ctx, nil, eve.ID, "user"); return err }},
		{"BanUser", func() error { _, err := r.auth.BanUser(ctx, nil, eve.ID, "spam", nil); return err }},
		{"UnbanUser", func() error { _, err := r.auth.UnbanUser(ctx, nil, eve.ID); return err }},
		{"ChangeUser", func() error {
			_, err := r.auth.ChangeUser(ctx, nil, eve.ID, auth.UserChanges{Profile: auth.Profile{Name: &name}, Email: &email,
				EmailVerified: &yes})
			return err
		}},
		{"SetPassword", func() error { return r.auth.SetPassword(ctx, nil, eve.ID, "another-horse-2") }}, // part:admin
		{"CreateUser", func() error {
			_, err := r.auth.CreateUser(ctx, nil, auth.NewUser{Name: "C", Email: "c@example.com", Password: "another-horse-2"})
			return err
		}},
		// part:admin
		{"Impersonate", func() error {
			w, req := httptest.NewRecorder(), request(boss)
			s, err := r.auth.StoredSession(w, req)
			if err == nil {
				_, err = r.auth.Impersonate(w, req, s, eve.ID)
			}
			if set := w.Result().Cookies(); err == nil {
				adminCookies = set
			} else if len(set) > 1 { // the cache's may be there
				t.Errorf("a failed impersonation sets %v", set)
			}
			return err
		}},
		// end:admin
		// part:admin
		{"StopImpersonating", func() error {
			w, req := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", nil)
			for _, cookie := range adminCookies {
				req.AddCookie(cookie)
			}
			s, err := r.auth.StoredSession(w, req)
			if err == nil {
				_, err = r.auth.StopImpersonating(w, req, s)
			}
			return err
		}},
		{"RevokeUserSession", func() error {
			list, err := r.auth.UserSessions(ctx, bossID)
			if err != nil {
				return err
			}
			return r.auth.RevokeUserSession(ctx, nil, list[0].ID)
		}},
		// end:admin
		{"RemoveUser", func() error { return r.auth.RemoveUser(ctx, nil, eve.ID) }}, // part:admin
	} {
		for n := 1; ; n++ {
			before := r.dump()
			f.arm(n)
			err := step.do()
			if failed := f.disarm(); !failed {
				if err != nil {
					t.Fatalf("%s: %v", step.name, err)
				}
				if n == 1 {
					t.Errorf("%s asks the store nothing", step.name)
				}
				break
			}
			if err == nil {
				t.Fatalf("%s succeeds without its statement %d", step.name, n)
			}
			if after := r.dump(); after != before {
				t.Fatalf("%s without its statement %d:\nbefore %s\nafter  %s", step.name, n, before, after)
			}
		}
	}
}

// TestAStoreThatCannotWriteSignsNobodyOut: sliding a session can wait.
func TestAStoreThatCannotWriteSignsNobodyOut(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	r.SignUp("ada@example.com")
	r.clock.advance(25 * time.Hour)
	before, f := r.row(), r.faults()
	f.arm(2) // after the read
	res := r.Get("/api/auth/get-session")
	if failed := f.disarm(); !failed || res.StatusCode != 200 || !strings.Contains(res.Text, "ada@example.com") ||
		strings.Contains(strings.Join(res.Header["Set-Cookie"], "\n"), tokenCookie) {
		t.Errorf("%v: %d %s %v", failed, res.StatusCode, res.Text, res.Header["Set-Cookie"])
	}
	if !r.row().ExpiresAt.Equal(before.ExpiresAt) {
		t.Error("the session slid")
	}
	r.wantWho("later", r.Client, "ada@example.com")
}
