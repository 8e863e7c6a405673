package auth_test

import (
	"context"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
)

// An instance that has more notices waiting than it can read in time does not trust its cache meanwhile.
func TestABacklogOfNoticesHidesNoRevocation(t *testing.T) {
	db := dbtest.Open(t, dbtest.Postgres(t))
	a := authtest.NewOn(t, db, auth.Options{})
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() { defer close(stopped); a.Run(ctx) }()
	t.Cleanup(func() { stop(); <-stopped })
	other := authtest.NewOn(t, db, auth.Options{}) // it revokes, and does not listen
	c := authtest.Serve(t, authtest.Wire(t, a))
	c.SignUp("ada@example.com")
	cached := func() bool {
		held := value(c, cacheCookie) != ""
		return len(c.Get("/api/auth/get-session").Header["Set-Cookie"]) == 0 && held
	}
	for deadline := time.Now().Add(30 * time.Second); !cached(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the cached copy is never trusted")
		}
	}
	u, err := a.UserByEmail(t.Context(), "ada@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Exec("SELECT pg_notify('auth_revoked', i::text) FROM generate_series(1, 200000) i").Error; err != nil {
		t.Fatal(err)
	}
	if err := other.RevokeSessions(t.Context(), nil, u.ID); err != nil {
		t.Fatal(err)
	}
	if got := c.Get("/api/auth/get-session").Text; got != "null" {
		t.Errorf("after the revocation: %s", got)
	}
}
