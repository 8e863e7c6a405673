package auth_test

import (
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
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
