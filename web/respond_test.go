package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/errs"
	"example.com/foyer/web"
)

// TestStrangerIsSentToLogin: how each kind of client is asked to log in, and what it returns to.
func TestStrangerIsSentToLogin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	with := func(header []string, more ...string) []string { return append(slices.Clone(header), more...) }
	const login = "/login"
	cases := []struct {
		name         string
		method, path string
		header       []string
		status       int
		location, hx string
	}{
		{"page", "GET", "/admin", navigate, 303, login + "?returnTo=%2Fadmin", ""},
		{"page with a query", "GET", "/admin?tab=2&q=a%20b", navigate, 303,
			login + "?returnTo=%2Fadmin%3Ftab%3D2%26q%3Da%2520b", ""},
		{"the default page needs no returnTo", "GET", "/dashboard", navigate, 303, login, ""},
		{"a query beside the default page does", "GET", "/dashboard?tab=2", navigate, 303,
			login + "?returnTo=%2Fdashboard%3Ftab%3D2", ""},
		{"no Sec-Fetch-*: an old browser", "GET", "/admin", []string{"Accept", "text/html"}, 303,
			login + "?returnTo=%2Fadmin", ""},
		{"no header at all", "GET", "/admin", nil, 303, login + "?returnTo=%2Fadmin", ""},
		{"head", "HEAD", "/admin", navigate, 303, login + "?returnTo=%2Fadmin", ""},
		{"a query too long to carry", "GET", "/admin?q=" + strings.Repeat("x", 2100), navigate, 303, login, ""},
		{"Referer is not read", "GET", "/dashboard", with(navigate, "Referer", s.Base+"/admin"), 303, login, ""},

		{"htmx returns to the page, not to the fragment", "GET", "/admin?part=1", s.htmx("/reports?q=1"), 401, "",
			login + "?returnTo=%2Freports%3Fq%3D1"},
		{"htmx on the default page", "GET", "/admin", s.htmx("/dashboard"), 401, "", login},
		{"htmx says HX-Current-URL of another host", "GET", "/admin",
			with(s.htmx("/"), "HX-Current-URL", "https://evil.example/x"), 401, "", login + "?returnTo=%2Fadmin"},
		{"htmx with our host as a user name", "GET", "/admin", with(s.htmx("/"), "HX-Current-URL", s.Base+"@evil.example/x"),
			401, "", login + "?returnTo=%2Fadmin"},
		{"htmx on a script", "GET", "/admin", with(s.htmx("/"), "HX-Current-URL", "javascript:alert(1)"), 401, "",
			login + "?returnTo=%2Fadmin"},
		{"htmx without a host", "GET", "/admin", with(s.htmx("/"), "HX-Current-URL", "/reports"), 401, "",
			login + "?returnTo=%2Fadmin"},
		{"htmx with garbage", "GET", "/admin", with(s.htmx("/"), "HX-Current-URL", "::%zz"), 401, "",
			login + "?returnTo=%2Fadmin"},
		{"htmx with two slashes on our host", "GET", "/admin", s.htmx("//evil.example"), 401, "", login},
		{"htmx with a dotted way to two slashes", "GET", "/admin", s.htmx("/x/..//evil.example"), 401, "", login},
		{"htmx on the login page", "GET", "/admin", s.htmx("/login?returnTo=/admin"), 401, "", login},
		{"htmx with an address too long to carry", "GET", "/admin", s.htmx("/" + strings.Repeat("x", 2100)), 401, "", login},
		{"htmx whole page", "GET", "/admin", with(s.htmx("/reports"), "HX-Request-Type", "full"), 401, "",
			login + "?returnTo=%2Freports"},
		{"htmx history restore carries no HX-Request", "GET", "/admin",
			[]string{"HX-History-Restore-Request", "true", "HX-Request-Type", "full"}, 401, "", login + "?returnTo=%2Fadmin"},
		{"fetch without htmx", "GET", "/admin?x=1", []string{"Sec-Fetch-Mode", "cors", "Accept", "*/*"}, 401, "",
			login + "?returnTo=%2Fadmin%3Fx%3D1"},
		{"boosted link", "GET", "/admin", with(s.htmx("/reports"), "HX-Boosted", "true"), 401, "",
			login + "?returnTo=%2Freports"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			told := "" // from a page of this site, the login page says that one has to log in
			if slices.Contains(c.header, "Sec-Fetch-Site") {
				told = web.CookiePrefix + ".flash=log-in-first; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"
			}
			got := s.Do(c.method, c.path, "", c.header...)
			expect(t, got, c.status, "Location", c.location, "HX-Redirect", c.hx, "Cache-Control", "private, no-store",
				"Set-Cookie", told)
			if got.Text != "" {
				t.Errorf("a stranger gets a body: %q", got.Text)
			}
		})
	}
}

