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

// part:betterauth

// TestFlashEndsWithTheSession: a message for one user is not shown to the next user of the browser, however the session
// ended.
func TestFlashEndsWithTheSession(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*testing.T, *site, *authtest.Client, string){
		"the page logs out": func(t *testing.T, s *site, c *authtest.Client, _ string) {
			expect(t, c.PostForm("/logout", nil), 303)
		},
		"the wire signs out": func(t *testing.T, s *site, c *authtest.Client, _ string) {
			expect(t, c.PostJSON("/api/auth/sign-out", map[string]any{}, "Origin", s.Base), 200)
		},
		"all sessions are revoked": func(t *testing.T, s *site, c *authtest.Client, id string) {
			if err := s.auth.RevokeSessions(t.Context(), nil, id); err != nil {
				t.Fatal(err)
			}
		},
		"a ban": func(t *testing.T, s *site, c *authtest.Client, id string) {
			if _, err := s.auth.BanUser(t.Context(), nil, id, "", nil); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			user, id := s.person(t, "user@example.com")
			expect(t, user.PostForm("/settings", url.Values{"name": {"Ada"}}), 303)
			end(t, s, user, id)
			lacks(t, user.Get("/login", navigate...), "Saved.")
			user.SignUp("next@example.com")
			lacks(t, user.Get("/dashboard", navigate...), "Saved.")
		})
	}
	t.Run("a public page leaves it to the page that knows", func(t *testing.T) {
		s := newSite(t)
		user, _ := s.person(t, "user@example.com")
		expect(t, user.PostForm("/settings", url.Values{"name": {"Ada"}}), 303)
		lacks(t, user.Get("/", navigate...), "Saved.")
		contains(t, user.Get("/settings", navigate...), "Saved.")
		lacks(t, user.Get("/settings", navigate...), "Saved.")
	})
}

// end:betterauth

// TestHiddenReturnToIsChecked: no page carries on an address that leads elsewhere, even where it would be checked again
// when it is used.
func TestHiddenReturnToIsChecked(t *testing.T) {
	t.Parallel()
	s := verifyingSite(t, newSite(t).db)
	ada := s.stranger(t)
	expect(t, ada.PostForm("/signup", registration("ada@example.com", authtest.Password)), 303)
	link := s.lastMailed(t, "verify_email", "ada@example.com")
	token := tokenOf(t, link)
	for _, target := range []string{"javascript:alert(1)", "//evil.example", "https://evil.example/", `/\evil.example`} {
		for _, path := range []string{
			"/verify-email?token=" + token + "&", "/login?", "/signup?",
		} {
			page := s.stranger(t).Get(path+"returnTo="+url.QueryEscape(target), navigate...)
			expect(t, page, 200)
			wantLocalReturnTo(t, path, page.Text)
		}
		again := s.stranger(t).PostForm("/verify-email",
			url.Values{"token": {token}, "password": {"wrong-horse-9"}, "returnTo": {target}})
		expect(t, again, 422)
		wantLocalReturnTo(t, "a wrong password", again.Text)
	}
	host := strings.TrimPrefix(s.Base, "http://")
	for _, header := range [][]string{{"HX-Current-URL", "http://" + host + "//evil.example"}, nil} {
		for _, path := range []string{"/nav", "//evil.example", "/.//evil.example"} {
			wantLocalReturnTo(t, path, s.raw(t, "GET", path, header...).Text)
		}
	}
}

// wantLocalReturnTo fails where a hidden field of a page leads off this site.
func wantLocalReturnTo(t *testing.T, name, text string) {
	t.Helper()
	for _, field := range strings.Split(text, `name="returnTo" value="`)[1:] {
		value, _, _ := strings.Cut(field, `"`)
		if value != "" && (value[0] != '/' || strings.HasPrefix(value, "//") || strings.Contains(value, "evil")) {
			t.Errorf("%s: a hidden returnTo is %s", name, value)
		}
	}
}

// part:betterauth

