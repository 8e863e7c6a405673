package main

import (
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
)

// part:betterauth

// TestBehindATransactionPooler: the app serves without its session cache, reports that at /readyz and once in the log,
// and signing out does not wait.
func TestBehindATransactionPooler(t *testing.T) {
	t.Parallel()
	direct := dbtest.Postgres(t)
	dbtest.Open(t, direct) // migrates
	s := start(t, t.TempDir(), "DATABASE_URL="+dbtest.Pooler(t, direct, "transaction", 40, "exec"))
	visitor := authtest.NewClient(t, s.url)
	const want = "ready\nsession cache off: PostgreSQL notifications do not reach this instance. " +
		"Is a transaction pooler such as PgBouncer in DATABASE_URL?\n"
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		ready := visitor.Get("/readyz")
		if ready.StatusCode != 200 {
			t.Fatalf("/readyz: %d %s", ready.StatusCode, ready.Text)
		}
		if ready.Text == want {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("/readyz: %q, want %q", ready.Text, want)
		}
	}
	visitor.SignUp("ada@example.com")
	thief := visitor.Copy()
	visitor.PostForm("/logout", nil)
	if got := thief.Get("/dashboard"); got.StatusCode != 303 {
		t.Errorf("/dashboard after the sign-out: %d", got.StatusCode)
	}
	s.stop(t)
	out := s.output()
	if strings.Count(out, "notifications do not reach") != 1 || strings.Contains(out, "confirm a log-out") {
		t.Errorf("log:\n%s", out)
	}
}

// end:betterauth
