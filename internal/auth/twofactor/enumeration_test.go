//go:build prove

package twofactor_test

import (
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
)

// TestEnumeration (task prove:enumeration): a wrong password gets the same answer, after the same time,
// with and without a second factor.
func TestEnumeration(t *testing.T) {
	r := newRig(t, dbtest.Open(t, dbtest.SQLite(t)), func(o *auth.Options) { *o = authtest.Costly(*o) })
	authtest.AlikeFactors(t, r.auth, "login", func(email string) authtest.Answer {
		return signIn(r.browser(), email, "not-the-password-1")
	})
}
