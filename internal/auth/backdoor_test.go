package auth_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

// stored is the session behind a browser as the store has it, and a request that presents it.
func (r *rig) stored(c *authtest.Client) (*auth.Session, *http.Request) {
	r.t.Helper()
	req := httptest.NewRequest(http.MethodPost, "/", nil)
	for _, cookie := range c.Cookies() {
		req.AddCookie(cookie)
	}
	s, err := r.auth.StoredSession(httptest.NewRecorder(), req)
	if err != nil || s == nil {
		r.t.Fatalf("session %v, error %v", s, err)
	}
	return s, req
}

// An admin who falls may have requests under way that were let in before: none of them gives the role back.
func TestWhoIsNoAdminAnyMoreCannotUndoIt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		r.addUser("boss@example.com", "admin")
		admin, no := "admin", false
		for name, fall := range map[string]func(id string) error{
			"demoted": func(id string) error { _, err := r.auth.SetRole(t.Context(), nil, id, "user"); return err },
			"banned":  func(id string) error { _, err := r.auth.BanUser(t.Context(), nil, id, "", nil); return err },
		} {
			c := r.browser()
			id := c.SignUp(name + "@example.com")
			if _, err := r.auth.SetRole(t.Context(), nil, id, "admin"); err != nil {
				t.Fatal(err)
			}
			by, _ := r.stored(c)
			if err := fall(id); err != nil {
				t.Fatal(err)
			}
			for verb, undo := range map[string]func() error{
				"set-role": func() error { _, err := r.auth.SetRole(t.Context(), by, id, "admin"); return err },
				"unban":    func() error { _, err := r.auth.UnbanUser(t.Context(), by, id); return err },
				"update-user": func() error {
					_, err := r.auth.ChangeUser(t.Context(), by, id, auth.UserChanges{Role: &admin, Banned: &no})
					return err
				},
				"create-user": func() error {
					_, err := r.auth.CreateUser(t.Context(), by, auth.NewUser{Name: "Me again", Email: "again@example.com",
						Role: "admin"})
					return err
				},
				// part:admin
				"set-user-password": func() error {
					return r.auth.SetPassword(t.Context(), by, r.idOf("boss@example.com"), "another-horse-2")
				},
				"reset":       func() error { return r.auth.MailPasswordReset(t.Context(), by, r.idOf("boss@example.com")) },
				"remove-user": func() error { return r.auth.RemoveUser(t.Context(), by, r.idOf("boss@example.com")) },
				// end:admin
			} {
				var e *errs.Error
				if err := undo(); !errors.As(err, &e) || e.Status != http.StatusForbidden {
					t.Errorf("%s by %s: %v", verb, name, err)
				}
			}
			if u, err := r.auth.User(t.Context(), id); err != nil || u.HasRole("admin") && !u.Banned {
				t.Errorf("%s: %+v, %v", name, u, err)
			}
		}
	})
}

// part:admin

// Nobody acts as an admin: who is made one while somebody acts as them loses that guest, and no session of their own.
func TestAPromotionEndsImpersonations(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	boss := r.browser()
	if _, err := r.auth.SetRole(t.Context(), nil, boss.SignUp("boss@example.com"), "admin"); err != nil {
		t.Fatal(err)
	}
	id := r.SignUp("ada@example.com")
	by, req := r.stored(boss)
	w := httptest.NewRecorder()
	if _, err := r.auth.Impersonate(w, req, by, id); err != nil {
		t.Fatal(err)
	}
	guest := r.browser()
	for _, cookie := range w.Result().Cookies() {
		hold(guest, cookie.Name, cookie.Value)
	}
	r.wantWho("while acting", guest, "ada@example.com")
	if _, err := r.auth.SetRole(t.Context(), nil, id, "user,admin"); err != nil {
		t.Fatal(err)
	}
	r.wantWho("the guest", guest, "")
	r.wantWho("the person", r.Client, "ada@example.com")
	r.wantWho("the admin", boss, "boss@example.com")
}

// end:admin

// Whoever held a stolen session may have asked for a link; with the password it is worth nothing any more.
func TestAPasswordChangeEndsLinks(t *testing.T) {
	t.Parallel()
	box := &mailbox{}
	r := sqliteRig(t, auth.Options{Mailer: box})
	r.SignUp("ada@example.com")
	thief := r.Copy()
	if got := post(thief, "/change-email", `{"newEmail":"eve@example.com"}`); got.StatusCode != 200 {
		t.Fatal(got.Text)
	}
	stolen := linkToken(t, box.last())
	post(r.browser(), "/send-verification-email", `{"email":"ada@example.com"}`)
	harmless := linkToken(t, box.last())
	if got := post(r.Client, "/change-password", `{"currentPassword":"`+authtest.Password+
		`","newPassword":"another-horse-2","revokeOtherSessions":true}`); got.StatusCode != 200 {
		t.Fatal(got.Text)
	}
	wantRefusal(t, r.browser().Get("/api/auth/verify-email?token="+stolen), 401, "INVALID_TOKEN")
	r.wantWho("afterwards", r.Client, "ada@example.com")
	if got := r.browser().Get("/api/auth/verify-email?token=" + harmless); got.StatusCode != 200 {
		t.Errorf("a link that only verifies the address: %d %s", got.StatusCode, got.Text)
	}
}

