package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"

	"example.com/foyer/web"
)

// TestCrossOrigin: which posts of a browser are believed to come from our own pages. Each of the three headers
// alone can be missing; none can be foreign.
func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	user, _ := s.person(t, "user@example.com")
	origins := map[string]string{
		"own": s.Base, "none": "", "null": "null", "evil": "https://evil.example", "other port": "http://127.0.0.1:1",
		"other scheme": strings.Replace(s.Base, "http", "https", 1), "suffix": s.Base + ".evil.example",
		"slash": s.Base + "/", "two": s.Base + ", https://evil.example",
	}
	passes := map[string]bool{ // Sec-Fetch-Site, Origin
		"same-origin own": true, "same-origin none": true, "same-origin null": true,
		"none own": true, "none none": true,
		" own": true, " none": true, // browsers before 2023, and programs
	}
	for _, site := range []string{"", "same-origin", "none", "same-site", "cross-site", "CROSS-SITE",
		"Same-Origin", "bogus"} {
		for name, origin := range origins {
			for _, mode := range []string{"navigate", "cors", "no-cors", ""} {
				t.Run(fmt.Sprintf("%s/%s/%s", site, name, mode), func(t *testing.T) {
					header := []string{"Content-Type", "application/x-www-form-urlencoded"}
					for key, value := range map[string]string{"Sec-Fetch-Site": site, "Origin": origin, "Sec-Fetch-Mode": mode} {
						if value != "" {
							header = append(header, key, value)
						}
					}
					// A form that is let in meets the password check; one that is not, never does.
					got := s.stranger(t).Do("POST", "/login", "email=x", header...)
					want := 403
					if passes[site+" "+name] {
						want = 422
					}
					expect(t, got, want)
				})
			}
		}
	}
	t.Run("what is refused is not carried out", func(t *testing.T) {
		for _, header := range [][]string{
			{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"},
			{"Origin", "https://evil.example", "Sec-Fetch-Site", "same-origin"}, // the standard library alone lets this pass
			{"Origin", "https://evil.example", "Referer", s.Base + "/dashboard"},
			{"Origin", "https://evil.example", "HX-Request", "true", "HX-Current-URL", s.Base + "/dashboard"},
			{"Origin", "https://evil.example", "Authorization", "Bearer forged.signature"},
			{"Origin", "https://evil.example", "X-HTTP-Method-Override", "GET"},
		} {
			expect(t, user.Do("POST", "/logout", "", header...), 403, "Set-Cookie", "", "Clear-Site-Data", "")
			expect(t, user.Do("POST", "/api/admin/users", "{}",
				append([]string{"Content-Type", "application/json"}, header...)...), 403, "Set-Cookie", "")
			expect(t, s.Do("POST", "/signup", url.Values{"email": {"new@example.com"}}.Encode(),
				append([]string{"Content-Type", "application/x-www-form-urlencoded"}, header...)...), 403)
		}
		expect(t, user.Get("/dashboard", navigate...), 200)
	})
	t.Run("reading is never refused, and never shared", func(t *testing.T) {
		got := user.Get("/dashboard", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site",
			"Sec-Fetch-Mode", "cors")
		expect(t, got, 200, "Access-Control-Allow-Origin", "", "Cross-Origin-Resource-Policy", "same-origin")
		preflight := user.Do("OPTIONS", "/logout", "", "Origin", "https://evil.example", "Access-Control-Request-Method",
			"POST", "Access-Control-Request-Headers", "hx-request")
		expect(t, preflight, 204, "Access-Control-Allow-Origin", "", "Access-Control-Allow-Headers", "",
			"Access-Control-Allow-Methods", "")
	})
	t.Run("the provider's door cannot be borrowed", func(t *testing.T) {
		for _, path := range []string{"/api/auth/../../logout", "/api/auth/..%2f..%2flogout", "/api/auth%2f../logout",
			"/logout?/api/auth/", "/logout;/api/auth/"} {
			got := s.raw(t, "POST", path, "Cookie", cookies(user), "Origin", "https://evil.example", "Content-Length", "0")
			if got.StatusCode != 403 && got.StatusCode != 404 {
				t.Errorf("%s: %d", path, got.StatusCode)
			}
		}
		expect(t, user.Get("/dashboard", navigate...), 200)
	})
}

