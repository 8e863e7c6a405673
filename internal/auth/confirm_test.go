package auth_test

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

// page calls a verb as a page does: with the cookies of a browser, which keeps what the answer sets.
func (r *rig) page(c *authtest.Client, fn func(w http.ResponseWriter, req *http.Request)) {
	r.t.Helper()
	req, w := httptest.NewRequest(http.MethodPost, "/page", nil), httptest.NewRecorder()
	for _, cookie := range c.Cookies() {
		req.AddCookie(cookie)
	}
	fn(w, req)
	for _, cookie := range w.Result().Cookies() {
		if cookie.MaxAge < 0 {
			c.Forget(strings.TrimPrefix(cookie.Name, "better-auth."))
		} else {
			hold(c, cookie.Name, cookie.Value)
		}
	}
}

func (r *rig) signUpPage(c *authtest.Client, email, password string) {
	r.t.Helper()
	r.page(c, func(w http.ResponseWriter, req *http.Request) {
		_, s, err := r.auth.SignUpEmail(w, req, auth.Registration{Name: "Ada", Email: email, Password: password,
			Remember: true, FromPage: true, CallbackURL: "/welcome"})
		if s != nil || err != nil {
			r.t.Fatal(s, err)
		}
	})
}

// confirm presses the button of the page; it gives the code of a refusal.
func (r *rig) confirm(c *authtest.Client, token, password string) (code string) {
	r.t.Helper()
	r.page(c, func(w http.ResponseWriter, req *http.Request) {
		s, err := r.auth.StoredSession(w, req)
		if err != nil {
			r.t.Fatal(err)
		}
		link, err := r.auth.PeekConfirmation(req, s, token)
		if err == nil {
			_, err = r.auth.ConfirmEmail(w, req, s, link, password)
		}
		code = codeOf(r.t, err)
	})
	return code
}

func codeOf(t testing.TB, err error) string {
	t.Helper()
	var e *errs.Error
	if err != nil && !errors.As(err, &e) {
		t.Fatal(err)
	}
	if e == nil {
		return ""
	}
	return cmp.Or(e.Code, fmt.Sprint(e.Status))
}

func (r *rig) wantVerified(email string, want bool) {
	r.t.Helper()
	if u, err := r.auth.UserByEmail(r.t.Context(), email); err != nil || u.EmailVerified != want {
		r.t.Errorf("%s: %+v, %v; want verified %t", email, u, err, want)
	}
}

func verifyingRig(t testing.TB, db *gorm.DB) (*rig, *mailbox) {
	box := &mailbox{}
	return newRig(t, db, auth.Options{Mailer: box, RequireEmailVerification: true}), box
}

// TestConfirmAsksForThePasswordElsewhere: the browser that signed up is let in by the link alone, any other by link and
// password, and a wrong one leaves the link good.
func TestConfirmAsksForThePasswordElsewhere(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r, box := verifyingRig(t, db)
		r.signUpPage(r.Client, "ada@example.com", authtest.Password)
		if !strings.HasSuffix(box.last().URL, "&callbackURL=%2F") {
			t.Errorf("the page's way is in the mail: %s", box.last().URL)
		}
		r.page(r.Client, func(_ http.ResponseWriter, req *http.Request) {
			if email, to := r.auth.PendingSignUp(req); email != "ada@example.com" || to != "/welcome" {
				t.Errorf("pending is %q to %q", email, to)
			}
		})
		token := linkToken(t, box.last())
		if code := r.confirm(r.Client, token, ""); code != "" {
			t.Fatal(code)
		}
		r.wantWho("the browser that signed up", r.Client, "ada@example.com")
		if value(r.Client, "better-auth.pending") != "" {
			t.Error("the pending cookie is left")
		}

		r.signUpPage(r.browser(), "bob@example.com", authtest.Password)
		token = linkToken(t, box.last())
		other := r.browser()
		for password, want := range map[string]string{"": "VALIDATION_ERROR", "wrong-horse-9": "INVALID_PASSWORD",
			strings.Repeat("x", 600): "INVALID_PASSWORD"} {
			if code := r.confirm(other, token, password); code != want {
				t.Errorf("password %.20q: %q, want %q", password, code, want)
			}
		}
		r.wantVerified("bob@example.com", false)
		if code := r.confirm(other, token, authtest.Password); code != "" {
			t.Fatal(code)
		}
		r.wantWho("link and password", other, "bob@example.com")
		if code := r.confirm(r.browser(), token, authtest.Password); code != "INVALID_TOKEN" {
			t.Errorf("used twice: %q", code)
		}
	})
}

