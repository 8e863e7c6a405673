//go:build prove

package web_test

import (
	"log/slog"
	"net/url"
	"sync"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/mail"
	"example.com/foyer/internal/mail/mailtest"
	"example.com/foyer/internal/ratelimit"
	"example.com/foyer/web"
)

// TestPageEnumeration (task prove:enumeration) asks the pages, on a site as cmd/server runs it but for the limits of
// one address, with a worker that sends what is mailed.
func TestPageEnumeration(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	sender, err := mail.NewSMTP("smtp://"+mailtest.Serve(t, "").Addr, "hello@app.example", "app.example", 0)
	if err != nil {
		t.Fatal(err)
	}
	outbox := mail.New(db, mail.Options{AppName: web.AppName, Keys: ring(t), Sender: sender, Now: database.Now,
		Logger: slog.New(slog.DiscardHandler)})
	s := newSiteWith(t, db, authtest.Costly(auth.Options{
		RequireEmailVerification: true, Notices: true, Mailer: outbox,
		RateLimit: auth.RateLimit{Limiter: ratelimit.New(db, database.Now), Rules: []auth.RateRule{}}, // part:ratelimit
	}))
	var worker sync.WaitGroup
	worker.Go(func() { outbox.Run(t.Context()) })
	t.Cleanup(worker.Wait)
	in := auth.NewUser{Name: "Insider", Email: "insider@example.com", Password: authtest.Password, Verified: true}
	if _, err := s.auth.CreateUser(t.Context(), nil, in); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, path, field string
		more              url.Values
	}{
		{"login", "/login", "email", url.Values{"password": {"not-the-password-1"}, "remember": {"on"}}},
		{"signup", "/signup", "email", url.Values{"name": {"Test Person"}, "password": {authtest.Password},
			"remember": {"on"}}},
		{"forgot", "/forgot-password", "email", url.Values{}},
		{"resend", "/verify-email/resend", "email", url.Values{}},
		{"link", "/login/link", "email", url.Values{}},                        // part:magiclink
		{"code", "/login/link/code", "email", url.Values{"code": {"123456"}}}, // part:magiclink
		{"change", "/settings/email", "newEmail", url.Values{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			browser := s.stranger(t)
			authtest.Alike(t, s.auth, c.name, func(email string) authtest.Answer {
				if c.name == "change" && len(browser.Cookies()) == 0 { // now, for it must be fresh
					browser.SignIn("insider@example.com", authtest.Password)
				}
				c.more.Set(c.field, email)
				return browser.PostForm(c.path, c.more)
			})
		})
	}
}
