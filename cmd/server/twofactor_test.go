package main

import (
	"net/url"
	"testing"

	"example.com/foyer/internal/auth/authtest"
)

// TestSetUpIsOwed: with REQUIRE_SECOND_FACTOR=admin an admin first meets the set-up of a second factor.
func TestSetUpIsOwed(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]int{"admin": 303, "off": 200} {
		s := start(t, t.TempDir(), "REQUIRE_SECOND_FACTOR="+word)
		boss := authtest.NewClient(t, s.url)
		const email = "admin@example.com"
		boss.PostForm("/login", url.Values{"email": {email}, "password": {password(t, s.output(), email)}})
		got := boss.Get("/dashboard")
		if to := got.Header.Get("Location"); got.StatusCode != want || to != "" && to != "/settings/security/two-factor" {
			t.Errorf("%s: %d to %q", word, got.StatusCode, to)
		}
	}
}
