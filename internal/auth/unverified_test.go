package auth_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

var anyID = regexp.MustCompile(`"id":"[A-Za-z0-9]{32}"`)

// TestSignUpUnverified: nobody is signed in before the link is used, and whose address is taken nobody learns.
func TestSignUpUnverified(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		box := &mailbox{}
		r := newRig(t, db, authtest.Costly(auth.Options{Mailer: box, RequireEmailVerification: true}))
		signUp := func(password string) authtest.Answer {
			t.Helper()
			c, start := r.browser(), time.Now()
			got := post(c, "/sign-up/email", `{"name":"Ada","email":"ada@example.com","password":"`+password+
				`","callbackURL":"/welcome"}`)
			if took := time.Since(start); got.StatusCode != 200 || !strings.Contains(got.Text, `"token":null`) ||
				len(c.Cookies()) != 0 || took < 300*time.Millisecond {
				t.Fatalf("%d %s after %v, cookies %v", got.StatusCode, got.Text, took, c.Cookies())
			}
			return got
		}
		fresh := signUp("another-horse-2")
		stale := linkToken(t, box.last())
		taken := signUp(authtest.Password) // replaces what waits for its mail
		for _, got := range []*authtest.Answer{&fresh, &taken} {
			got.Text = anyID.ReplaceAllString(got.Text, `"id":"V"`)
			got.Header.Del("Date")
		}
		if fresh.Text != taken.Text || len(fresh.Header) != len(taken.Header) || !strings.Contains(fresh.Text, `"id":"V"`) {
			t.Errorf("the answers differ:\n%s %v\n%s %v", fresh.Text, fresh.Header, taken.Text, taken.Header)
		}
		if mails := box.all(); len(mails) != 2 || mails[0].To != "ada@example.com" || mails[0].Purpose != "verify_email" ||
			!strings.HasSuffix(mails[0].URL, "&callbackURL=%2Fwelcome") {
			t.Fatalf("mails %+v", mails)
		}
		first := linkToken(t, box.last())
		wantCode(t, r.browser().Get("/api/auth/verify-email?token="+stale), 401, "INVALID_TOKEN")
		for _, c := range []struct {
			email, password, code string
			status, mails         int
		}{
			{"ada@example.com", "another-horse-2", "INVALID_EMAIL_OR_PASSWORD", 401, 2}, // the second sign-up replaced the first
			{"bob@example.com", authtest.Password, "INVALID_EMAIL_OR_PASSWORD", 401, 2},
			{"ada@example.com", authtest.Password, "EMAIL_NOT_VERIFIED", 403, 3},
		} {
			wantRefusal(t, post(r.browser(), "/sign-in/email",
				`{"email":"`+c.email+`","password":"`+c.password+`","callbackURL":"/in"}`), c.status, c.code)
			if n := len(box.all()); n != c.mails {
				t.Errorf("%s with %s: %d mails, want %d", c.email, c.password, n, c.mails)
			}
		}
		if m := box.last(); m.Purpose != "verify_email" || !strings.HasSuffix(m.URL, "&callbackURL=%2Fin") ||
			linkToken(t, m) == first {
			t.Errorf("the second mail: %+v", m)
		}
		reader := r.browser()
		for _, want := range []string{"/welcome?a=b", "/welcome?a=b&error=INVALID_TOKEN"} {
			got := reader.Get("/api/auth/verify-email?token=" + first + "&callbackURL=%2Fwelcome%3Fa%3Db")
			if got.StatusCode != 302 || got.Header.Get("Location") != want || len(reader.Cookies()) != 0 {
				t.Errorf("%d to %q, want %q, cookies %v", got.StatusCode, got.Header.Get("Location"), want, reader.Cookies())
			}
		}
		if got := signIn(reader, "ada@example.com"); got.StatusCode != 200 ||
			!strings.Contains(got.Text, `"emailVerified":true`) {
			t.Errorf("%d %s", got.StatusCode, got.Text)
		}
		wantCode(t, post(reader, "/send-verification-email", `{"email":"ada@example.com"}`), 400, "EMAIL_ALREADY_VERIFIED")
		for _, email := range []string{"ada@example.com", "nobody@example.com"} {
			if got := post(r.browser(), "/send-verification-email", `{"email":"`+email+`"}`); got.Text != `{"status":true}` ||
				len(box.all()) != 3 {
				t.Errorf("%s: %d %s, %d mails", email, got.StatusCode, got.Text, len(box.all()))
			}
		}
	})
}

