package passkey_test

import (
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/passkey"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// TestPasskeySignsIn: a passkey of one browser signs in on another one, as both factors.
func TestPasskeySignsIn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{}, passkey.Options{})
		_, id, d := r.withKey("ada@example.com")
		other := r.browser()
		wantOK(t, "signing in", r.enter(other, d))
		r.wantWho("the other browser", other, "ada@example.com")
		var s auth.Session
		if err := db.Where("user_id = ?", id).Order("amr").Take(&s).Error; err != nil || s.AMR != "pop mfa" || !s.MultiFactor() {
			t.Errorf("%+v, %v", s, err)
		}
	})
}
