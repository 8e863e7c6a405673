package web_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/static"
	"example.com/foyer/web"
)

// part:betterauth

// TestOneLinePerRequest: the route's pattern, the status and the request's id; never the path or the query.
func TestOneLinePerRequest(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	user, _ := s.person(t, "user@example.com")
	cases := []struct {
		as           *authtest.Client
		method, path string
		route        string
		status       float64
		level        string
	}{
		{s.Client, "GET", "/?token=zebra-7", "/", 200, "INFO"},
		{s.Client, "GET", "/login?returnTo=/zebra-7", "/login", 200, "INFO"},
		{user, "GET", "/dashboard?token=zebra-7", "/dashboard", 200, "INFO"},
		{s.Client, "GET", "/dashboard?token=zebra-7", "/dashboard", 303, "INFO"},
		{user, "GET", "/admin", "/admin", 403, "INFO"},
		{s.Client, "GET", "/zebra-7/reset/token", "", 404, "INFO"},
		{s.Client, "GET", "/api/auth/zebra-7?token=zebra-7", "/api/auth/*", 404, "INFO"},
		{s.Client, "GET", "/logout?zebra-7", "/logout", 405, "INFO"},
		{s.Client, "HEAD", "/login?zebra-7", "/login", 200, "INFO"},
		{s.Client, "GET", "/healthz", "/healthz", 200, "DEBUG"},
		{s.Client, "GET", static.URL("app.css") + "?zebra-7", "/static/*", 200, "DEBUG"},
	}
	for _, c := range cases {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			s.log.text()
			got := c.as.Do(c.method, c.path, "", navigate...)
			lines := slices.DeleteFunc(s.log.lines(t), func(l map[string]any) bool { // who was kept out
				if l["msg"] == "auth" && l["requestId"] != got.Header.Get("X-Request-Id") {
					t.Errorf("whose request is %v?", l)
				}
				return l["msg"] == "auth"
			})
			if len(lines) != 1 {
				t.Fatalf("%d lines, want 1: %v", len(lines), lines)
			}
			for key, want := range map[string]any{
				"msg": "request", "method": c.method, "route": c.route, "status": c.status, "level": c.level,
				"requestId": got.Header.Get("X-Request-Id"),
			} {
				if lines[0][key] != want {
					t.Errorf("%s is %v, want %v", key, lines[0][key], want)
				}
			}
			if took, ok := lines[0]["duration"].(float64); !ok || took <= 0 {
				t.Errorf("duration %v", lines[0]["duration"])
			}
			for key, value := range lines[0] {
				if text, _ := value.(string); strings.Contains(text, "zebra-7") {
					t.Errorf("%s tells the address: %s", key, text)
				}
			}
		})
	}
}

// end:betterauth

// TestFailuresAreLogged: once, as an error, with the cause that no visitor sees.
func TestFailuresAreLogged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cold, _ := s.person(t, "user@example.com")
	cold.Forget("session_data")
	s.close(t)
	s.log.text()
	got := cold.Get("/dashboard?token=zebra-7", navigate...)
	lines := s.log.lines(t)
	if len(lines) != 1 || lines[0]["level"] != "ERROR" || lines[0]["requestId"] != got.Header.Get("X-Request-Id") ||
		lines[0]["status"] != float64(503) {
		t.Fatalf("%v", lines)
	}
	if cause, _ := lines[0]["error"].(string); !strings.Contains(cause, "database is closed") {
		t.Errorf("error %q", cause)
	}

	broken := newSite(t, func(c *web.Config) { c.Ready = nil })
	broken.Get("/readyz", navigate...)
	if lines := broken.log.lines(t); len(lines) != 1 || lines[0]["level"] != "ERROR" ||
		lines[0]["status"] != float64(500) {
		t.Errorf("a panic is logged as %v", lines)
	}
}

// part:betterauth