// TestVerificationMaySignIn: the first link of an account signs the browser in that opens it, once, and nobody else.
func TestVerificationMaySignIn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		box := &mailbox{}
		r := newRig(t, db, auth.Options{Mailer: box, RequireEmailVerification: true, AutoSignInAfterVerification: true})
		links := func(email string) (list []string) {
			for range 2 {
				post(r.browser(), "/send-verification-email", `{"email":"`+email+`"}`)
				list = append(list, "/api/auth/verify-email?callbackURL=/in&token="+linkToken(t, box.last()))
			}
			return list
		}
		r.addUser("root@example.com", "admin")
		r.addUser("ada@example.com", "")
		ada := links("ada@example.com")
		if got := r.Get(ada[0]); got.StatusCode != 302 || got.Header.Get("Location") != "/in" {
			t.Errorf("%d to %q", got.StatusCode, got.Header.Get("Location"))
		}
		r.wantWho("whoever opened the link", r.Client, "ada@example.com")
		for what, link := range map[string]string{"used twice": ada[0], "the second of two": ada[1]} {
			late := r.browser()
			late.Get(link)
			r.wantWho(what, late, "")
		}

		bob := r.addUser("bob@example.com", "")
		if got := r.Get(links("bob@example.com")[0]); got.Header.Get("Location") != "/in" {
			t.Errorf("in somebody else's browser: %d to %q", got.StatusCode, got.Header.Get("Location"))
		}
		r.wantWho("somebody else's browser", r.Client, "ada@example.com")
		if u, err := r.auth.User(t.Context(), bob.ID); err != nil || !u.EmailVerified {
			t.Errorf("%+v, %v: want verified", u, err)
		}

		eve := r.addUser("eve@example.com", "")
		theirs := links("eve@example.com")[0]
		if _, err := r.auth.BanUser(t.Context(), nil, eve.ID, "", nil); err != nil {
			t.Fatal(err)
		}
		banned := r.browser()
		banned.Get(theirs)
		r.wantWho("a banned user", banned, "")
		if n := r.count(&auth.Session{}); n != 1 {
			t.Errorf("%d sessions, want one", n)
		}
	})
}

type brokenMailer struct{}

// Enqueue implements auth.Mailer.
func (brokenMailer) Enqueue(context.Context, *gorm.DB, auth.Mail) error {
	return errors.New("outbox is full: secret detail")
}

// An account whose mail is lost could never be opened.
func TestWithoutItsMailNothingHappens(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{Mailer: brokenMailer{}, RequireEmailVerification: true})
		got := post(r.Client, "/sign-up/email", `{"name":"Ada","email":"ada@example.com","password":"314-159-265"}`)
		wantRefusal(t, got, 500, "INTERNAL_SERVER_ERROR")
		if strings.Contains(got.Text, "secret") || r.count(&auth.User{}) != 0 || r.count(&auth.Verification{}) != 0 {
			t.Errorf("%s, %d users, %d links", got.Text, r.count(&auth.User{}), r.count(&auth.Verification{}))
		}
	})
}

// TestOfParallelUnverifiedSignUpsOneIsKept: 50 answers that nobody can tell apart, one user, one link.
func TestOfParallelUnverifiedSignUpsOneIsKept(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		box := &mailbox{}
		r := newRig(t, db, auth.Options{Mailer: box, RequireEmailVerification: true})
		atOnce(50, func(int) {
			got := post(r.browser(), "/sign-up/email", `{"name":"Ada","email":"ada@example.com","password":"314-159-265"}`)
			if got.StatusCode != 200 && got.StatusCode != 503 { // on a slow machine the password queue is full
				t.Errorf("%d %s", got.StatusCode, got.Text)
			}
		})
		if users, accounts, links := r.count(&auth.User{}), r.count(&auth.Account{}),
			r.count(&auth.Verification{}); users != 1 || accounts != 1 || links != 1 {
			t.Errorf("%d users, %d accounts, %d links; want one of each", users, accounts, links)
		}
	})
}

// part:ratelimit

// TestUnverifiedMailsAreLimited: past its mails of the hour an address is answered as ever, and the right password
// never counts as a guess.
func TestUnverifiedMailsAreLimited(t *testing.T) {
	t.Parallel()
	box := &mailbox{}
	r, refused := limitedRig(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{
		Mailer: box, RequireEmailVerification: true, RateLimit: auth.RateLimit{Rules: []auth.RateRule{}},
	})
	post(r.browser(), "/sign-up/email", `{"name":"Ada","email":"ada@example.com","password":"314-159-265"}`)
	for range 8 {
		wantRefusal(t, signIn(r.browser(), "ada@example.com"), 403, "EMAIL_NOT_VERIFIED")
	}
	if n := len(box.all()); n != 2 || refused.Load() != 0 {
		t.Errorf("%d mails, %d failures; want 2 and none", n, refused.Load())
	}
	for range 4 { // a stranger cannot use up the mails of somebody who has not signed up yet
		post(r.browser(), "/request-password-reset", `{"email":"bob@example.com"}`)
	}
	if got := post(r.browser(), "/sign-up/email", `{"name":"Bob","email":"bob@example.com","password":"314-159-265"}`); got.StatusCode != 200 || len(box.all()) != 3 || r.count(&auth.User{}) != 2 {
		t.Errorf("%d %s, %d mails", got.StatusCode, got.Text, len(box.all()))
	}
	r.Get("/api/auth/verify-email?token=" + linkToken(t, box.last()))
	r.SignIn("bob@example.com", authtest.Password)
}

// end:ratelimit

// TestWithoutAMailerTheLinkIsNotLogged: whoever reads logs could take any account over.
func TestWithoutAMailerTheLinkIsNotLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	var token string
	r := sqliteRig(t, auth.Options{
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Links: func(_ letter.Purpose, secret, _ string) string {
			token = secret
			return "https://app.example/" + secret
		},
	})
	r.addUser("ada@example.com", "")
	post(r.Client, "/request-password-reset", `{"email":"ada@example.com"}`)
	if text := log.String(); token == "" || strings.Contains(text, token) || strings.Contains(text, "ada@example.com") ||
		!contains(text, "mail not sent", "purpose=reset_password") {
		t.Errorf("the log says %s", text)
	}
}
