package auth_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/ratelimit"
)

// part:ratelimit

// TestCookieDomain: every cookie is the whole domain's, set and cleared alike, and goes to all its hosts.
func TestCookieDomain(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	r.SignUp("ada@example.com")
	for origin, prefix := range map[string]string{"https://www.app.example": "__Secure-app.",
		"http://www.app.example:8080": "app."} {
		a := authtest.NewOn(t, r.db, auth.Options{
			BaseURL: origin, CookieDomain: "App.Example", CookiePrefix: "app", Now: r.clock.Now,
			RateLimit: auth.RateLimit{Limiter: ratelimit.New(r.db, r.clock.Now), Rules: []auth.RateRule{}},
		})
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		www, _ := url.Parse(origin)
		sibling, _ := url.Parse(strings.Replace(origin, "www", "api", 1))
		stranger, _ := url.Parse(strings.Replace(origin, "www.app", "other", 1))
		send := func(path, body string) *http.Response {
			var held []string
			for _, c := range jar.Cookies(sibling) {
				held = append(held, c.String())
			}
			res := ask(a, "POST", path, body, "Content-Type", "application/json", "Origin", origin, "Cookie",
				strings.Join(held, "; "))
			jar.SetCookies(www, res.Cookies())
			for _, c := range res.Cookies() {
				if !strings.HasPrefix(c.Name, prefix) || c.Domain != "app.example" ||
					c.Secure != strings.HasPrefix(origin, "https") || !c.HttpOnly || c.Path != "/" {
					t.Errorf("%s %s: %s", origin, path, c)
				}
			}
			return res
		}
		for _, remember := range []string{"true", "false"} {
			res := send("/api/auth/sign-in/email", `{"email":"ada@example.com","password":"`+authtest.Password+`","rememberMe":`+
				remember+`}`)
			if res.StatusCode != 200 || len(jar.Cookies(sibling)) < 3 || len(jar.Cookies(stranger)) != 0 {
				t.Errorf("%s: %d, the other host gets %v, a stranger %v", origin, res.StatusCode, jar.Cookies(sibling),
					jar.Cookies(stranger))
			}
		}
		req := httptest.NewRequest("GET", "/", nil)
		for _, c := range jar.Cookies(sibling) {
			req.AddCookie(c)
		}
		if s, err := a.Session(httptest.NewRecorder(), req); s == nil || err != nil {
			t.Errorf("%s: session %v, error %v", origin, s, err)
		}
		send("/api/auth/sign-out", `{}`)
		if left := jar.Cookies(www); len(left) != 1 || left[0].Name != prefix+"device" {
			t.Errorf("%s: after signing out the browser holds %v", origin, left)
		}
	}
}

// end:ratelimit

func TestOnlyTheDomainsCookieCounts(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	r.SignUp("ada@example.com")
	a := authtest.NewOn(t, r.db, auth.Options{BaseURL: "https://app.example", CookieDomain: "app.example",
		Now: r.clock.Now})
	for name, want := range map[string]bool{"__Secure-" + tokenCookie: true, "__Host-" + tokenCookie: false,
		tokenCookie: false, "__secure-" + tokenCookie: false} {
		req := httptest.NewRequest("GET", "/", nil)
		req.Header.Set("Cookie", name+"="+value(r.Client, tokenCookie))
		if s, err := a.Session(httptest.NewRecorder(), req); err != nil || (s != nil) != want {
			t.Errorf("%s: session %v, error %v", name, s, err)
		}
	}
}

func TestUnusableCookieDomainsAreRefused(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLite(t))
	for _, c := range []struct {
		base, domain string
		ok           bool
	}{
		{"https://www.app.example", "", true}, {"https://www.app.example", "www.app.example", true},
		{"https://www.app.example:8443", "app.example", true},
		{"https://WWW.App.Example", "APP.example", true}, {"http://localhost:8080", "", true},
		{"http://[::1]:8080", "", true},
		{"https://www.app.example", "example", false}, {"https://www.app.example", ".app.example", false},
		{"https://www.app.example", "app.example.", false},
		{"https://www.app.example", "pp.example", false}, {"https://www.app.example", "api.app.example", false},
		{"https://www.app.example", "a.www.app.example", false},
		{"https://www.app.example", "other.example", false}, {"https://www.app.example", "app.example:443", false},
		{"https://www.app.example", "https://app.example", false},
		{"https://www.app.example", "*.app.example", false}, {"https://www.app.example", " app.example", false},
		{"https://www.app.example", ".", false},
		{"https://www.app.example", "app.example; Path=/x", false}, {"https://www.appé.example", "appé.example", false},
		{"https://example", "example", false},
		{"http://localhost:8080", "localhost", false}, {"http://127.0.0.1:8080", "127.0.0.1", false},
		{"http://127.0.0.1:8080", "0.0.1", false}, {"http://[::1]", "::1", false},
	} {
		_, err := auth.New(db, auth.Options{BaseURL: c.base, CookieDomain: c.domain, Secrets: []string{authtest.Secret}})
		if (err == nil) != c.ok || err != nil && !contains(err.Error(), "CookieDomain", c.domain) {
			t.Errorf("%q at %s: %v", c.domain, c.base, err)
		}
	}
}
