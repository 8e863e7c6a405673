package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/static"
	"example.com/foyer/web"
)

const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types htmx"

// part:admin,betterauth

// securityHeaders is what every answer carries, to the letter.
var securityHeaders = []string{
	"Content-Security-Policy", csp,
	"X-Content-Type-Options", "nosniff",
	"Referrer-Policy", "strict-origin-when-cross-origin",
	"Cross-Origin-Opener-Policy", "same-origin",
	"Cross-Origin-Resource-Policy", "same-origin",
	"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()",
	"Strict-Transport-Security", "", // plain http
	"Server", "", "X-Powered-By", "", "X-XSS-Protection", "", "Access-Control-Allow-Origin", "",
	"Access-Control-Allow-Credentials", "",
}

func TestSecurityHeadersEverywhere(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *web.Config) { c.Ready = nil }) // /readyz fails by a panic
	user, _ := s.person(t, "user@example.com")
	const (
		page   = "text/html; charset=utf-8"
		json   = "application/json"
		store  = "private, no-store"
		again  = "private, no-cache"
		forAll = "public, max-age=31536000, immutable"
	)
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	cases := []struct {
		name         string
		as           *authtest.Client
		method, path string
		header       []string
		status       int
		media, cache string
	}{
		{"public page", s.Client, "GET", "/", navigate, 200, page, again},
		{"login page", s.Client, "GET", "/login", navigate, 200, page, store},
		{"sign-up page", s.Client, "GET", "/signup", navigate, 200, page, store},
		{"private page", user, "GET", "/dashboard", navigate, 200, page, store},
		{"fragment", user, "GET", "/nav", s.htmx("/"), 200, page, store},
		{"redirect", s.Client, "GET", "/dashboard", navigate, 303, "", store},
		{"htmx redirect", s.Client, "GET", "/dashboard", s.htmx("/"), 401, "", store},
		{"form that failed", s.Client, "POST", "/login", form, 422, page, again},
		{"form of a user that failed", user, "POST", "/reauth", append([]string{"Origin", s.Base}, form...), 422, page, store},
		{"form that failed by htmx", s.Client, "POST", "/login", append(s.htmx("/login"), form...), 422, page, again},
		{"logout", s.Client, "POST", "/logout", nil, 303, "", store},
		{"refused role", user, "GET", "/admin", navigate, 403, page, store},
		{"refused origin", user, "POST", "/logout", []string{"Origin", "https://evil.example"}, 403, page, store},
		{"unknown address", s.Client, "GET", "/nothing", navigate, 404, page, store},
		{"unknown address, program", s.Client, "GET", "/nothing", program, 404, json, store},
		{"wrong method", s.Client, "POST", "/", form, 405, page, store},
		{"wrong media type", s.Client, "POST", "/login", nil, 415, page, store},
		{"panic", s.Client, "GET", "/readyz", navigate, 500, page, store},
		{"head", s.Client, "HEAD", "/login", navigate, 200, page, store},
		{"options", s.Client, "OPTIONS", "/login", nil, 204, "", ""},
		{"API, nobody", s.Client, "POST", "/api/admin/users", program, 401, json, store},
		{"API, unknown address", s.Client, "GET", "/api/nothing", program, 404, json, store},
		{"provider", user, "GET", "/api/auth/get-session", program, 200, json, "no-store"},
		{"provider, unknown endpoint", user, "GET", "/api/auth/nothing", program, 404, "", "no-store"},
		{"provider, refused", s.Client, "POST", "/api/auth/sign-in/email", program, 415, json, "no-store"},
		{"health", s.Client, "GET", "/healthz", nil, 200, "text/plain; charset=UTF-8", again},
		{"style", s.Client, "GET", static.URL("app.css"), nil, 200, "text/css; charset=utf-8", forAll},
		{"script", user, "GET", static.URL("app.js"), nil, 200, "text/javascript; charset=utf-8", forAll},
		{"icon", s.Client, "GET", static.URL("icon.svg"), nil, 200, "image/svg+xml", forAll},
		{"no such file", s.Client, "GET", "/static/app.000000000000.css", nil, 404, page, store},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := c.as.Copy().Do(c.method, c.path, "", c.header...)
			expect(t, got, c.status, append(slices.Clone(securityHeaders), "Content-Type", c.media, "Cache-Control", c.cache)...)
			if got.Header.Get("X-Request-Id") == "" {
				t.Error("no request id")
			}
			if strings.HasPrefix(c.path, "/static/") && len(got.Header.Values("Set-Cookie")) > 0 {
				t.Error("an answer that anybody may keep sets a cookie")
			}
		})
	}
}

