package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/web"
	"gorm.io/gorm"
)

// TestWithoutJavaScript walks through the door and out again with nothing but links and forms.
func TestWithoutJavaScript(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		s := newSiteOn(t, db)
		ada := s.stranger(t)

		step(t, "a stranger is asked to log in and keeps the way", func(t *testing.T) {
			expect(t, ada.Get("/dashboard?tab=2", navigate...), 303, "Location", "/login?returnTo=%2Fdashboard%3Ftab%3D2")
			page := ada.Get("/login?returnTo=%2Fdashboard%3Ftab%3D2", navigate...)
			contains(t, page, `name="returnTo" value="/dashboard?tab=2"`, `value="/signup" formaction="/address"`)
			form := url.Values{"returnTo": {"/dashboard?tab=2"}, "to": {"/signup"}, "email": {""}}
			expect(t, ada.PostForm("/address", form), 303, "Location", "/signup?returnTo=%2Fdashboard%3Ftab%3D2")
			page = ada.Get("/signup?returnTo=%2Fdashboard%3Ftab%3D2", navigate...)
			contains(t, page, `name="returnTo" value="/dashboard?tab=2"`, `value="/login" formaction="/address"`)
		})
		step(t, "sign-up lands where they were going", func(t *testing.T) {
			got := ada.PostForm("/signup", url.Values{
				"name": {" Ada Lovelace "}, "email": {" Ada@Example.com "}, "password": {"a long enough one"},
				"returnTo": {"/dashboard?tab=2"}, "remember": {"on"},
			})
			expect(t, got, 303, "Location", "/dashboard?tab=2", "Cache-Control", "private, no-store")
			dashboard := ada.Get("/dashboard?tab=2", navigate...)
			expect(t, dashboard, 200, "Cache-Control", "private, no-store")
			contains(t, dashboard, "Hello Ada Lovelace", "ada@example.com", `data-private`, "This browser",
				`<form method="post" action="/logout">`)
			lacks(t, dashboard, `href="/admin"`)
		})
		copied := ada.Copy() // as a thief's browser would be
		expect(t, copied.Get("/dashboard", navigate...), 200)
		copiedWithoutCache := ada.Copy()
		copiedWithoutCache.Forget("session_data")
		step(t, "logging out ends the session for every copy", func(t *testing.T) {
			got := ada.PostForm("/logout", nil)
			expect(t, got, 303, "Location", "/login", "Clear-Site-Data", `"storage", "prefetchCache", "prerenderCache"`,
				"Cache-Control", "private, no-store")
			if n := len(ada.Cookies()); n != 1 {
				t.Errorf("%d cookies are left, want that of the message", n)
			}
			for _, c := range []*authtest.Client{ada, copied, copiedWithoutCache} {
				got := c.Get("/dashboard", navigate...)
				expect(t, got, 303, "Location", "/login")
				if n := len(c.Cookies()); n != 1 {
					t.Errorf("a dead session leaves %d cookies, want that of the message", n)
				}
				expect(t, c.PostForm("/login", credentials("ada@example.com", "wrong password")), 422)
			}
		})
		step(t, "nobody learns who has an account", func(t *testing.T) {
			wrong := ada.PostForm("/login", credentials("ada@example.com", "wrong password"))
			unknown := ada.PostForm("/login", credentials("bob@example.com", "wrong password"))
			expect(t, wrong, 422, "Set-Cookie", "")
			contains(t, wrong, "That address and password do not belong together.", "<title>Error: Log in", `value="ada@example.com"`)
			lacks(t, wrong, "wrong password", `value="wrong`)
			if strings.ReplaceAll(wrong.Text, "ada@", "bob@") != unknown.Text || unknown.StatusCode != 422 {
				t.Errorf("known and unknown address are answered differently:\n%s\n%s", wrong.Text, unknown.Text)
			}
		})
		step(t, "logging in lands where the form says, not where the address does", func(t *testing.T) {
			form := credentials("ada@example.com", "a long enough one")
			form.Set("returnTo", "/dashboard?tab=2")
			expect(t, ada.PostForm("/login?returnTo=/admin", form), 303, "Location", "/dashboard?tab=2")
			contains(t, ada.Get("/dashboard?tab=2", navigate...), "Hello Ada Lovelace")
		})
		step(t, "without the field, the address counts", func(t *testing.T) {
			got := s.stranger(t).PostForm("/login?returnTo=%2Fdashboard%3Ftab%3D3",
				credentials(" Ada@Example.com ", "a long enough one"))
			expect(t, got, 303, "Location", "/dashboard?tab=3")
		})
	})
}

// step is a subtest. If it fails the test ends, because the next steps depend on it.
func step(t *testing.T, name string, fn func(t *testing.T)) {
	t.Helper()
	if !t.Run(name, fn) {
		t.FailNow()
	}
}

