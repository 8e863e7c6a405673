package main

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
)

// part:betterauth

// TestTooManyTries: pages and endpoints share the counters, and a restart keeps them. Two servers on one PostgreSQL
// share them too; an SQLite file has one server.
func TestTooManyTries(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		inOneWindow(t, func(t *testing.T) (fault string) {
			dir := t.TempDir()
			s := start(t, dir)
			tryTooOften(t, s, s)
			s.stop(t)
			return notFull(t, start(t, dir))
		})
	})
	t.Run("postgres", func(t *testing.T) {
		inOneWindow(t, func(t *testing.T) (fault string) {
			dir, database := t.TempDir(), "DATABASE_URL="+dbtest.Postgres(t)
			one, two := start(t, dir, database), start(t, dir, database)
			tryTooOften(t, one, two)
			one.stop(t)
			return notFull(t, start(t, dir, database))
		})
	})
}

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

// inOneWindow repeats a try that took longer than the ten seconds of the limit, whose end lets the last guess in.
func inOneWindow(t *testing.T, try func(t *testing.T) (fault string)) {
	t.Helper()
	for range 5 {
		began := time.Now()
		fault := try(t)
		if fault == "" {
			return
		}
		if time.Since(began) < 10*time.Second {
			t.Fatal(fault)
		}
	}
	t.Fatal("this machine is too slow: five tries took more than ten seconds each")
}

func wantFull(t *testing.T, s *running) {
	t.Helper()
	if fault := notFull(t, s); fault != "" {
		t.Error(fault)
	}
}

// notFull guesses once more. It returns "" if the refusal has the time to wait and keeps the typed values, except the
// password.
func notFull(t *testing.T, s *running) (fault string) {
	t.Helper()
	got := guess(t, s)
	if got.StatusCode != 429 || got.Header.Get("Retry-After") == "" ||
		!strings.Contains(got.Text, "Too many tries. Wait ") ||
		!strings.Contains(got.Text, `value="user@example.com"`) || strings.Contains(got.Text, "wrong-guess-1") {
		return fmt.Sprintf("%d %v %s", got.StatusCode, got.Header, got.Text)
	}
	return ""
}

// end:betterauth