// end:admin,betterauth

// TestPagesFetchedAheadAreDropped: a command that succeeds drops them, sent by htmx or not. One that
// is refused and a read do not.
func TestPagesFetchedAheadAreDropped(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.person(t, "ada@example.com")
	const dropped = `"prefetchCache", "prerenderCache"`
	good, bad := url.Values{"name": {"Ada"}}, url.Values{"name": {""}}
	expect(t, ada.PostForm("/settings", good), 303, "Clear-Site-Data", dropped)
	expect(t, ada.PostForm("/settings", good, s.htmx("/settings")...), 204, "Clear-Site-Data", dropped)
	expect(t, ada.PostForm("/settings/sessions/others", nil, s.htmx("/settings/sessions")...), 200, "Clear-Site-Data",
		dropped)
	expect(t, ada.PostForm("/settings", bad), 422, "Clear-Site-Data", "")
	expect(t, ada.Get("/settings", navigate...), 200, "Clear-Site-Data", "")
}

func TestHTTPS(t *testing.T) {
	t.Parallel()
	secure := newSite(t, func(c *web.Config) { c.AppURL = "https://app.example" })
	ask := func(method, path, body string, header ...string) *http.Response {
		t.Helper()
		req := httptest.NewRequest(method, "https://app.example"+path, strings.NewReader(body))
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		res := httptest.NewRecorder()
		secure.server.ServeHTTP(res, req)
		return res.Result()
	}
	for _, path := range []string{"/", "/login", "/dashboard", "/nothing", "/api/nothing", "/api/auth/get-session",
		static.URL("app.css")} {
		if got := ask("GET", path, "").Header.Get("Strict-Transport-Security"); got != "max-age=31536000; includeSubDomains" {
			t.Errorf("%s: Strict-Transport-Security %q", path, got)
		}
	}
	signUp := func(origin string) *http.Response {
		return ask("POST", "/signup", "name=Ada&email=ada@example.com&password=a+long+enough+one", "Content-Type",
			"application/x-www-form-urlencoded", "Origin", origin)
	}
	for _, origin := range []string{"http://app.example", "https://app.example:8443", "https://APP.example.evil.example",
		"https://sub.app.example", "null"} {
		if got := signUp(origin); got.StatusCode != http.StatusForbidden {
			t.Errorf("Origin %s: %d, want 403", origin, got.StatusCode)
		}
	}
	got := signUp("https://app.example")
	if got.StatusCode != http.StatusSeeOther || len(got.Cookies()) != 3 {
		t.Errorf("own origin: %d with %d cookies", got.StatusCode, len(got.Cookies()))
	}
	for _, c := range got.Cookies() {
		if !strings.HasPrefix(c.Name, hostCookie) || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode ||
			c.Path != "/" || c.Domain != "" {
			t.Errorf("cookie %s", c)
		}
	}
}

// TestNoConditionalAnswers: no validator of one person's page buys another person a 304.
func TestNoConditionalAnswers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	user, _ := s.person(t, "user@example.com")
	for _, path := range []string{"/", "/dashboard", "/nav", "/login"} {
		got := user.Get(path, append([]string{"If-None-Match", "*", "If-Modified-Since", "Tue, 01 Jan 2030 00:00:00 GMT"},
			navigate...)...)
		if got.StatusCode == http.StatusNotModified || got.Header.Get("Etag") != "" || got.Header.Get("Last-Modified") != "" {
			t.Errorf("%s: %d, ETag %q", path, got.StatusCode, got.Header.Get("Etag"))
		}
	}
}

// TestCompression: pages are compressed, with Vary for caches.
func TestCompression(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for path, want := range map[string]string{"/": "gzip", "/login": "gzip", "/api/auth/ok": "", "/api/nothing": ""} {
		got := s.Get(path, "Accept-Encoding", "gzip")
		if have := got.Header.Get("Content-Encoding"); have != want {
			t.Errorf("%s: Content-Encoding %q, want %q", path, have, want)
		}
		if want == "gzip" && !slices.Contains(got.Header.Values("Vary"), "Accept-Encoding") {
			t.Errorf("%s: Vary %q", path, got.Header.Values("Vary"))
		}
		if plain := s.Get(path, "Accept-Encoding", "identity"); plain.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: compressed though the client takes none", path)
		}
	}
}
