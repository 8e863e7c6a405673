package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/web"
)

// TestTheme: the choice is in the first byte of every page, errors and public ones included.
func TestTheme(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	choose := func(theme, back string) string {
		t.Helper()
		res := s.PostForm("/theme", url.Values{"theme": {theme}, "returnTo": {back}})
		if res.StatusCode != http.StatusSeeOther {
			t.Fatalf("theme %q: %d %s", theme, res.StatusCode, res.Text)
		}
		return res.Header.Get("Location")
	}
	pages := []string{"/", "/login", "/nothing"}
	for _, theme := range []string{"dark", "light", ""} {
		if got := choose(theme, "/login?returnTo=%2Fadmin"); got != "/login?returnTo=%2Fadmin" {
			t.Errorf("back to %s", got)
		}
		for _, page := range pages {
			text := s.Get(page, navigate...).Text
			if has := strings.Contains(text, `data-theme="`+theme+`"`); has != (theme != "") ||
				strings.Contains(text, "data-theme") != (theme != "") {
				t.Errorf("%s under theme %q", page, theme)
			}
		}
	}
	for _, back := range []string{"", "//evil.example", "https://evil.example/", "/\\evil.example", "/a\r\nX: y"} {
		if got := choose("dark", back); got != "/" {
			t.Errorf("back to %q after %q", got, back)
		}
	}
	if res := s.PostForm("/theme", url.Values{"theme": {`dark" onload="x`}}); res.StatusCode != http.StatusBadRequest ||
		len(res.Cookies()) > 0 {
		t.Errorf("an unknown theme: %d %v", res.StatusCode, res.Cookies())
	}
	if res := s.Get("/theme", navigate...); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET /theme: %d", res.StatusCode)
	}
}

// TestThemeOfARefusedForm: without JavaScript, the theme of a form that was refused leads back to its page.
func TestThemeOfARefusedForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.person(t, "ada@example.com")
	refused := ada.PostForm("/settings", url.Values{"name": {""}}, navigate...)
	expect(t, refused, 422)
	contains(t, refused, `<input type="hidden" name="returnTo" value="/settings">`)
	expect(t, ada.PostForm("/theme", url.Values{"theme": {"dark"}, "returnTo": {"/settings"}}), 303, "Location", "/settings")
}

// A cookie somebody else planted is no theme.
func TestForgedThemeIsIgnored(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if text := s.Get("/", "Cookie", web.CookiePrefix+`.theme=dark"><script>`).Text; strings.Contains(text, "data-theme") ||
		strings.Contains(text, "<script>") {
		t.Error(text)
	}
}

// TestKeys: single keys stay switched off until they are switched on again.
func TestKeys(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, id := s.person(t, "ada@example.com")
	for _, c := range []struct {
		keys string
		want int
		off  bool
	}{{"off", 303, true}, {"on", 400, true}, {"", 303, false}} {
		res := ada.PostForm("/settings/appearance", url.Values{"for": {id}, "keys": {c.keys}})
		if off := strings.Contains(ada.Get("/dashboard", navigate...).Text, "data-no-keys"); res.StatusCode != c.want ||
			off != c.off {
			t.Errorf("keys %q: %d, off: %v", c.keys, res.StatusCode, off)
		}
	}
}

// TestGalleries: the development pages are for a browser on this machine that asked for it by name.
func TestGalleries(t *testing.T) {
	t.Parallel()
	dev := newSite(t, func(c *web.Config) { c.Development = true })
	user, _ := dev.person(t, "user@example.com")
	for _, path := range []string{"/dev/guards", "/dev/components", "/dev/mail"} {
		if res := newSite(t).Get(path, navigate...); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s in production: %d", path, res.StatusCode)
		}
		for _, c := range []struct {
			peer, host string
			want       int
		}{
			{"127.0.0.1:5000", "localhost:8080", 200}, {"[::1]:5000", "[::1]:8080", 200}, {"127.0.0.1:5000", "127.0.0.1", 200},
			{"127.0.0.1:5000", "evil.example", 404}, {"127.0.0.1:5000", "localhost.evil.example:8080", 404},
			{"127.0.0.1:5000", "", 404},
			{"192.0.2.7:5000", "localhost:8080", 404}, {"192.0.2.7:5000", "127.0.0.1", 404},
		} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.RemoteAddr, r.Host = c.peer, c.host
			w := httptest.NewRecorder()
			dev.server.ServeHTTP(w, r)
			if w.Code != c.want {
				t.Errorf("%s from %s to %q: %d, want %d", path, c.peer, c.host, w.Code, c.want)
			}
		}
		for _, c := range []*authtest.Client{dev.Client, user} {
			doc := parse(t, c.Get(path, navigate...))
			checkDocument(t, doc)
			checkControls(t, doc)
			checkNothingInline(t, doc)
		}
	}
}