// TestRepeatedHeadersAreRefused: where a proxy appends to what a browser sent, no header's first value decides alone.
func TestRepeatedHeadersAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	own, evil := []string{"Origin", s.Base}, []string{"Origin", "https://evil.example"}
	for name, c := range map[string]struct {
		header []string
		pass   bool
	}{
		"own alone":             {own, true},
		"own twice":             {append(own, own...), false},
		"own and evil":          {append(own, evil...), false},
		"evil and own":          {append(evil, own...), false},
		"same-origin alone":     {append(own, "Sec-Fetch-Site", "same-origin"), true},
		"same-origin and cross": {append(own, "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Site", "cross-site"), false},
		"null beside both sites": {[]string{"Origin", "null", "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Site",
			"cross-site"}, false},
		"two referers": {[]string{"Referer", s.Base + "/", "Referer", "https://evil.example/"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			for path, body := range map[string]string{"/login": "email=x", "/api/auth/sign-out": "{}"} {
				kind := map[bool]string{true: "application/json",
					false: "application/x-www-form-urlencoded"}[strings.HasPrefix(path, "/api/")]
				got := s.sendAll(t, "POST", path, body, append(c.header, "Content-Type", kind)...)
				if pass := got != http.StatusForbidden; pass != c.pass {
					t.Errorf("%s: %d", path, got)
				}
			}
		})
	}
}

// end:betterauth

// sendAll sends every header as often as it is named, without cookies, and returns the status.
func (s *site) sendAll(t *testing.T, method, path, body string, header ...string) int {
	t.Helper()
	r, err := http.NewRequest(method, s.Base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(r) // follows nothing
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

// TestAForeignRefererIsForeign: if a browser sends neither Origin nor Sec-Fetch-Site, Referer decides which site a form
// came from.
func TestAForeignRefererIsForeign(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	user, _ := s.person(t, "user@example.com")
	for referer, want := range map[string]int{
		"https://evil.example/": 403, "https://evil.example/" + s.Base: 403, "http://127.0.0.1.evil.example/": 403,
		s.Base + "/settings": 303, "": 303, "about:blank": 303,
	} {
		for _, cookie := range []string{cookies(user), ""} {
			header := []string{"Content-Type", "application/x-www-form-urlencoded", "Cookie", cookie}
			if referer != "" {
				header = append(header, "Referer", referer)
			}
			if got := s.sendAll(t, "POST", "/theme", "theme=dark", header...); got != want {
				t.Errorf("Referer %q, cookies %t: %d, want %d", referer, cookie != "", got, want)
			}
		}
	}
}

// TestImpossibleHost: a Host that no address can have is refused before anything is looked up, and what can be one is
// served.
func TestImpossibleHost(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for host, want := range map[string]int{
		"app.example:evil": 400, "app.example:99999": 400, "app.example:80:80": 400, ":80": 400, "a@app.example": 400,
		"[::1": 400, "app%20example": 400, "app.example:-1": 400,
		"": 200, "app.example": 200, "app.example:8080": 200, "app.example:": 200, "[::1]": 200, "[::1]:8080": 200,
		"127.0.0.1": 200, "app_1.internal": 200,
	} {
		r := httptest.NewRequest(http.MethodGet, "/login", nil)
		r.Host = host
		w := httptest.NewRecorder()
		s.server.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("Host %q: %d, want %d", host, w.Code, want)
		}
		if w.Header().Get("Content-Security-Policy") == "" {
			t.Errorf("Host %q: the answer has no policy", host)
		}
	}
}

// TestAProxyIsNotLocal: a reverse proxy on this machine does not open the development pages to its visitors.
func TestAProxyIsNotLocal(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *web.Config) { c.Development = true })
	for name, value := range map[string]string{
		"": "", "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "app.example",
		"X-Forwarded-Anything": "",
		"Forwarded":            "for=203.0.113.9", "X-Real-IP": "203.0.113.9", "Via": "1.1 proxy",
	} {
		r := httptest.NewRequest(http.MethodGet, "/dev/mail", nil)
		r.RemoteAddr, r.Host = "127.0.0.1:5000", "127.0.0.1:22400"
		want := http.StatusOK
		if name != "" {
			r.Header.Set(name, value)
			want = http.StatusNotFound
		}
		w := httptest.NewRecorder()
		s.server.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d, want %d", name, w.Code, want)
		}
	}
}
