package betterauth_test

import (
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// PostgreSQL keeps no null byte: it is refused before it is asked, alike everywhere.
func TestANullByteIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		r.SignUp("ada@example.com")
		for path, body := range map[string]string{
			"/revoke-session": `{"token":"a\u0000"}`, "/unlink-account": `{"accountId":"\u0000"}`,
			"/verify-password": `{"password":"\u0000"}`,
			"/reset-password":  `{"token":"\u0000","newPassword":"another-horse-2"}`,
			"/change-email":    `{"newEmail":"a\u0000@example.com"}`,
		} {
			wantCode(t, post(r.Client, path, body), 400, "VALIDATION_ERROR")
		}
		wantCode(t, r.Get("/api/auth/verify-email?token=%00"), 400, "VALIDATION_ERROR")
	})
}
