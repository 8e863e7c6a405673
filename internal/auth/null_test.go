package auth_test

import (
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// PostgreSQL keeps no null byte: it is refused before it is asked, alike everywhere.
func TestANullByteNamesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		r.SignUp("ada@example.com")
		for what, err := range map[string]error{
			"an id":      func() error { _, err := r.auth.User(t.Context(), "\x00"); return err }(),
			"an address": func() error { _, err := r.auth.UserByEmail(t.Context(), "a\x00@example.com"); return err }(),
			"no UTF-8":   func() error { _, err := r.auth.UserByEmail(t.Context(), "a\xff@example.com"); return err }(),
		} {
			if refusal(err) != "USER_NOT_FOUND" {
				t.Errorf("%s: %v", what, err)
			}
		}
		if err := r.auth.RevokeSession(t.Context(), nil, r.row().UserID, "\x00"); err != nil {
			t.Error(err)
		}
	})
}
