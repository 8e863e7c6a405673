//go:build prove

package auth_test

import (
	"fmt"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
)

// TestEnumeration (task prove:enumeration; minutes long, so outside go test ./...): no endpoint tells who has an
// account.
func TestEnumeration(t *testing.T) {
	r, _ := limitedRig(t, dbtest.Open(t, dbtest.SQLite(t)), authtest.Costly(auth.Options{
		Mailer: &mailbox{}, Notices: true, RequireEmailVerification: true,
		RateLimit: auth.RateLimit{Rules: []auth.RateRule{}},
	}))
	in := auth.NewUser{Name: "Insider", Email: "insider@example.com", Password: authtest.Password, Verified: true}
	if _, err := r.auth.CreateUser(t.Context(), nil, in); err != nil {
		t.Fatal(err)
	}
	insider := r.browser() // asks for a change of address
	insider.SignIn("insider@example.com", authtest.Password)
	for _, c := range []struct{ name, path, body string }{
		{"login", "/sign-in/email", `{"email":%q,"password":"not-the-password-1"}`},
		{"signup", "/sign-up/email", `{"name":"Test Person","email":%q,"password":"314-159-265"}`},
		{"forgot", "/request-password-reset", `{"email":%q}`},
		{"resend", "/send-verification-email", `{"email":%q}`},
		{"change", "/change-email", `{"newEmail":%q}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			browser := r.browser()
			if c.name == "change" {
				browser = insider
			}
			authtest.Alike(t, r.auth, c.name, func(email string) authtest.Answer {
				return post(browser, c.path, fmt.Sprintf(c.body, email))
			})
		})
	}
}
