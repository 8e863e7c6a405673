package auth_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
)

// TestRevocationReachesEveryInstance: two instances on one PostgreSQL. What one revokes, the other refuses on the very
// next request, although the copied cookies hold a cache that it has honoured a moment before.
func TestRevocationReachesEveryInstance(t *testing.T) {
	url := dbtest.Postgres(t)
	var at [2]*authtest.Client
	var providers [2]*auth.Auth
	for i := range at {
		a := authtest.NewOn(t, dbtest.Open(t, url), auth.Options{})
		ctx, stop := context.WithCancel(context.Background())
		stopped := make(chan struct{})
		go func() { defer close(stopped); a.Run(ctx) }()
		t.Cleanup(func() { stop(); <-stopped })
		at[i], providers[i] = authtest.Serve(t, a.Handler()), a
	}
	// through moves a browser's cookies to the other instance: it is the same site behind a proxy.
	through := func(b *authtest.Client, i int) *authtest.Client {
		c := b.Copy()
		for _, cookie := range b.Cookies() {
			hold(&authtest.Client{Client: c.Client, Base: at[i].Base}, cookie.Name, cookie.Value)
		}
		c.Base = at[i].Base
		return c
	}
	cached := func(c *authtest.Client) bool {
		held := value(c, cacheCookie) != ""
		return len(c.Get("/api/auth/get-session").Header["Set-Cookie"]) == 0 && held
	}
	id := at[0].SignUp("ada@example.com")
	deadline := time.Now().Add(30 * time.Second)
	for _, i := range []int{0, 1} { // both listeners are up, and what was cached about then is not honoured any more
		for c := through(at[0], i); !cached(c); time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("instance %d never trusts a cached copy", i)
			}
		}
	}
	for round := range 30 {
		// Somebody new each time: what changed a moment ago is not cached.
		browser, email := authtest.NewClient(t, at[0].Base), fmt.Sprintf("user%d@example.com", round)
		id := browser.SignUp(email)
		thief := through(browser, 1)
		if !cached(thief) {
			t.Fatalf("round %d: the copy is not honoured before the revocation", round)
		}
		var err error
		switch round % 3 {
		case 0:
			post(browser, "/sign-out", "{}")
		case 1:
			err = providers[0].RevokeSessions(t.Context(), nil, id)
		case 2:
			_, err = providers[0].BanUser(t.Context(), nil, id, "spam", nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(thief.Get("/api/auth/get-session").Text, email) {
			t.Fatalf("round %d: the copy is honoured after the revocation", round)
		}
	}
	browser := authtest.NewClient(t, at[0].Base)
	browser.SignIn("ada@example.com", authtest.Password)
	if _, err := providers[1].SetRole(t.Context(), nil, id, "admin"); err != nil {
		t.Fatal(err)
	}
	if got := browser.Get("/api/auth/get-session").Text; !strings.Contains(got, `"role":"admin"`) {
		t.Errorf("a role given on the other instance is not seen: %s", got)
	}
}
