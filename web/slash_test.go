package web_test

import (
	"net/http"
	"testing"
)

// part:admin,betterauth

// TestTrailingSlash: the address of a page with a trailing slash redirects to the page. Other addresses do not
// redirect.
func TestTrailingSlash(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, row := range []struct {
		method, path string
		status       int
		location     string
	}{
		{http.MethodGet, "/login/", 308, "/login"},
		{http.MethodHead, "/login/", 308, "/login"},
		{http.MethodGet, "/login/?returnTo=%2Fsettings&x=%2F%2Fevil", 308, "/login?returnTo=%2Fsettings&x=%2F%2Fevil"},
		{http.MethodGet, "/settings/sessions/", 308, "/settings/sessions"},
		{http.MethodGet, "/admin/users/", 308, "/admin/users"},
		{http.MethodPost, "/login/", 404, ""},
		{http.MethodGet, "/login//", 404, ""},
		{http.MethodGet, "//login/", 404, ""},
		{http.MethodGet, "//evil.example/", 404, ""},
		{http.MethodGet, "/login%2f", 404, ""},
		{http.MethodGet, "/%6cogin/", 404, ""},
		{http.MethodGet, "/LOGIN/", 404, ""},
		{http.MethodGet, "/nothing/", 404, ""},
		{http.MethodGet, "/api/service/whoami/", 404, ""},
		{http.MethodGet, "/api/auth/ok/", 404, ""},
		{http.MethodGet, "/static/app.css/", 404, ""},
	} {
		t.Run(row.method+" "+row.path, func(t *testing.T) {
			res := s.raw(t, row.method, row.path)
			if res.StatusCode != row.status || res.Header.Get("Location") != row.location {
				t.Errorf("%d %q, want %d %q", res.StatusCode, res.Header.Get("Location"), row.status, row.location)
			}
			if res.Header.Get("Content-Security-Policy") == "" {
				t.Error("no security headers")
			}
		})
	}
}

// end:admin,betterauth
