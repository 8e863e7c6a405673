package web_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/web"
)

// TestCORS: only the pages of trusted origins may read the provider's answers, and only where that is turned on.
func TestCORS(t *testing.T) {
	t.Parallel()
	const front = "https://front.example"
	provider := authtest.NewOn(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{TrustedOrigins: []string{front}})
	for _, c := range []struct {
		name, method, path, origin string
		origins                    []string
		status                     int
		allowed                    string
	}{
		{"off", http.MethodGet, "/api/auth/get-session", front, nil, 200, ""},
		{"off, preflight", http.MethodOptions, "/api/auth/sign-in/email", front, nil, 404, ""},
		{"trusted", http.MethodGet, "/api/auth/get-session", front, []string{front}, 200, front},
		{"trusted, preflight", http.MethodOptions, "/api/auth/sign-in/email", front, []string{front}, 204, front},
		{"stranger", http.MethodGet, "/api/auth/get-session", "https://evil.example", []string{front}, 200, ""},
		{"stranger, preflight", http.MethodOptions, "/api/auth/sign-in/email", "https://evil.example",
			[]string{front}, 204, ""},
		{"suffix", http.MethodGet, "/api/auth/get-session", front + ".evil.example", []string{front}, 200, ""},
		{"null", http.MethodGet, "/api/auth/get-session", "null", []string{front}, 200, ""},
		{"pages", http.MethodGet, "/login", front, []string{front}, 200, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			site := web.New(web.Config{Auth: provider, API: authtest.Wire(t, provider), AppURL: "http://localhost:8080",
				CORSOrigins: c.origins, Logger: slog.New(slog.DiscardHandler)})
			got := authtest.Serve(t, site).Do(c.method, c.path, "", "Origin", c.origin, "Access-Control-Request-Method", "POST",
				"Access-Control-Request-Headers", "content-type")
			credentials := ""
			if c.allowed != "" {
				credentials = "true"
			}
			if got.StatusCode != c.status && c.status != 204 || got.Header.Get("Access-Control-Allow-Origin") != c.allowed ||
				got.Header.Get("Access-Control-Allow-Credentials") != credentials {
				t.Errorf("%d %v", got.StatusCode, got.Header)
			}
		})
	}
}

// TestCORSAllowsAnyHeader: a preflight names what tracing, a captcha or a gateway adds, and an app's scheme among the
// trusted is no page's origin.
func TestCORSAllowsAnyHeader(t *testing.T) {
	t.Parallel()
	const front, asked = "https://front.example", "baggage,content-type,sentry-trace,x-captcha-response"
	trusted := []string{front, "myapp://"}
	provider := authtest.NewOn(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{TrustedOrigins: trusted})
	for _, c := range []struct{ origin, readers, allowed, headers string }{
		{front, strings.Join(trusted, " "), front, asked},
		{"https://evil.example", strings.Join(trusted, " "), "", ""},
		{"myapp://", strings.Join(trusted, " "), "", ""},
		{front, "myapp://", "", ""},
	} {
		site := web.New(web.Config{
			Auth: provider, API: authtest.Wire(t, provider), AppURL: "http://localhost:8080",
			CORSOrigins: strings.Fields(c.readers), Logger: slog.New(slog.DiscardHandler),
		})
		got := authtest.Serve(t, site).Do(http.MethodOptions, "/api/auth/sign-in/email", "",
			"Origin", c.origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", asked)
		if got.Header.Get("Access-Control-Allow-Origin") != c.allowed ||
			got.Header.Get("Access-Control-Allow-Headers") != c.headers {
			t.Errorf("%+v: %v", c, got.Header)
		}
	}
}

// TestForwardedWarning: a proxy that is missing in TRUSTED_PROXIES is logged once, without the value of its header.
func TestForwardedWarning(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	ip := web.ClientIP(nil, slog.New(slog.NewTextHandler(&text, nil)))
	for _, c := range []struct {
		peer, forwarded string
		lines           int
	}{{"192.0.2.1:9", "203.0.113.5", 0}, {"10.0.0.7:9", "", 0}, {"10.0.0.7:9", "203.0.113.5", 1},
		{"10.0.0.7:9", "203.0.113.6", 1}} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := ip(r); got != strings.TrimSuffix(c.peer, ":9") ||
			strings.Count(text.String(), "TRUSTED_PROXIES") != c.lines || strings.Contains(text.String(), "203.0.113") {
			t.Errorf("%+v: %s, log %q", c, got, text.String())
		}
	}
}