// Of two requests the last one counts.
func TestANewLinkEndsTheOldOne(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		box := &mailbox{}
		r := newRig(t, db, auth.Options{Mailer: box})
		r.SignUp("ada@example.com")
		two := func(path, body string, first, second any) (older, newer string) {
			t.Helper()
			for _, v := range []any{first, second} {
				if got := post(r.Client, path, fmt.Sprintf(body, v)); got.StatusCode != 200 {
					t.Fatal(got.Text)
				}
				older, newer = newer, linkToken(t, box.last())
			}
			return older, newer
		}
		older, newer := two("/change-email", `{"newEmail":%q}`, "a@example.com", "b@example.com")
		wantRefusal(t, r.browser().Get("/api/auth/verify-email?token="+older), 401, "INVALID_TOKEN")
		r.Get("/api/auth/verify-email?token=" + newer)
		r.wantWho("after the newer link", r.Client, "b@example.com")
		older, newer = two("/request-password-reset", `{"email":%q}`, "b@example.com", "b@example.com")
		reset := `{"token":%q,"newPassword":"another-horse-2"}`
		wantRefusal(t, post(r.browser(), "/reset-password", fmt.Sprintf(reset, older)), 400, "INVALID_TOKEN")
		if got := post(r.browser(), "/reset-password", fmt.Sprintf(reset, newer)); got.StatusCode != 200 {
			t.Errorf("%d %s", got.StatusCode, got.Text)
		}
	})
}

// A ban ends links too, and no mail goes to who is banned; the answer does not tell.
func TestABanEndsLinksAndMails(t *testing.T) {
	t.Parallel()
	box := &mailbox{}
	r := sqliteRig(t, auth.Options{Mailer: box})
	id := r.SignUp("ada@example.com")
	ask := func() string {
		return post(r.browser(), "/request-password-reset", `{"email":"ada@example.com"}`).Text
	}
	before := ask()
	token := linkToken(t, box.last())
	if _, err := r.auth.BanUser(t.Context(), nil, id, "spam", nil); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, post(r.browser(), "/reset-password", `{"token":"`+token+`","newPassword":"another-horse-2"}`), 400,
		"INVALID_TOKEN")
	if after := ask(); after != before || len(box.all()) != 1 {
		t.Errorf("%s, %d mails; want %s and 1", after, len(box.all()), before)
	}
	post(r.browser(), "/send-verification-email", `{"email":"ada@example.com"}`)
	if n := len(box.all()); n != 1 {
		t.Errorf("%d mails to who is banned", n)
	}
	wantRefusal(t, signIn(r.browser(), "ada@example.com"), 403, "BANNED_USER")
}

// TestAnEndedBanForbidsNothing: after its ban, a user keeps links when an admin changes the role, and gets the mail by
// which an admin's word for the address hands over the account.
func TestAnEndedBanForbidsNothing(t *testing.T) {
	t.Parallel()
	box := &mailbox{}
	r := sqliteRig(t, auth.Options{Mailer: box})
	ended := map[string]any{"banned": true, "ban_expires": time.Now().UTC().Add(-time.Hour)}
	id := r.SignUp("ada@example.com")
	if err := r.db.Model(&auth.User{}).Where("id = ?", id).Updates(ended).Error; err != nil {
		t.Fatal(err)
	}
	post(r.browser(), "/request-password-reset", `{"email":"ada@example.com"}`)
	token := linkToken(t, box.last())
	if _, err := r.auth.SetRole(t.Context(), nil, id, "admin"); err != nil {
		t.Fatal(err)
	}
	reset := post(r.browser(), "/reset-password", `{"token":"`+token+`","newPassword":"another-horse-2"}`)
	if reset.StatusCode != 200 {
		t.Errorf("the link after a change of the role: %d %s", reset.StatusCode, reset.Text)
	}

	ended["pending"] = true
	if err := r.db.Model(&auth.User{}).Where("id = ?", id).Updates(ended).Error; err != nil {
		t.Fatal(err)
	}
	mails := len(box.all())
	if _, err := r.auth.ChangeUser(t.Context(), nil, id, auth.UserChanges{EmailVerified: new(true)}); err != nil {
		t.Fatal(err)
	}
	if n := len(box.all()); n != mails+1 {
		t.Errorf("%d mails hand the account over", n-mails)
	}
}

// What sends no mail uses up none: else a stranger could keep somebody's reset link from being sent, unseen.
func TestOnlyMailsThatAreSentCount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path, body string
		o          auth.Options
	}{
		"verifying what is verified": {"/send-verification-email", `{"email":"ada@example.com"}`, auth.Options{}},
		"moving to what is taken":    {"/change-email", `{"newEmail":"ada@example.com"}`, auth.Options{}},
		"signing up what is taken": {
			"/sign-up/email", `{"name":"Ada","email":"ada@example.com","password":"correct-horse-9"}`,
			auth.Options{RequireEmailVerification: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			box := &mailbox{}
			c.o.Mailer, c.o.RateLimit.Rules = box, []auth.RateRule{}
			r, _ := limitedRig(t, dbtest.Open(t, dbtest.SQLite(t)), c.o)
			if err := r.db.Model(r.addUser("ada@example.com", "")).Update("email_verified", true).Error; err != nil {
				t.Fatal(err)
			}
			eve := r.browser()
			if c.path == "/change-email" {
				eve.SignUp("eve@example.com")
			}
			for range 4 {
				if got := post(eve, c.path, c.body); got.StatusCode != 200 {
					t.Fatal(got.Text)
				}
			}
			if n := len(box.all()); n != 0 {
				t.Fatalf("%d mails", n)
			}
			post(r.browser(), "/request-password-reset", `{"email":"ada@example.com"}`)
			if n := len(box.all()); n != 1 {
				t.Errorf("%d mails to who asked for one", n)
			}
		})
	}
}
