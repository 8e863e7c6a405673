//go:build prove

package magiclink_test

import (
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/ratelimit"
)

// TestEnumeration (task prove:enumeration) asks for mails and enters wrong codes.
func TestEnumeration(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	r := newRig(t, db, authtest.Costly(auth.Options{
		Notices:   true,
		RateLimit: auth.RateLimit{Limiter: ratelimit.New(db, database.Now), Rules: []auth.RateRule{}}, // part:ratelimit
	}))
	asks := map[string]func(email string) authtest.Answer{
		"link": func(email string) authtest.Answer {
			return post(r.browser(), "/sign-in/magic-link", map[string]string{"email": email})
		},
		"guess": func(email string) authtest.Answer {
			post(r.browser(), "/sign-in/magic-link", map[string]string{"email": email})
			return enter(r.browser(), email, wrong(r.codeOf(email)))
		},
	}
	for name, ask := range asks {
		t.Run(name, func(t *testing.T) { authtest.Alike(t, r.auth, name, ask) })
	}
}