// TestConfirmGivesAStrangersAccountNothing: an attacker signs up with a victim's address, then the victim signs up too.
// The victim's browser must not confirm the attacker's account.
func TestConfirmGivesAStrangersAccountNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r, box := verifyingRig(t, db)
		mallory, ada := r.browser(), r.browser()
		r.signUpPage(mallory, "ada@example.com", "mallory-knows-1")
		token := linkToken(t, box.last())
		r.signUpPage(ada, "ada@example.com", authtest.Password)
		size := func(c *authtest.Client) int {
			text, err := url.PathUnescape(value(c, "better-auth.pending"))
			if err != nil {
				t.Fatal(err)
			}
			return len(text)
		}
		if size(ada) != size(mallory) || size(ada) == 0 {
			t.Error("the cookies tell the two apart")
		}
		for _, password := range []string{"", authtest.Password} {
			if code := r.confirm(ada, token, password); code != "INVALID_TOKEN" {
				t.Errorf("the stranger's link with %q: %q", password, code)
			}
		}
		r.wantVerified("ada@example.com", false)
		r.wantWho("nobody was let in", ada, "")
		wantRefusal(t, post(mallory, "/sign-in/email", `{"email":"ada@example.com","password":"mallory-knows-1"}`), 401,
			"INVALID_EMAIL_OR_PASSWORD")
	})
}

// TestConfirmBelongsToOne: a link opened where somebody else is signed in does nothing to either, nor does an admin's
// view of its user; its own user needs no password.
func TestConfirmBelongsToOne(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		box := &mailbox{}
		r := newRig(t, db, auth.Options{Mailer: box})
		r.SignUp("ada@example.com")
		bob := r.browser()
		bob.SignUp("bob@example.com")
		post(r.Client, "/send-verification-email", `{"email":"ada@example.com"}`)
		verify := linkToken(t, box.last())
		post(r.Client, "/change-email", `{"newEmail":"new@example.com"}`)
		change := linkToken(t, box.last())
		for _, token := range []string{verify, change} {
			if code := r.confirm(bob, token, authtest.Password); code != "INVALID_USER" {
				t.Errorf("in bob's browser: %q", code)
			}
		}
		r.wantVerified("ada@example.com", false)
		r.wantWho("bob", bob, "bob@example.com")
		if code := r.confirm(r.Client, verify, ""); code != "" {
			t.Errorf("ada's own: %q", code)
		}
		stranger := r.browser()
		if code := r.confirm(stranger, change, ""); code != "VALIDATION_ERROR" {
			t.Errorf("a change elsewhere: %q", code)
		}
		r.wantVerified("ada@example.com", true)
		if code := r.confirm(r.Client, change, ""); code != "" {
			t.Errorf("ada's own change: %q", code)
		}
		r.wantWho("after the change, cache included", r.Client, "new@example.com")
	})
}

// TestPendingEnds: the cookie is worth nothing after an hour, altered, or for a link that changes an address.
func TestPendingEnds(t *testing.T) {
	t.Parallel()
	r, box := verifyingRig(t, dbtest.Open(t, dbtest.SQLite(t)))
	r.signUpPage(r.Client, "ada@example.com", authtest.Password)
	altered := r.Copy()
	hold(altered, "better-auth.pending", strings.Replace(value(r.Client, "better-auth.pending"), "true", "tru3", 1))
	if code := r.confirm(altered, linkToken(t, box.last()), ""); code != "VALIDATION_ERROR" {
		t.Errorf("altered: %q", code)
	}
	r.clock.advance(time.Hour - time.Second)
	post(r.browser(), "/send-verification-email", `{"email":"ada@example.com"}`)
	r.clock.advance(time.Second)
	token := linkToken(t, box.last())
	if code := r.confirm(r.Copy(), token, ""); code != "VALIDATION_ERROR" {
		t.Errorf("after an hour: %q", code)
	}
	if code := r.confirm(r.Copy(), token, authtest.Password); code != "" {
		t.Errorf("with the password: %q", code)
	}
	if got := post(r.Client, "/sign-up/email", `{"name":"Bob","email":"bob@example.com","password":"314-159-265"}`); len(got.Cookies()) != 0 {
		t.Errorf("the wire's endpoint sets %v", got.Cookies())
	}
}

