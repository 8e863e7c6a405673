package main

import (
	"net/url"
	"strings"
	"testing"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
)

// part:betterauth

// TestTooManyTries: pages and endpoints share the counters, and a restart keeps them. Two servers on one PostgreSQL
// share them too; an SQLite file has one server.
func TestTooManyTries(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		dir := t.TempDir()
		s := start(t, dir)
		tryTooOften(t, s, s)
		s.stop(t)
		wantFull(t, start(t, dir))
	})
	t.Run("postgres", func(t *testing.T) {
		dir, database := t.TempDir(), "DATABASE_URL="+dbtest.Postgres(t)
		one, two := start(t, dir, database), start(t, dir, database)
		tryTooOften(t, one, two)
		one.stop(t)
		wantFull(t, start(t, dir, database))
	})
}

// end:betterauth

func tryTooOften(t *testing.T, one, two *running) {
	t.Helper()
	for _, s := range []*running{one, two, one} {
		if got := guess(t, s); got.StatusCode != 422 {
			t.Fatalf("%d %s", got.StatusCode, got.Text)
		}
	}
	wantFull(t, one)
	wantFull(t, two)
	body := map[string]string{"email": "user@example.com", "password": "wrong-guess-1"}
	if got := authtest.NewClient(t, two.url).PostJSON("/api/auth/sign-in/email", body); got.StatusCode != 429 {
		t.Errorf("by the endpoint: %d %s", got.StatusCode, got.Text)
	}
}

func guess(t *testing.T, s *running) authtest.Answer {
	form := url.Values{"email": {"user@example.com"}, "password": {"wrong-guess-1"}}
	return authtest.NewClient(t, s.url).PostForm("/login", form)
}

// wantFull: the refusal has the time to wait and keeps the typed values, except the password.
func wantFull(t *testing.T, s *running) {
	t.Helper()
	got := guess(t, s)
	if got.StatusCode != 429 || got.Header.Get("Retry-After") == "" ||
		!strings.Contains(got.Text, "Too many tries. Wait ") ||
		!strings.Contains(got.Text, `value="user@example.com"`) || strings.Contains(got.Text, "wrong-guess-1") {
		t.Errorf("%d %v %s", got.StatusCode, got.Header, got.Text)
	}
}
