package auth_test

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// linkToken is the secret of a mailed link.
func linkToken(t testing.TB, m auth.Mail) string {
	t.Helper()
	u, err := url.Parse(m.URL)
	if err != nil || !strings.HasPrefix(m.URL, home+"/api/auth/") {
		t.Fatalf("mailed link %q: %v", m.URL, err)
	}
	if token := u.Query().Get("token"); token != "" {
		return token
	}
	return u.Path[strings.LastIndexByte(u.Path, '/')+1:]
}

// oneOf50 runs 50 calls at once: one succeeds, the others are refused with a code that matches want.
func oneOf50(t *testing.T, name, want string, fn func(i int) authtest.Answer) {
	t.Helper()
	var won, refused, odd atomic.Int64
	codes := regexp.MustCompile(want)
	atOnce(50, func(i int) {
		switch got := fn(i); {
		case got.StatusCode == 200:
			won.Add(1)
		case codes.MatchString(got.Text), got.StatusCode == 503: // on a slow machine the password queue is full
			refused.Add(1)
		default:
			odd.Add(1)
		}
	})
	if won.Load() != 1 || odd.Load() != 0 {
		t.Errorf("%s: %d winners, %d refused with %s, %d odd", name, won.Load(), refused.Load(), want, odd.Load())
	}
}

// TestOneWinner: of 50 at once one gets what there is one of.
func TestOneWinner(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		box := &mailbox{}
		r := newRig(t, db, auth.Options{Mailer: box})
		race := func(name string, want string, fn func(i int) authtest.Answer) {
			t.Helper()
			oneOf50(t, name, want, fn)
		}
		race("one address signed up", "USER_ALREADY_EXISTS", func(int) authtest.Answer {
			return post(r.browser(), "/sign-up/email", `{"name":"Ada","email":"ada@example.com","password":"`+
				authtest.Password+`"}`)
		})
		post(r.browser(), "/request-password-reset", `{"email":"ada@example.com"}`)
		token := linkToken(t, box.last())
		race("one reset token", "INVALID_TOKEN", func(i int) authtest.Answer {
			return post(r.browser(), "/reset-password", fmt.Sprintf(`{"token":%q,"newPassword":"another-horse-%02d"}`, token, i))
		})
		u := r.addUser("bob@example.com", "")
		post(r.browser(), "/send-verification-email", `{"email":"bob@example.com"}`)
		token = linkToken(t, box.last())
		race("one verification", "INVALID_TOKEN", func(int) authtest.Answer {
			return r.browser().Get("/api/auth/verify-email?token=" + token)
		})
		if got, err := r.auth.User(t.Context(), u.ID); err != nil || !got.EmailVerified {
			t.Errorf("%+v, %v", got, err)
		}
		one, two := r.addUser("one@example.com", "admin"), r.addUser("two@example.com", "admin")
		var demoted atomic.Int64
		atOnce(50, func(i int) {
			if _, err := r.auth.SetRole(t.Context(), nil, []string{one.ID, two.ID}[i%2], "user"); err == nil {
				demoted.Add(1)
			}
		})
		var admins int64
		if err := db.Model(&auth.User{}).Where("role = ?", "admin").Count(&admins).Error; err != nil || admins != 1 {
			t.Errorf("%d admins are left of two (%d demotions, %v); want one", admins, demoted.Load(), err)
		}
	})
}

// TestReset: the link changes nothing by being looked at, works once, ends every session and every other link, and
// proves the address.
func TestReset(t *testing.T) {
	t.Parallel()
	box := &mailbox{}
	var events []event.Name
	r := sqliteRig(t, auth.Options{Mailer: box, OnEvent: func(_ *gorm.DB, e auth.Event) error {
		events = append(events, e.Name)
		return nil
	}})
	id := r.SignUp("ada@example.com")
	thief := r.Copy()
	for range 2 {
		post(r.browser(), "/request-password-reset", `{"email":"ADA@example.com","redirectTo":"/reset?x=1"}`, "Host",
			"evil.example")
	}
	older, newer := linkToken(t, box.all()[0]), linkToken(t, box.last())
	for range 10 {
		got := r.browser().Get("/api/auth/reset-password/" + newer + "?callbackURL=%2Freset%3Fx%3D1")
		if got.StatusCode != 302 || got.Header.Get("Location") != home+"/reset?x=1&token="+newer {
			t.Fatalf("%d to %q", got.StatusCode, got.Header.Get("Location"))
		}
	}
	wantRefusal(t, post(r.browser(), "/reset-password", `{"token":"`+newer+`","newPassword":"short"}`), 400,
		"PASSWORD_TOO_SHORT")
	if got := post(r.browser(), "/reset-password", `{"token":"`+newer+
		`","newPassword":"another-horse-2"}`); got.StatusCode != 200 || len(got.Header["Set-Cookie"]) > 0 {
		t.Fatalf("%d %s %v", got.StatusCode, got.Text, got.Header["Set-Cookie"])
	}
	for _, token := range []string{older, newer, "nope"} {
		wantRefusal(t, post(r.browser(), "/reset-password", `{"token":"`+token+`","newPassword":"third-horse-33"}`), 400,
			"INVALID_TOKEN")
	}
	r.wantWho("the old session", r.Client, "")
	r.wantWho("its copy, cache included", thief, "")
	if u, err := r.auth.User(t.Context(), id); err != nil || !u.EmailVerified {
		t.Errorf("%+v, %v: want verified", u, err)
	}
	if n := len(events); n < 2 || !slices.Equal(events[n-2:], []event.Name{event.EmailVerified, event.PasswordReset}) {
		t.Errorf("events %q", events)
	}
	if got := signIn(r.browser(), "ada@example.com").StatusCode; got != 401 {
		t.Errorf("the old password: %d", got)
	}
	if n := r.count(&auth.Verification{}); n != 0 {
		t.Errorf("%d links are left", n)
	}
}

