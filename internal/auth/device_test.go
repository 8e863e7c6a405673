package auth_test

import (
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
)

// part:ratelimit

// TestANewPasswordMakesDevicesStrangers: who knew the old password may hold as many device cookies as they liked to
// collect. With the new one they guess as strangers do, five times in all; where it was set, the owner stays in.
func TestANewPasswordMakesDevicesStrangers(t *testing.T) {
	t.Parallel()
	r, refused := limitedRig(t, dbtest.Open(t, dbtest.SQLite(t)),
		auth.Options{RateLimit: auth.RateLimit{Rules: []auth.RateRule{}}})
	r.SignUp("ada@example.com")
	var thieves [3]*authtest.Client
	for i := range thieves {
		thieves[i] = r.browser()
		thieves[i].SignIn("ada@example.com", authtest.Password)
	}
	r.clock.advance(time.Second)
	if got := post(r.Client, "/change-password", `{"currentPassword":"`+authtest.Password+
		`","newPassword":"another-horse-2"}`); got.StatusCode != 200 {
		t.Fatal(got.Text)
	}
	for range 5 {
		for _, thief := range thieves {
			tryPassword(thief, "ada@example.com", "wrong-wrong", "192.0.2.1")
		}
	}
	if n := refused.Load(); n != 5 {
		t.Errorf("%d guesses were looked at, want 5", n)
	}
	if got := tryPassword(r.Client, "ada@example.com", "another-horse-2", "192.0.2.2"); got.StatusCode != 200 {
		t.Errorf("the owner: %d %s", got.StatusCode, got.Text)
	}
}

// end:ratelimit