// TestConfirmLetsNoBannedUserIn, by either way.
func TestConfirmLetsNoBannedUserIn(t *testing.T) {
	t.Parallel()
	r, box := verifyingRig(t, dbtest.Open(t, dbtest.SQLite(t)))
	r.addUser("root@example.com", "admin")
	r.signUpPage(r.Client, "ada@example.com", authtest.Password)
	token := linkToken(t, box.last())
	// By hand: BanUser would end the links, too.
	if err := r.db.Model(&auth.User{}).Where("email = ?", "ada@example.com").Update("banned", true).Error; err != nil {
		t.Fatal(err)
	}
	if code := r.confirm(r.browser(), token, authtest.Password); code != "BANNED_USER" {
		t.Errorf("with the password: %q", code)
	}
	r.confirm(r.Client, token, "")
	if n := r.count(&auth.Session{}); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

// TestConfirmHasOneWinner: of 20 at once, bound or by password, one gets in.
func TestConfirmHasOneWinner(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r, box := verifyingRig(t, db)
		r.signUpPage(r.Client, "ada@example.com", authtest.Password)
		link, err := r.auth.PeekConfirmation(httptest.NewRequest(http.MethodPost, "/page", nil), nil,
			linkToken(t, box.last()))
		if err != nil {
			t.Fatal(err)
		}
		pending := r.Cookies()
		var won, lost, odd atomic.Int64
		atOnce(20, func(i int) {
			req, password := httptest.NewRequest(http.MethodPost, "/page", nil), authtest.Password
			if i%2 == 0 {
				password = ""
				for _, c := range pending {
					req.AddCookie(c)
				}
			}
			_, err := r.auth.ConfirmEmail(httptest.NewRecorder(), req, nil, link, password)
			switch codeOf(t, err) {
			case "":
				won.Add(1)
			case "INVALID_TOKEN", "SERVICE_UNAVAILABLE":
				lost.Add(1)
			default:
				odd.Add(1)
			}
		})
		if won.Load() != 1 || odd.Load() != 0 || r.count(&auth.Session{}) != 1 {
			t.Errorf("%d won, %d lost, %d odd, %d sessions", won.Load(), lost.Load(), odd.Load(), r.count(&auth.Session{}))
		}
	})
}

// part:ratelimit

// TestConfirmCountsFailures like those of a sign-in, so that a link is no way around the wait.
func TestConfirmCountsFailures(t *testing.T) {
	t.Parallel()
	box := &mailbox{}
	r, _ := limitedRig(t, dbtest.Open(t, dbtest.SQLite(t)),
		auth.Options{Mailer: box, RequireEmailVerification: true, RateLimit: auth.RateLimit{Rules: []auth.RateRule{}}})
	r.signUpPage(r.browser(), "ada@example.com", authtest.Password)
	token, stranger := linkToken(t, box.last()), r.browser()
	for range 5 {
		if code := r.confirm(stranger, token, "wrong-horse-9"); code != "INVALID_PASSWORD" {
			t.Fatal(code)
		}
	}
	r.confirm(stranger, token, "wrong-horse-9")
	if code := r.confirm(stranger, token, authtest.Password); code != "429" {
		t.Errorf("the link: %q", code)
	}
	r.wantVerified("ada@example.com", false)
	if got := signIn(stranger, "ada@example.com"); got.StatusCode != http.StatusTooManyRequests {
		t.Errorf("the login: %d %s", got.StatusCode, got.Text)
	}
}

// end:ratelimit

// TestPeek: looking tells what the link would do, and changes nothing however often.
func TestPeek(t *testing.T) {
	t.Parallel()
	r, box := verifyingRig(t, dbtest.Open(t, dbtest.SQLite(t)))
	r.signUpPage(r.Client, "ada@example.com", authtest.Password)
	token := linkToken(t, box.last())
	req := httptest.NewRequest(http.MethodGet, "/page", nil)
	for range 10 {
		if got, err := r.auth.PeekConfirmation(req, nil, token); err != nil || got.Purpose != "verify_email" ||
			got.Email != "ada@example.com" || !got.Password || got.CallbackURL != "" {
			t.Fatalf("%+v, %v", got, err)
		}
		if email, err := r.auth.PeekLink(t.Context(), token, "verify_email"); err != nil || email != "ada@example.com" {
			t.Fatal(email, err)
		}
		if email, err := r.auth.PeekLink(t.Context(), token, "reset_password"); email != "" ||
			codeOf(t, err) != "INVALID_TOKEN" {
			t.Fatal(email, err)
		}
	}
	r.page(r.Client, func(_ http.ResponseWriter, req *http.Request) {
		if got, err := r.auth.PeekConfirmation(req, nil, token); err != nil || got.Password {
			t.Errorf("where it was signed up: %+v, %v", got, err)
		}
	})
	r.clock.advance(time.Hour)
	if _, err := r.auth.PeekLink(t.Context(), token, "verify_email"); codeOf(t, err) != "TOKEN_EXPIRED" {
		t.Error(err)
	}
	r.wantVerified("ada@example.com", false)
}