// TestLinksExpireAndBelongToOne: past its time a link is worth nothing, and in somebody else's browser it does nothing.
func TestLinksExpireAndBelongToOne(t *testing.T) {
	t.Parallel()
	box := &mailbox{}
	r := sqliteRig(t, auth.Options{Mailer: box})
	r.SignUp("ada@example.com")
	other := r.browser()
	other.SignUp("bob@example.com")
	post(r.Client, "/change-email", `{"newEmail":"new@example.com","callbackURL":"/account"}`)
	change := linkToken(t, box.last())
	got := other.Get("/api/auth/verify-email?callbackURL=%2Fx&token=" + change)
	if got.Header.Get("Location") != "/x?error=INVALID_USER" {
		t.Errorf("in another browser: %d %q", got.StatusCode, got.Header.Get("Location"))
	}
	r.wantWho("before the link", r.Client, "ada@example.com")
	r.clock.advance(time.Hour)
	wantRefusal(t, r.browser().Get("/api/auth/verify-email?token="+change), 401, "TOKEN_EXPIRED")
	post(r.Client, "/sign-out", "{}")
	signIn(r.Client, "ada@example.com")
	signIn(other, "bob@example.com")
	post(r.Client, "/change-email", `{"newEmail":"new@example.com"}`)
	post(other, "/change-email", `{"newEmail":"new@example.com"}`)
	theirs := linkToken(t, box.last())
	mine := linkToken(t, box.all()[len(box.all())-2])
	r.Get("/api/auth/verify-email?token=" + mine)
	r.wantWho("after the link", r.Client, "new@example.com")
	wantCode(t, other.Get("/api/auth/verify-email?token="+theirs), 401, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL")
	r.wantWho("whose address was taken meanwhile", other, "bob@example.com")
}

// wantCode is wantRefusal for who is signed in: reading their session may refill their cache.
func wantCode(t testing.TB, res authtest.Answer, status int, code string) {
	t.Helper()
	res.Header.Del("Set-Cookie")
	wantRefusal(t, res, status, code)
}

// TestFreshness: what a thief would do first asks for a young session, or for the password.
func TestFreshness(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{Mailer: &mailbox{}})
	r.SignUp("ada@example.com")
	r.clock.advance(10 * time.Minute)
	wantCode(t, post(r.Client, "/change-email", `{"newEmail":"new@example.com"}`), 403, "SESSION_NOT_FRESH")
	wantCode(t, post(r.Client, "/delete-user", `{}`), 400, "SESSION_EXPIRED")
	wantCode(t, post(r.Client, "/delete-user", `{"password":"wrong-wrong"}`), 400, "INVALID_PASSWORD")
	if got := r.Get("/api/auth/list-sessions"); got.StatusCode != 200 {
		t.Errorf("list-sessions after 10 minutes: %d", got.StatusCode)
	}
	if got := post(r.Client, "/change-password", `{"currentPassword":"`+authtest.Password+
		`","newPassword":"another-horse-2"}`); got.StatusCode != 200 {
		t.Fatal(got.Text)
	}
	if got := post(r.Client, "/delete-user", `{"password":"another-horse-2"}`); got.StatusCode != 200 ||
		r.count(&auth.User{}) != 0 {
		t.Errorf("%d %s", got.StatusCode, got.Text)
	}
}

// TestNoTokenAtRest: the store holds no mailed token, only what it hashes to.
func TestNoTokenAtRest(t *testing.T) {
	t.Parallel()
	box := &mailbox{}
	r := sqliteRig(t, auth.Options{Mailer: box})
	r.addUser("ada@example.com", "")
	post(r.browser(), "/request-password-reset", `{"email":"ada@example.com"}`)
	var v auth.Verification
	if err := r.db.Take(&v).Error; err != nil || strings.Contains(fmt.Sprintf("%+v", v), linkToken(t, box.last())) {
		t.Errorf("%+v, %v", v, err)
	}
}
