package authtest

import (
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/id"
	"gorm.io/gorm"
)

// SessionOf stores a session of u that no browser has, and returns it as a guard does.
func SessionOf(t testing.TB, a *auth.Auth, db *gorm.DB, u *auth.User) *auth.Session {
	t.Helper()
	now := a.Now()
	s := &auth.Session{
		ID: id.New(), UserID: u.ID, TokenHash: id.New(), AMR: "pwd",
		ExpiresAt: now.Add(time.Hour), CreatedAt: now, UpdatedAt: now,
	}
	if err := db.Create(s).Error; err != nil {
		t.Fatal(err)
	}
	s.User = u
	return s
}