// TestLogHoldsNoSecret walks the whole way through the door and looks for everything that opens it.
func TestLogHoldsNoSecret(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	browser := s.stranger(t)
	secrets := []string{"a long enough one", "a+long+enough+one", "another wrong one", "zebra-7", authtest.Secret}
	keep := func() {
		for _, c := range browser.Cookies() {
			secrets = append(secrets, c.Value)
			if value, err := url.PathUnescape(c.Value); err == nil {
				token, signature, _ := strings.Cut(value, ".")
				secrets = append(secrets, value, token)
				if signature != "" {
					secrets = append(secrets, signature)
				}
			}
		}
	}
	form := url.Values{"name": {"Ada"}, "email": {"ada@example.com"}, "password": {"a long enough one"},
		"remember": {"on"}}
	expect(t, browser.PostForm("/password-hint?token=zebra-7", form), 200)
	expect(t, browser.PostForm("/signup?token=zebra-7", form), 303)
	keep()
	browser.Get("/dashboard?token=zebra-7", navigate...)
	browser.Get("/dashboard?token=zebra-7", append(s.htmx("/dashboard?zebra-7"), "Authorization", "Bearer zebra-7",
		"Referer", s.Base+"/?zebra-7", "X-Request-ID", "zebra-7")...)
	expect(t, browser.PostForm("/logout", nil, "Origin", "https://evil.example"), 403)
	expect(t, browser.PostForm("/logout", nil), 303)
	expect(t, browser.PostForm("/login", credentials("ada@example.com", "another wrong one")), 422)
	expect(t, browser.PostForm("/login", credentials("ada@example.com", "a long enough one")), 303)
	keep()
	expect(t, browser.PostJSON("/api/auth/sign-out?token=zebra-7", map[string]any{"token": "zebra-7"}, "Origin",
		s.Base), 200)
	if len(secrets) < 15 {
		t.Fatalf("only %d secrets to look for: %q", len(secrets), secrets)
	}
	log := s.log.text()
	for _, event := range []string{`"event":"sign_up"`, `"event":"sign_in"`, `"event":"sign_in_failed"`,
		`"event":"sign_out"`} {
		if !strings.Contains(log, event) {
			t.Errorf("no line has %s", event)
		}
	}
	for _, secret := range secrets {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// end:betterauth

// TestLogInjection: what a client writes cannot end a line, start another or colour a terminal.
func TestLogInjection(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	forged := "x\r\n" + `{"level":"INFO","msg":"auth","event":"sign_in","actor":"forged"}` + "\r\n\x1b[31m\u2028\x00"
	s.log.text()
	s.PostForm("/login", url.Values{"email": {forged}, "password": {forged}, "returnTo": {forged}})
	s.PostForm("/signup", url.Values{"name": {forged}, "email": {forged}, "password": {forged}})
	s.PostJSON("/api/auth/sign-up/email", map[string]any{"name": forged, "email": forged, "password": forged,
		"image": forged})
	s.Get("/" + url.PathEscape(forged))
	s.Get("/?" + url.QueryEscape(forged))
	s.raw(t, "GET", "/login", "User-Agent", "\x1b[31m red \x9b31m", "X-Forwarded-For", "\x1b[31m")
	form := url.Values{"name": {"Ada"}, "email": {"ada@example.com"}, "password": {"a long enough one"}}
	s.PostForm("/signup", form, "User-Agent", "\"}\t{\"event\":\"forged\" \u2028 \u202e \xff")
	log := s.log.text()
	for line := range strings.Lines(log) {
		if strings.Contains(line, `"actor":"forged"`) ||
			strings.ContainsAny(strings.TrimSuffix(line, "\n"), "\r\n\x1b\x00\u2028") {
			t.Errorf("a forged line: %q", line)
		}
	}
	if n := strings.Count(log, "\n"); n < 6 || n > 8 {
		t.Errorf("%d lines for 7 requests and one event: %s", n, log)
	}
}
