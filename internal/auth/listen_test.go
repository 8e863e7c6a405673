package auth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/betterauth"
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// running keeps a provider's Run going until the end of the test.
func running(t testing.TB, a *auth.Auth) {
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() { defer close(stopped); a.Run(ctx) }()
	t.Cleanup(func() { stop(); <-stopped })
}

// instance starts one more of the app on a PostgreSQL, and gives a browser for it.
func instance(t testing.TB, url string, box *mailbox) (*auth.Auth, *authtest.Client) {
	a := authtest.NewOn(t, dbtest.Open(t, url), auth.Options{Mailer: box, Links: betterauth.Links(home)})
	running(t, a)
	return a, authtest.Serve(t, authtest.Wire(t, a))
}

// through moves a browser's cookies to another instance: it is the same site behind a proxy.
func through(t testing.TB, b, at *authtest.Client) *authtest.Client {
	c := authtest.NewClient(t, at.Base)
	for _, cookie := range b.Cookies() {
		hold(c, cookie.Name, cookie.Value)
	}
	return c
}

// cached reports whether an instance answered from the cache cookie.
func cached(c *authtest.Client) bool {
	held := value(c, cacheCookie) != ""
	return len(c.Get("/api/auth/get-session").Header["Set-Cookie"]) == 0 && held
}

// settled waits until an instance trusts its cache: it listens, and what was cached about then is not honoured any
// more.
func settled(t testing.TB, c *authtest.Client) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !cached(c); time.Sleep(50 * time.Millisecond) { // a cookie is all there is to see
		if time.Now().After(deadline) {
			t.Fatal("the instance never trusts a cached copy")
		}
	}
}

// TestRevocationReachesEveryInstance: two instances on one PostgreSQL. What one revokes, the other refuses on the very
// next request, although the copied cookies hold a cache that it has honoured a moment before. So does a third that
// is started afterwards.
func TestRevocationReachesEveryInstance(t *testing.T) {
	t.Parallel()
	url, box := dbtest.Postgres(t), &mailbox{}
	here, one := instance(t, url, box)
	there, two := instance(t, url, box)
	id := one.SignUp("ada@example.com")
	settled(t, through(t, one, one))
	settled(t, through(t, one, two))
	ways := []struct {
		name   string
		revoke func(c *authtest.Client, id, email string) error
	}{
		{"sign-out", func(c *authtest.Client, _, _ string) error { return sent(post(c, "/sign-out", "{}")) }},
		{"revoke", func(_ *authtest.Client, id, _ string) error { return here.RevokeSessions(t.Context(), nil, id) }},
		{"ban", func(_ *authtest.Client, id, _ string) error {
			_, err := here.BanUser(t.Context(), nil, id, "spam", nil)
			return err
		}},
		{"password reset", func(_ *authtest.Client, _, email string) error {
			c := authtest.NewClient(t, one.Base)
			asked := sent(post(c, "/request-password-reset", `{"email":"`+email+`"}`))
			return errors.Join(asked, sent(post(c, "/reset-password",
				`{"token":"`+linkToken(t, box.last())+`","newPassword":"another-horse-2"}`)))
		}},
		{"password change", func(c *authtest.Client, _, _ string) error {
			return sent(post(c, "/change-password", `{"currentPassword":"314-159-265","newPassword":"another-horse-2"}`))
		}},
		// part:admin
		{"password set", func(_ *authtest.Client, id, _ string) error {
			return here.SetPassword(t.Context(), nil, id, "another-horse-2")
		}},
		// end:admin
		{"deletion", func(c *authtest.Client, _, _ string) error { return sent(post(c, "/delete-user", "{}")) }},
	}
	var copies []*authtest.Client
	for round := range 30 {
		// Somebody new each time: what changed a moment ago is not cached.
		way := ways[round%len(ways)]
		browser, email := authtest.NewClient(t, one.Base), fmt.Sprintf("user%d@example.com", round)
		id := browser.SignUp(email)
		thief := through(t, browser, two)
		for range 3 { // on a busy machine the instance may have missed a beat
			if cached(thief) {
				break
			}
			settled(t, through(t, one, two))
			thief = through(t, browser, two)
		}
		if !cached(thief) {
			t.Fatalf("round %d: the copy is not honoured before the %s", round, way.name)
		}
		copies = append(copies, thief.Copy())
		if err := way.revoke(browser, id, email); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(thief.Get("/api/auth/get-session").Text, email) {
			t.Fatalf("round %d: the copy is honoured after the %s", round, way.name)
		}
	}
	browser := authtest.NewClient(t, one.Base)
	browser.SignIn("ada@example.com", authtest.Password)
	if _, err := there.SetRole(t.Context(), nil, id, "admin"); err != nil {
		t.Fatal(err)
	}
	if got := browser.Get("/api/auth/get-session").Text; !strings.Contains(got, `"role":"admin"`) {
		t.Errorf("a role given on the other instance is not seen: %s", got)
	}

	_, three := instance(t, url, box)
	for _, when := range []string{"as it starts", "once it trusts its cache"} {
		for i, thief := range copies {
			if got := through(t, thief, three).Get("/api/auth/get-session").Text; got != "null" {
				t.Errorf("%s a third instance honours the copy of round %d: %s", when, i, got)
			}
		}
		settled(t, through(t, browser, three))
	}
}

// TestACachedReadOnPostgreSQLAsksNothing, once the instance hears what the others revoke.
func TestACachedReadOnPostgreSQLAsksNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, dbtest.Open(t, dbtest.Postgres(t)), auth.Options{Now: database.Now}) // the clock is compared
	n, purged := r.statements(), make(chan struct{}, 1)
	err := r.db.Callback().Delete().After("gorm:delete").Register("test:purged", func(tx *gorm.DB) {
		if tx.Statement.Table == "verifications" {
			purged <- struct{}{}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	r.SignUp("ada@example.com")
	running(t, r.auth)
	<-purged // the first sweep is over
	settled(t, r.Client)
	reads, writes := n.reads.Load(), n.writes.Load()
	for range 100 {
		r.wantWho("from the cache", r.Client, "ada@example.com")
	}
	if got := n.reads.Load() - reads + n.writes.Load() - writes; got != 0 {
		t.Errorf("100 cached reads cost %d statements", got)
	}
	r.Get("/api/auth/get-session?disableCookieCache=1")
	if got := n.reads.Load() - reads; got != 1 {
		t.Errorf("a read past the cache cost %d statements, want 1", got)
	}
}