// TestSignedInVisitorAtTheDoor: a visitor who is logged in is redirected, also after a form from another tab.
func TestSignedInVisitorAtTheDoor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	user, _ := s.person(t, "user@example.com")
	before := cookies(user)
	stale := credentials("user@example.com", "wrong password")
	stale.Set("returnTo", "/dashboard?tab=2")
	hostile := credentials("user@example.com", authtest.Password)
	hostile.Set("returnTo", "//evil.example")
	cases := []struct {
		name, method, path string
		form               url.Values
		header             []string
		status             int
		location, hx       string
	}{
		{"login page", "GET", "/login", nil, navigate, 303, "/dashboard", ""},
		{"login page with a way", "GET", "/login?returnTo=%2Fdashboard%3Ftab%3D2", nil, navigate, 303,
			"/dashboard?tab=2", ""},
		{"login page with a hostile way", "GET", "/login?returnTo=//evil.example", nil, navigate, 303, "/dashboard", ""},
		{"sign-up page", "GET", "/signup?returnTo=/admin", nil, navigate, 303, "/admin", ""},
		{"login page by htmx", "GET", "/login?returnTo=/admin", nil, s.htmx("/"), 204, "", "/admin"},
		{"login page by htmx with a hostile way", "GET", "/login?returnTo=javascript:alert(1)", nil, s.htmx("/"), 204, "",
			"/dashboard"},
		{"login form of another tab", "POST", "/login?returnTo=%2Fdashboard%3Ftab%3D2", stale, nil, 303,
			"/dashboard?tab=2", ""},
		{"login form of another tab, hostile", "POST", "/login", hostile, nil, 303, "/dashboard", ""},
		{"login form of another tab by htmx", "POST", "/login", stale, s.htmx("/login"), 204, "", "/dashboard?tab=2"},
		{"sign-up form of another tab", "POST", "/signup", stale, nil, 303, "/dashboard?tab=2", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			browser := user.Copy()
			got := authtest.Answer{}
			if c.method == http.MethodPost {
				got = browser.PostForm(c.path, c.form, c.header...)
			} else {
				got = browser.Get(c.path, c.header...)
			}
			expect(t, got, c.status, "Location", c.location, "HX-Redirect", c.hx)
			if cookies(browser) != before && c.method == http.MethodGet {
				t.Error("the session changed")
			}
		})
	}
	expect(t, user.Get("/dashboard", navigate...), 200)
}

// part:admin,betterauth

// TestRevocationBites: what ends or changes a session elsewhere is seen by the next request, cache or not.
func TestRevocationBites(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	user, id := s.person(t, "user@example.com")
	s.admin(t, "boss@example.com")
	expect(t, user.Get("/admin", navigate...), 403)

	if _, err := s.auth.SetRole(t.Context(), nil, id, "user,admin"); err != nil {
		t.Fatal(err)
	}
	expect(t, user.Get("/admin", navigate...), 200)
	contains(t, user.Get("/dashboard", navigate...), `href="/admin"`)
	promoted := user.Copy()

	if _, err := s.auth.SetRole(t.Context(), nil, id, "user"); err != nil {
		t.Fatal(err)
	}
	expect(t, promoted.Get("/admin", navigate...), 403)
	lacks(t, promoted.Get("/dashboard", navigate...), `href="/admin"`)
	expect(t, promoted.PostJSON("/api/admin/users", map[string]any{}, "Origin", s.Base), 403)

	if _, err := s.auth.BanUser(t.Context(), nil, id, "spam", nil); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*authtest.Client{user, promoted} {
		expect(t, c.Get("/dashboard", navigate...), 303, "Location", "/login")
		expect(t, c.Get("/dashboard", s.htmx("/dashboard")...), 401)
	}
	wrong := s.stranger(t).PostForm("/login", credentials("user@example.com", "wrong password"))
	expect(t, wrong, 422)
	lacks(t, wrong, "banned", "spam")
	right := s.stranger(t).PostForm("/login", credentials("user@example.com", authtest.Password))
	expect(t, right, 422, "Set-Cookie", "")
	contains(t, right, "This account is banned: spam", `value="user@example.com"`)
}

// end:admin,betterauth

// TestLogoutIsAPost: no link, image or prefetch signs anyone out.
func TestLogoutIsAPost(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	user, _ := s.person(t, "user@example.com")
	for _, method := range []string{"GET", "HEAD"} {
		expect(t, user.Do(method, "/logout", "", navigate...), 405, "Allow", "OPTIONS, POST", "Set-Cookie", "",
			"Clear-Site-Data", "")
	}
	expect(t, user.Get("/api/auth/sign-out"), 404)
	expect(t, user.Get("/dashboard", navigate...), 200)

	expect(t, user.PostForm("/logout", nil, s.htmx("/dashboard")...), 204, "HX-Redirect", "/login", "Clear-Site-Data",
		`"storage", "prefetchCache", "prerenderCache"`)
	expect(t, user.PostForm("/logout", nil), 303, "Location", "/login", "Clear-Site-Data",
		`"storage", "prefetchCache", "prerenderCache"`)
	for _, c := range s.stranger(t).PostForm("/logout", nil).Response.Cookies() {
		if c.Name == web.CookiePrefix+".flash" {
			continue
		}
		if c.MaxAge >= 0 || c.Value != "" || !c.HttpOnly || c.Path != "/" {
			t.Errorf("a cookie is not taken away: %s", c)
		}
	}
}
