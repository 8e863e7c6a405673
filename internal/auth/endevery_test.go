package auth_test

import (
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// TestEndEverySession: every session ends, cached or not, and every mailed link but the one that undoes a change of
// address. The trail has one event of it.
func TestEndEverySession(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		box := &mailbox{}
		var ended []auth.Event
		r := newRig(t, db, auth.Options{Mailer: box, Notices: true, OnEvent: func(_ *gorm.DB, e auth.Event) error {
			if e.Name == event.SessionsRevoked {
				ended = append(ended, e)
			}
			return nil
		}})
		ada, bob := r.browser(), r.browser()
		id := ada.SignUp("ada@example.com")
		bob.SignUp("bob@example.com")
		post(r.browser(), "/request-password-reset", `{"email":"ada@example.com"}`)
		reset := linkToken(t, box.last())
		undo := auth.Verification{ID: "undo", UserID: id, Purpose: letter.UndoEmailChange,
			Email: "old@example.com", TokenHash: "undo", ExpiresAt: r.clock.Now().Add(day), CreatedAt: r.clock.Now()}
		if err := db.Create(&undo).Error; err != nil {
			t.Fatal(err)
		}
		before := r.count(&auth.Verification{})
		sessions, links, err := r.auth.EndEverySession(t.Context())
		if err != nil || sessions != 2 || links != before-1 || r.count(&auth.Verification{}) != 1 {
			t.Errorf("%d sessions, %d of %d links, %v", sessions, links, before, err)
		}
		r.wantWho("Ada", ada, "")
		r.wantWho("Bob", bob, "")
		wantRefusal(t, post(r.browser(), "/reset-password", `{"token":"`+reset+`","newPassword":"another-horse-2"}`), 400,
			"INVALID_TOKEN")
		if len(ended) != 1 || ended[0].SubjectID+ended[0].ActorID != "" || ended[0].Detail != "of every user" {
			t.Errorf("events %+v", ended)
		}
		ada.SignIn("ada@example.com", authtest.Password)
		r.wantWho("Ada again", ada, "ada@example.com")
	})
}
