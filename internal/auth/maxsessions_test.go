package auth_test

import (
	"net/http"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/id"
	"gorm.io/gorm"
)

// TestSessionsOfAUserAreBounded: the 101st sign-in ends the session that was not used for longest, at once and in its
// cached copy too; nobody else's, and no more than that.
func TestSessionsOfAUserAreBounded(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r, _ := limitedRig(t, db, auth.Options{RateLimit: auth.RateLimit{Rules: []auth.RateRule{}}})
		bob := r.browser()
		bob.SignUp("bob@example.com")
		used, forgotten := r.browser(), r.browser()
		id := used.SignUp("ada@example.com")
		r.clock.advance(time.Second)
		forgotten.SignIn("ada@example.com", authtest.Password)
		r.clock.advance(25 * time.Hour)
		if got := used.Get("/api/auth/get-session"); got.Text == "null" { // slides forward
			t.Fatal(got.Text)
		}
		var browsers []*authtest.Client
		for range 98 {
			r.clock.advance(time.Second)
			c := r.browser()
			c.SignIn("ada@example.com", authtest.Password)
			browsers = append(browsers, c)
		}
		if list, err := r.auth.Sessions(t.Context(), id); err != nil || len(list) != 100 {
			t.Errorf("%d of 100 sessions live, %v", len(list), err)
		}
		r.clock.advance(time.Second)
		r.browser().SignIn("ada@example.com", authtest.Password)
		if got := forgotten.Get("/api/auth/get-session"); got.Text != "null" {
			t.Error("101 sessions live")
		}
		for name, c := range map[string]*authtest.Client{"the first, in use": used, "the newest but one": browsers[97],
			"somebody else's": bob} {
			if got := c.Get("/api/auth/get-session"); got.Text == "null" {
				t.Errorf("%s has ended", name)
			}
		}
		if list, err := r.auth.Sessions(t.Context(), id); err != nil || len(list) != 100 {
			t.Errorf("%d sessions, %v", len(list), err)
		}
	})
}

// TestAReplacedSessionTakesNoRoom: with 100 sessions, a re-authentication ends none, and the links of its session stay.
func TestAReplacedSessionTakesNoRoom(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{Mailer: &mailbox{}})
		userID := r.SignUp("ada@example.com")
		s, _ := r.stored(r.Client)
		post(r.Client, "/change-email", `{"newEmail":"new@example.com"}`)
		for range 99 {
			r.clock.advance(time.Second)
			other := *s
			other.ID, other.TokenHash, other.User = id.New(), id.New(), nil
			other.CreatedAt, other.UpdatedAt = r.clock.Now(), r.clock.Now()
			if err := r.db.Create(&other).Error; err != nil {
				t.Fatal(err)
			}
		}
		r.reauthenticate(r.Client)
		list, err := r.auth.Sessions(t.Context(), userID)
		if links := r.count(&auth.Verification{}); err != nil || len(list) != 100 || links != 1 {
			t.Errorf("%d sessions, %v; %d links", len(list), err, links)
		}
	})
}

// TestASessionThatKeepsItsAgeEndsWithIt: a session that replaces another one, whose user was not proved again, lives no
// longer than that one could.
func TestASessionThatKeepsItsAgeEndsWithIt(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{MaxAge: 8 * 24 * time.Hour})
	r.SignUp("ada@example.com")
	if err := r.db.Exec("UPDATE users SET second_factor = TRUE").Error; err != nil {
		t.Fatal(err)
	}
	began := r.row().CreatedAt
	r.clock.advance(6 * 24 * time.Hour)
	r.who(r.Client) // extends it
	change := `{"currentPassword":"` + authtest.Password + `","newPassword":"another-horse-2"}`
	if got := post(r.Client, "/change-password", change); got.StatusCode != http.StatusOK {
		t.Fatal(got.Text)
	}
	if row := r.row(); !row.CreatedAt.Equal(began) || !row.ExpiresAt.Equal(began.Add(8*24*time.Hour)) {
		t.Errorf("began %v, ends %v; its predecessor began %v", row.CreatedAt, row.ExpiresAt, began)
	}
}