// TestErrorPage: every failure has a page for people, a fragment for htmx and JSON for programs, all with the
// same headers and none with a cause.
func TestErrorPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *web.Config) {
		c.Ready = nil // a bug: /readyz dereferences it
	})
	user, _ := s.person(t, "user@example.com")
	big := strings.Repeat("x", 512<<10+1)
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	cases := []struct {
		status             int
		code, title        string
		as                 *authtest.Client
		method, path, body string
		header             []string
	}{
		{status: 400, code: "BAD_REQUEST", title: "That did not work", as: s.Client, method: "POST", path: "/login",
			body: "email=%zz", header: form},
		{status: 403, code: "FORBIDDEN", title: "Not allowed", as: user, method: "GET", path: "/admin"},
		{status: 403, code: "CROSS_SITE_REQUEST", title: "Not allowed", as: user, method: "POST", path: "/logout",
			header: append([]string{"Origin", "https://evil.example"}, form...)},
		{status: 404, code: "NOT_FOUND", title: "Page not found", as: user, method: "GET", path: "/no/such/page"},
		{status: 405, code: "METHOD_NOT_ALLOWED", title: "That does not work here", as: user, method: "GET", path: "/logout"},
		{status: 413, code: "PAYLOAD_TOO_LARGE", title: "Too much at once", as: s.Client, method: "POST", path: "/login",
			body: big, header: form},
		{status: 415, code: "UNSUPPORTED_MEDIA_TYPE", title: "Wrong kind of data", as: s.Client, method: "POST",
			path: "/login", body: "{}", header: []string{"Content-Type", "application/json"}},
		{status: 500, code: "INTERNAL_SERVER_ERROR", title: "Our mistake", as: s.Client, method: "GET", path: "/readyz"},
	}
	for _, c := range cases {
		t.Run(http.StatusText(c.status)+" "+c.code, func(t *testing.T) {
			ask := func(kind []string) authtest.Answer {
				t.Helper()
				got := c.as.Copy().Do(c.method, c.path, c.body, append(slices.Clone(kind), c.header...)...)
				expect(t, got, c.status, "Cache-Control", "private, no-store", "Content-Security-Policy", csp,
					"X-Content-Type-Options", "nosniff")
				lacks(t, got, "nil pointer", "runtime error", "goroutine", ".go:", "sql")
				return got
			}
			page := ask([]string{"Accept", "text/html"})
			expect(t, page, c.status, "Content-Type", "text/html; charset=utf-8")
			contains(t, page, "<!doctype html>", "<title>"+c.title, ">"+c.title+"<", page.Header.Get("X-Request-Id"))
			lacks(t, page, "evil.example")

			fragment := ask([]string{"HX-Request", "true", "HX-Request-Type", "partial"})
			expect(t, fragment, c.status, "HX-Retarget", "#problem", "HX-Reswap", "innerHTML")
			contains(t, fragment, "<b>"+c.title+".</b>", fragment.Header.Get("X-Request-Id"))
			lacks(t, fragment, "<html", "<head", "<h1")

			program := ask([]string{"Accept", "application/json"})
			expect(t, program, c.status, "Content-Type", "application/json")
			var v map[string]string
			if err := json.Unmarshal([]byte(program.Text), &v); err != nil || len(v) != 2 || v["code"] != c.code ||
				v["message"] == "" {
				t.Errorf("body %s, want {code: %s, message}", program.Text, c.code)
			}
		})
	}
}

