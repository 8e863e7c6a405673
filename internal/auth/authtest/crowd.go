package authtest

import (
	"fmt"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"gorm.io/gorm"
)

// Crowd writes n users who cannot sign in: Person 00000 … at person00000@example.com, made a minute apart, in no order
// of their ids. One in 1,000 is an admin, one in 40 an editor, one in 500 banned, one in three not verified.
func Crowd(t testing.TB, db *gorm.DB, n int) {
	t.Helper()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	crowd := make([]auth.User, n)
	for i := range crowd {
		at := start.Add(time.Duration(i) * time.Minute)
		crowd[i] = auth.User{
			ID: fmt.Sprintf("%032x", uint32(i)*2654435761), Name: fmt.Sprintf("Person Number %05d", i),
			Email:         fmt.Sprintf("person%05d@example.com", i),
			EmailVerified: i%3 != 0, Banned: i%500 == 1, Role: "user", CreatedAt: at, UpdatedAt: at,
		}
		switch {
		case i%1000 == 2:
			crowd[i].Role = "user,admin"
		case i%40 == 3:
			crowd[i].Role = "editor"
		}
	}
	if err := db.Transaction(func(tx *gorm.DB) error { return tx.CreateInBatches(crowd, 400).Error }); err != nil {
		t.Fatal(err)
	}
	if db.Name() != "postgres" {
		return
	}
	for range 100 { // as it is soon after; while another snapshot is open, nothing counts as settled
		if err := db.Exec("VACUUM (ANALYZE, DISABLE_PAGE_SKIPPING) users").Error; err != nil {
			t.Fatal(err)
		}
		var settled int
		err := db.Raw("SELECT relallvisible FROM pg_class WHERE relname = 'users'").Scan(&settled).Error
		if err != nil {
			t.Fatal(err)
		}
		if settled > 0 {
			return
		}
	}
}
