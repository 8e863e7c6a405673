package auth_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/id"
	"gorm.io/gorm"
)

// gate is a mailer that holds the first mail about a changed password.
type gate struct {
	once          sync.Once
	reached, open chan struct{}
}

func (g *gate) Enqueue(_ context.Context, _ *gorm.DB, m auth.Mail) error {
	if m.Purpose == letter.PasswordChanged {
		g.once.Do(func() { close(g.reached); <-g.open })
	}
	return nil
}

// TestAChangedPasswordWaitsInOrder: a password changes, whose links are deleted. In the same browser another user logs
// in, which ends the session that the links belong to. Both succeed, one after the other.
func TestAChangedPasswordWaitsInOrder(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.Postgres(t))
	g := &gate{reached: make(chan struct{}), open: make(chan struct{})}
	r := newRig(t, db, auth.Options{Mailer: g, Notices: true})
	r.browser().SignUp("bob@example.com")
	r.SignUp("ada@example.com")
	post(r.Client, "/change-email", `{"newEmail":"new@example.com"}`)
	changing, entering := r.Copy(), r.Copy()
	var changed, entered authtest.Answer
	var both sync.WaitGroup
	both.Go(func() {
		changed = post(changing, "/change-password",
			`{"currentPassword":"`+authtest.Password+`","newPassword":"another-horse-2"}`)
	})
	<-g.reached
	both.Go(func() { entered = signIn(entering, "bob@example.com") })
	dbtest.AwaitLocks(t, db, 1)
	close(g.open)
	both.Wait()
	if changed.StatusCode != http.StatusOK || entered.StatusCode != http.StatusOK {
		t.Errorf("changed: %d %s; entered: %d %s", changed.StatusCode, changed.Text, entered.StatusCode, entered.Text)
	}
}

// TestThePurgeWaitsForNoRow: the sessions of a user end while the purge deletes those that have expired. The purge
// passes over a row that is locked, so that it never waits while it holds others.
func TestThePurgeWaitsForNoRow(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.Postgres(t))
	r := newRig(t, db, auth.Options{})
	u := r.addUser("ada@example.com", "user")
	past := r.clock.Now().Add(-time.Hour)
	var list []auth.Session
	for range 10 {
		list = append(list, auth.Session{
			ID: id.New(), UserID: u.ID, TokenHash: id.New(), AMR: "pwd", ExpiresAt: past, CreatedAt: past, UpdatedAt: past,
		})
	}
	if err := db.Create(&list).Error; err != nil {
		t.Fatal(err)
	}
	var ended error
	var revoking sync.WaitGroup
	err := db.Transaction(func(tx *gorm.DB) error {
		if err := tx.Exec("SELECT 1 FROM sessions WHERE id = ? FOR UPDATE", list[5].ID).Error; err != nil {
			return err
		}
		revoking.Go(func() { ended = r.auth.RevokeSessions(t.Context(), nil, u.ID) })
		dbtest.AwaitLocks(t, db, 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // else a purge that waits would never return
		defer cancel()
		return r.auth.PurgeExpired(ctx, &auth.Session{}, "id", r.clock.Now()) // before the row is free
	})
	revoking.Wait()
	if left := r.count(&auth.Session{}); err != nil || ended != nil || left != 0 {
		t.Errorf("purge: %v; sessions ended: %v; %d sessions left", err, ended, left)
	}
}
