package main

import (
	"net/url"
	"strings"
	"testing"

	"example.com/foyer/internal/auth/authtest"
)

// TestTooManyTries: two servers on one database count together, by page and by endpoint, and a restart forgets
// nothing. Who is turned away is told how long to wait, and keeps what was typed but for the password.
func TestTooManyTries(t *testing.T) {
	dir := t.TempDir()
	one, two := start(t, dir), start(t, dir)
	form := url.Values{"email": {"user@example.com"}, "password": {"wrong-guess-1"}}
	try := func(s *running) authtest.Answer { return authtest.NewClient(t, s.url).PostForm("/login", form) }
	for _, s := range []*running{one, two, one} {
		if got := try(s); got.StatusCode != 422 {
			t.Fatalf("%d %s", got.StatusCode, got.Text)
		}
	}
	wantFull := func(s *running) {
		t.Helper()
		got := try(s)
		if got.StatusCode != 429 || got.Header.Get("Retry-After") == "" || !strings.Contains(got.Text, "Too many tries. Wait ") ||
			!strings.Contains(got.Text, `value="user@example.com"`) || strings.Contains(got.Text, "wrong-guess-1") {
			t.Errorf("%d %v %s", got.StatusCode, got.Header, got.Text)
		}
	}
	wantFull(one)
	wantFull(two)
	if got := authtest.NewClient(t, two.url).PostJSON("/api/auth/sign-in/email", map[string]string{"email": "user@example.com", "password": "wrong-guess-1"}); got.StatusCode != 429 {
		t.Errorf("by the endpoint: %d %s", got.StatusCode, got.Text)
	}
	one.stop(t)
	wantFull(start(t, dir))
}