// TestOwnOriginBehindProxies: a proxy that rewrites Host does not break pages or /api/auth.
func TestOwnOriginBehindProxies(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *web.Config) { c.AppURL = "https://app.example" })
	for _, host := range []string{"127.0.0.1:21080", "app.example:8443", "internal", "app.example"} {
		for _, site := range []string{"", "same-origin", "none"} {
			if got := postVia(t, s, host, "/login", "https://app.example", site); got != 422 {
				t.Errorf("a form, Host %s, Sec-Fetch-Site %q: %d", host, site, got)
			}
			if got := postVia(t, s, host, "/api/auth/sign-in/email", "https://app.example", site); got == 403 {
				t.Errorf("the wire, Host %s, Sec-Fetch-Site %q: %d", host, site, got)
			}
			if got := postVia(t, s, host, "/login", "http://"+host, site); got != 403 {
				t.Errorf("a form of %s itself, Sec-Fetch-Site %q: %d", host, site, got)
			}
		}
	}
}

// TestRoutesBelowTheAPI: a route of a clone below /api/auth is protected as all routes are, whatever is mounted there.
func TestRoutesBelowTheAPI(t *testing.T) {
	t.Parallel()
	mounted := func(*web.Config) {}
	alone := func(c *web.Config) {
		c.API = nil                                       // part:betterauth
		c.CORSOrigins = []string{"https://other.example"} // part:betterauth
	}
	for name, set := range map[string]func(*web.Config){"mounted": mounted, "alone": alone} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, set)
			const path = "/api/auth/planted/deep"
			s.server.PlantPOST(path)
			user, _ := s.person(t, "ada@example.com")
			for _, origin := range []string{"https://evil.example", "https://other.example"} {
				got := user.PostJSON(path, map[string]any{}, "Origin", origin)
				expect(t, got, 403, "Access-Control-Allow-Origin", "")
				contains(t, got, "CROSS_SITE_REQUEST")
			}
			expect(t, user.PostJSON(path, map[string]any{}, "Origin", s.Base), 204)
		})
	}
}

// postVia posts as a browser does through a proxy that sends a Host of its own, and returns the status.
func postVia(t *testing.T, s *site, host, path, origin, fetchSite string) int {
	t.Helper()
	req, err := http.NewRequest("POST", s.Base+path, strings.NewReader("email=x"))
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	for key, value := range map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Origin": origin,
		"Sec-Fetch-Site": fetchSite} {
		if value != "" {
			req.Header.Set(key, value)
		}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

// part:betterauth

// TestRefusedOriginIsLogged: the log shows operators of a proxy what does not match. Strangers cannot write much to it.
func TestRefusedOriginIsLogged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, path := range []string{"/login", "/api/auth/sign-in/email"} {
		for _, tail := range []string{"", "/" + strings.Repeat("x", 5000), "\u202e\u009b2J"} {
			s.log.text()
			postVia(t, s, "internal", path, "https://evil.example"+tail, "")
			lines := slices.DeleteFunc(s.log.lines(t), func(l map[string]any) bool { return l["msg"] != "cross-site request refused" })
			if len(lines) != 1 {
				t.Fatalf("%s: %d lines tell of a refusal", path, len(lines))
			}
			origin, _ := lines[0]["origin"].(string)
			odd := strings.ContainsFunc(origin, unicode.IsControl)
			if !strings.HasPrefix(origin, "https://evil.example") || len(origin) > 200 || odd || lines[0]["host"] != "internal" {
				t.Errorf("%s: %v", path, lines[0])
			}
		}
	}
}

// end:betterauth

// part:betterauth

// TestLoginCrossOriginAtTheProvider: the origin rules of /api/auth also apply inside the app.
func TestLoginCrossOriginAtTheProvider(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	user, _ := s.person(t, "user@example.com")
	got := user.PostJSON("/api/auth/sign-out", map[string]any{}, "Origin", "https://evil.example")
	expect(t, got, 403, "Set-Cookie", "", "Clear-Site-Data", "")
	expect(t, user.PostJSON("/api/auth/sign-out", map[string]any{}, "Origin", s.Base), 200)
	expect(t, user.Get("/dashboard", navigate...), 303)
}

// end:betterauth

// TestDevelopmentAnswersUnderEveryLocalName: localhost and 127.0.0.1 are the same app on a developer's machine.
func TestDevelopmentAnswersUnderEveryLocalName(t *testing.T) {
	t.Parallel()
	for name, development := range map[string]bool{"development": true, "production": false} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, func(c *web.Config) {
				c.Development, c.AppURL = development, strings.Replace(c.AppURL, "127.0.0.1", "localhost", 1)
			})
			want := 403
			if development {
				want = 422
			}
			expect(t, s.PostForm("/login", nil), want) // Origin is http://127.0.0.1, Host as well
			expect(t, s.PostForm("/login", nil, "Origin", "http://evil.example"), 403)
			expect(t, s.PostForm("/login", nil, "Origin", strings.Replace(s.Base, "http", "https", 1)), 403)
		})
	}
}