// TestErrorsLeadOn: the error of a person who is logged in stays inside the app and leads on from there. A stranger
// sees no navigation.
func TestErrorsLeadOn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.person(t, "ada@example.com")
	const inside, dashboard = `class="main-nav"`, `href="/dashboard">Go to the dashboard`
	for path, status := range map[string]int{"/no/such/page": 404, "/logout": 405, "/admin": 403} {
		got := ada.Get(path, navigate...)
		expect(t, got, status)
		contains(t, got, inside, dashboard)
		lacks(t, got, "Try again", "Back to")
	}
	lacks(t, ada.PostForm("/no/such/page", nil, navigate...), inside) // only reads look up who asks
	boss := s.admin(t, "boss@example.com")
	contains(t, boss.Get("/admin/users/nobody", navigate...), inside, `href="/admin/users">Back to users`) // part:admin
	contains(t, boss.Get("/admin/nothing", navigate...), inside, `href="/admin">Back to overview`)

	stranger := s.Get("/no/such/page", navigate...)
	contains(t, stranger, `href="/">Go to the front page`)
	lacks(t, stranger, inside, "/dashboard")

	s.close(t)
	away := ada.Get("/settings/sessions?tab=2", navigate...) // the session is still in memory
	expect(t, away, 503)
	contains(t, away, inside, `href="/settings/sessions?tab=2">Try again`, `href="/settings">Back to settings`)
	unknown := boss.Get("/admin", navigate...) // the admin's is read from the database
	expect(t, unknown, 503)
	contains(t, unknown, `href="/admin">Try again`)
	lacks(t, unknown, inside)
	lacks(t, ada.PostForm("/settings", url.Values{"name": {"Ada"}}, navigate...), "Try again")
}

// TestRefusalsOfADomain: a form shows the errors that it can mend. All others keep their status: the note of another
// user is a 404, not a mistake in the form.
func TestRefusalsOfADomain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, id := s.person(t, "ada@example.com")
	eve, _ := s.person(t, "eve@example.com")
	refusal := error(nil)
	s.server.PlantNotes(&web.Notes{
		Owners: map[string]string{"1": id}, Save: func(_, _ string) error { return refusal },
	})
	form := url.Values{"name": {"what was typed"}}
	for _, kind := range [][]string{navigate, s.htmx("/planted/1")} {
		got := eve.PostForm("/planted/1", form, kind...)
		expect(t, got, 404)
		contains(t, got, "There is no such note.")
		lacks(t, got, "what was typed")
	}
	field := map[string]string{"name": "Too plain."}
	for _, c := range []struct {
		refused *errs.Error
		status  int
		onForm  string
	}{
		{&errs.Error{Status: 400, Message: "Not so."}, 422, "Not so."},
		{&errs.Error{Status: 400, Message: "Not so.", Fields: field}, 422, "Too plain."},
		{&errs.Error{Status: 422, Message: "Not so."}, 422, "Not so."},
		{&errs.Error{Status: 429, Message: "Not so.", RetryAfter: time.Minute}, 429, "Too many tries."},
		{&errs.Error{Status: 403, Message: "Not so.", Fields: field}, 422, "Too plain."},
		{&errs.Error{Status: 404, Message: "Not so.", Fields: field}, 422, "Too plain."},
		{&errs.Error{Status: 409, Message: "Not so.", Fields: field}, 422, "Too plain."},
		{&errs.Error{Status: 409, Message: "Not so.", Fields: map[string]string{"other": "Elsewhere."}}, 422, "Not so."},
		{&errs.Error{Status: 403, Message: "Not so."}, 403, ""},
		{&errs.Error{Status: 404, Message: "Not so."}, 404, ""},
		{&errs.Error{Status: 409, Message: "Not so."}, 409, ""},
		{&errs.Error{Status: 410, Message: "Not so."}, 410, ""},
		{&errs.Error{Status: 413, Message: "Not so."}, 413, ""},
		{&errs.Error{Status: 415, Message: "Not so."}, 415, ""},
		{&errs.Error{Status: 503, Message: "Not so.", Fields: field}, 503, ""},
	} {
		refusal = fmt.Errorf("saving: %w", c.refused)
		for _, kind := range [][]string{navigate, s.htmx("/planted/1")} {
			got := ada.PostForm("/planted/1", form, kind...)
			expect(t, got, c.status)
			if c.onForm != "" {
				contains(t, got, "There is a problem", c.onForm, "what was typed")
			} else {
				contains(t, got, ", request <code>", "Not so.")
				lacks(t, got, "There is a problem", "what was typed")
			}
		}
	}
	refusal = errs.Unauthenticated()
	expect(t, ada.PostForm("/planted/1", form, navigate...), 303, "Location", "/login")
}

