package auth_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// part:ratelimit

const office = "192.0.2.1" // an address that many share

// TestANeighbourKeepsNobodyOut: whatever a stranger does behind the same address, who is known on this device signs
// in, ten times in ten seconds, with the address they are known by. For other accounts the device is as strange as
// any.
func TestANeighbourKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r, _ := limitedRig(t, db, auth.Options{})
		r.confirmed("bob@example.com")
		ada, _ := r.confirmed("ada@example.com")
		flood := func() {
			for range 5 {
				tryPassword(r.browser(), "mallory@example.com", "wrong-wrong", office)
			}
		}
		for i := range 10 {
			flood()
			if got := tryPassword(ada, "ADA@example.com", authtest.Password, office); got.StatusCode != 200 {
				t.Fatalf("sign-in %d on a known device: %d %s", i, got.StatusCode, got.Text)
			}
		}
		for email, why := range map[string]string{"ada@example.com": "the eleventh",
			"bob@example.com": "another account on the device"} {
			if got := tryPassword(ada, email, authtest.Password, office); got.StatusCode != 429 {
				t.Errorf("%s: %d", why, got.StatusCode)
			}
		}
		r.clock.advance(10 * time.Second)
		if got := tryPassword(ada, "bob@example.com", authtest.Password, office); got.StatusCode != 200 {
			t.Errorf("by its address, ten seconds later: %d", got.StatusCode)
		}
	})
}

// TestABetterHashKeepsDevicesKnown: a log-in stores the same password as a better hash. Other devices of the user stay
// known, so that strangers keep none of them out.
func TestABetterHashKeepsDevicesKnown(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r, _ := limitedRig(t, db, auth.Options{})
		laptop, _ := r.confirmed("ada@example.com")
		if err := r.db.Model(&auth.Account{}).Where("TRUE").UpdateColumn("password", legacy).Error; err != nil {
			t.Fatal(err)
		}
		r.clock.advance(time.Minute)
		if got := tryPassword(r.browser(), "ada@example.com", authtest.Password, "198.51.100.7"); got.StatusCode != 200 {
			t.Fatal(got.Text)
		}
		if r.hash() == legacy {
			t.Fatal("the hash is as it was")
		}
		for i := range 20 {
			tryPassword(r.browser(), "ada@example.com", "wrong-wrong", fmt.Sprintf("203.0.113.%d", i))
		}
		if got := tryPassword(laptop, "ada@example.com", authtest.Password, "198.51.100.8"); got.StatusCode != 200 {
			t.Errorf("a known device: %d %s", got.StatusCode, got.Text)
		}
	})
}

// TestManyDevicesAreNoMorePasswords: who collects device cookies with an account of their own gets no further with
// others'.
func TestManyDevicesAreNoMorePasswords(t *testing.T) {
	t.Parallel()
	r, refused := limitedRig(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{})
	r.confirmed("eve@example.com")
	var devices []*authtest.Client
	for range 5 {
		eve := r.browser()
		if got := tryPassword(eve, "eve@example.com", authtest.Password,
			fmt.Sprintf("198.51.100.%d", len(devices))); got.StatusCode != 200 {
			t.Fatal(got.Text)
		}
		devices = append(devices, eve)
	}
	for i, eve := range devices {
		for j := range 5 {
			tryPassword(eve, fmt.Sprintf("victim%d.%d@example.com", i, j), "password-1234", office)
		}
	}
	if n := refused.Load(); n != 3 {
		t.Errorf("%d accounts were tried from one address, want 3", n)
	}
}

// TestIPv6GrowsByNetwork: a /64 may do as much as an address, a /56 four times and a /48 sixteen times as much.
func TestIPv6GrowsByNetwork(t *testing.T) {
	t.Parallel()
	r, refused := limitedRig(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{})
	spread := func(format string, n int, want int64) {
		t.Helper()
		before := refused.Load()
		for i := range n {
			tryPassword(r.browser(), fmt.Sprintf("u%d.%d@example.com", before, i), "wrong-wrong", fmt.Sprintf(format, i))
		}
		if got := refused.Load() - before; got != want {
			t.Errorf("%s: %d tries of %d reached the hash, want %d", format, got, n, want)
		}
	}
	spread("2001:db8::%x", 9, 3)              // one /64
	spread("2001:db8:0:1%02x::1", 30, 12)     // many of one /56
	spread("2001:db8:0:%x00::1", 60, 48-3-12) // many of one /48
	spread("2001:db8:%x::1", 9, 8)            // others; one has had its share
}

// stranded is an account under attack: strangers have failed so often that nobody gets in who is not known.
func stranded(r *rig, email string) {
	r.t.Helper()
	for i := range 9 {
		r.clock.advance(time.Millisecond)
		tryPassword(r.browser(), email, "wrong-wrong", fmt.Sprintf("203.0.113.%d", i))
	}
	if got := tryPassword(r.browser(), email, authtest.Password, "203.0.113.99"); got.StatusCode != 429 {
		r.t.Fatalf("a stranger under attack: %d", got.StatusCode)
	}
}

// TestAResetMakesTheBrowserKnown: while strangers keep failing, who chooses a new password by a mailed link signs in
// with it: after a reset, an invitation, and an undone change of address.
func TestAResetMakesTheBrowserKnown(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r, box := noticing(t, db)
		choose := func(c *authtest.Client, email string) {
			t.Helper()
			token := linkToken(t, box.last())
			stranded(r, email)
			r.clock.advance(time.Millisecond)
			if got := post(c, "/reset-password", `{"newPassword":"another-horse-2","token":"`+token+
				`"}`); got.StatusCode != 200 {
				t.Fatal(got.Text)
			}
			stranded(r, email)
			if got := tryPassword(c, email, "another-horse-2", "203.0.113.200"); got.StatusCode != 200 {
				t.Errorf("%s with the new password: %d %s", box.last().Purpose, got.StatusCode, got.Text)
			}
		}
		ada, _ := r.confirmed("ada@example.com")
		askReset(ada, "ada@example.com", office)
		choose(ada, "ada@example.com")

		_, err := r.auth.CreateUser(t.Context(), nil, auth.NewUser{Name: "Bob", Email: "bob@example.com", Invite: true})
		if err != nil {
			t.Fatal(err)
		}
		choose(r.browser(), "bob@example.com")

		eve, _ := r.confirmed("eve@example.com")
		r.moved(eve, box, "thief@example.com")
		if err := undo(r, undoToken(t, box, "eve@example.com")); err != nil {
			t.Fatal(err)
		}
		choose(r.browser(), "eve@example.com")
	})
}

// TestEndpointsAreCountedOnce: what reads nothing else of a request counts it, bodies that are refused among them.
func TestEndpointsAreCountedOnce(t *testing.T) {
	t.Parallel()
	r, _ := limitedRig(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{RateLimit: auth.RateLimit{
		Rules: []auth.RateRule{{Path: "", Max: 2, Window: time.Minute}},
	}})
	for path, body := range map[string]string{"/reset-password": `{"token":"x","newPassword":"another-horse-2"}`,
		"/update-user": "{", "/sign-in/email": "nonsense"} {
		for i := range 3 {
			if got := post(r.browser(), path, body, "X-Test-From",
				office); (got.StatusCode == http.StatusTooManyRequests) != (i == 2) {
				t.Errorf("%s, request %d: %d %s", path, i, got.StatusCode, got.Text)
			}
		}
	}
}

// end:ratelimit
