package auth_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// TestAReadWaitsForNoWriter: another transaction holds the sessions for longer than any read. One that is due is
// answered as it is and extended by a later request. One that has expired is a stranger's.
func TestAReadWaitsForNoWriter(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		r.SignUp("ada@example.com")
		r.clock.advance(25 * time.Hour)
		due := r.row()
		var held atomic.Bool
		held.Store(true)
		wait := func(tx *gorm.DB) { // as for a lock that is never released
			if !held.Load() || tx.Statement.Table != "sessions" {
				return
			}
			if until, bounded := tx.Statement.Context.Deadline(); !bounded || time.Until(until) > time.Second {
				t.Error("a read waits for a writer until ", until)
				return
			}
			<-tx.Statement.Context.Done()
		}
		c := db.Callback()
		if err := c.Update().Before("gorm:update").Register("test:held", wait); err != nil {
			t.Fatal(err)
		}
		if err := c.Delete().Before("gorm:delete").Register("test:held", wait); err != nil {
			t.Fatal(err)
		}
		res := r.Get("/api/auth/get-session?disableCookieCache=1")
		if !strings.Contains(res.Text, "ada@example.com") ||
			strings.Contains(strings.Join(res.Header["Set-Cookie"], "\n"), tokenCookie) {
			t.Errorf("held: %s %v", res.Text, res.Header["Set-Cookie"])
		}
		if row := r.row(); !row.ExpiresAt.Equal(due.ExpiresAt) {
			t.Errorf("held: it expires %v", row.ExpiresAt)
		}
		held.Store(false)
		r.Get("/api/auth/get-session?disableCookieCache=1")
		if row := r.row(); !row.ExpiresAt.Equal(r.clock.Now().Add(7 * day)) {
			t.Errorf("released: it expires %v", row.ExpiresAt)
		}
		held.Store(true)
		r.clock.advance(8 * day)
		r.wantWho("expired", r.Client, "")
		if len(r.Cookies()) != 0 {
			t.Errorf("expired: cookies left %v", r.Cookies())
		}
	})
}