// part:admin,betterauth

// TestErrorsNameTheirFields: a program learns which field is wrong; the wire's own errors stay as its client knows
// them.
func TestErrorsNameTheirFields(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	admin := s.admin(t, "boss@example.com")
	for body, want := range map[string]string{
		`{"email":"new@example.com","name":" "}`:         `{"code":"VALIDATION_ERROR","message":"Enter a name of 1 to 200 characters.","fields":{"name":"Enter a name of 1 to 200 characters."}}`,
		`{"email":"new","name":"New"}`:                   `{"code":"VALIDATION_ERROR","message":"Enter an e-mail address such as name@example.com.","fields":{"email":"Enter an e-mail address such as name@example.com."}}`,
		`{"email":"boss@example.com","name":"New"}`:      `{"code":"USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL","message":"User already exists. Use another email.","fields":{"email":"There is already an account with this address. Log in, or use another address."}}`,
		`{"email":"new@example.com","name":"New"} again`: `{"code":"BAD_REQUEST","message":"Invalid JSON in request body"}`,
	} {
		got := admin.Do("POST", "/api/admin/users", body, "Content-Type", "application/json", "Origin", s.Base)
		if got.Text != want+"\n" {
			t.Errorf("%s: %s, want %s", body, got.Text, want)
		}
	}
	for path, body := range map[string]map[string]any{
		"/api/auth/sign-up/email": {"email": "new@example.com", "name": "New", "password": "short"},
		"/api/auth/sign-in/email": {"email": "new", "password": "short"},
	} {
		got := s.PostJSON(path, body, "Origin", s.Base)
		contains(t, got, `"code":`)
		lacks(t, got, "fields")
	}
}

// end:admin,betterauth

// TestAPISpeaksJSON: below /api no client is redirected to a page, with any Accept.
func TestAPISpeaksJSON(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	user, _ := s.person(t, "user@example.com")
	for _, kind := range [][]string{navigate, s.htmx("/dashboard"), program, nil} {
		stranger := s.Do("POST", "/api/admin/users", "", kind...)
		expect(t, stranger, 401, "Location", "", "HX-Redirect", "", "Content-Type", "application/json")
		if stranger.Text != `{"code":"UNAUTHORIZED","message":"Unauthorized"}`+"\n" {
			t.Errorf("stranger: %s", stranger.Text)
		}
		plain := user.Do("POST", "/api/admin/users", "", append([]string{"Origin", s.Base}, kind...)...)
		expect(t, plain, 403, "Location", "", "HX-Redirect", "")
		if plain.Text != `{"code":"FORBIDDEN","message":"You are not allowed to do this."}`+"\n" {
			t.Errorf("plain user: %s", plain.Text)
		}
		expect(t, s.Do("GET", "/api/nothing", "", kind...), 404, "Content-Type", "application/json")
	}
}

// TestCauseOnlyInDevelopment: causes of errors are shown in development only.
func TestCauseOnlyInDevelopment(t *testing.T) {
	t.Parallel()
	for name, development := range map[string]bool{"development": true, "production": false} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, func(c *web.Config) { c.Development = development })
			s.close(t)
			got := s.Get("/readyz", navigate...)
			expect(t, got, 503)
			if told := strings.Contains(got.Text, "database is closed"); told != development {
				t.Errorf("the cause is on the page: %t, want %t: %s", told, development, got.Text)
			}
		})
	}
}

// TestRequestIDIsOurs: a name that a client sends would end up in the log.
func TestRequestIDIsOurs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	seen := map[string]bool{}
	for range 3 {
		id := s.Get("/", "X-Request-ID", "chosen-by-client").Header.Get("X-Request-Id")
		if len(id) != 26 || seen[id] || strings.Contains(id, "client") {
			t.Errorf("request id %q", id)
		}
		seen[id] = true
	}
}
