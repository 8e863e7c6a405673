package web_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"example.com/foyer/internal/config"
)

// part:admin,betterauth

// TestPathSpellings: every spelling of a guarded address is either that address, guarded, or nothing. The
// router never redirects to a tidier one.
func TestPathSpellings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	user, _ := s.person(t, "user@example.com")
	admin := s.admin(t, "boss@example.com")
	cases := []struct {
		path                string
		nobody, user, admin int
	}{
		{"/admin", 303, 403, 200},
		{"/admin?x=/login", 303, 403, 200},
		{"/admin?", 303, 403, 200},
		{s.Base + "/admin", 303, 403, 200}, // absolute form, as proxies send it
		{"/admin/", 308, 308, 308},
		{"/admin//", 404, 404, 404},
		{"//admin", 404, 404, 404},
		{"/./admin", 404, 404, 404},
		{"/x/../admin", 404, 404, 404},
		{"/ADMIN", 404, 404, 404},
		{"/Admin", 404, 404, 404},
		{"/%61dmin", 404, 404, 404},
		{"/%41dmin", 404, 404, 404},
		{"/admin%2f", 404, 404, 404},
		{"/admin%2fusers", 404, 404, 404},
		{"/admin%252f", 404, 404, 404},
		{"/%2fadmin", 404, 404, 404},
		{"/%2e/admin", 404, 404, 404},
		{"/%2e%2e/admin", 404, 404, 404},
		{"/admin/..%2fadmin", 404, 404, 404},
		{"/admin/..", 404, 404, 404},
		{"/admin;x", 404, 404, 404},
		{"/admin;jsessionid=1", 404, 404, 404},
		{"/admin.", 404, 404, 404},
		{"/admin..", 404, 404, 404},
		{"/admin.html", 404, 404, 404},
		{"/admin~", 404, 404, 404},
		{"/admin%09", 404, 404, 404},
		{"/admin%20", 404, 404, 404},
		{"/admin%00", 404, 404, 404},
		{"/admin%0a", 404, 404, 404},
		{`/admin\`, 404, 404, 404},
		{`\admin`, 400, 400, 400},
		{"/admin#/login", 404, 404, 404},
		{"/admin/does-not-exist", 404, 404, 404}, // no group answers for its unknown children
		{"/dashboard/", 308, 308, 308},
		{"/static/../admin", 404, 404, 404},
		{"/static/..%2fadmin", 404, 404, 404},
		{"/static/%2e%2e/admin", 404, 404, 404},
		{"/static/../go.mod", 404, 404, 404},
		{"/static/..%2fgo.mod", 404, 404, 404},
		{`/static/..\go.mod`, 404, 404, 404},
		{"/static/", 404, 404, 404},
		{"/static", 404, 404, 404},
		{"/static/app.css", 404, 404, 404},
		{"/static//app.css", 404, 404, 404},
		{"/static/static.go", 404, 404, 404},
		{"/api/auth/admin/list-users", 401, 403, 200},
		{"/api/auth//get-session", 404, 404, 404},
		{"/api/auth/get-session/", 404, 404, 404},
		{"/api/auth/%67et-session", 404, 404, 404},
		{"/api/AUTH/get-session", 404, 404, 404},
		{"/api/auth", 404, 404, 404},
		{"/api/auth/", 404, 404, 404},
		{"/api/admin", 404, 404, 404},
		{"/.git/config", 404, 404, 404},
		{"/.env", 404, 404, 404},
		{"/" + strings.TrimPrefix(config.DefaultDatabase, "file:"), 404, 404, 404},
		{"/debug/pprof/", 404, 404, 404},
		{"/debug/vars", 404, 404, 404},
		{"/metrics", 404, 404, 404},
		{"/.well-known/nothing", 404, 404, 404},
		{"//evil.example/", 404, 404, 404},
		{"/%2f/evil.example", 404, 404, 404},
		{"/%5cevil.example/", 404, 404, 404},
		{`/\evil.example/`, 404, 404, 404},
		{"/%09/evil.example/", 404, 404, 404},
		{"/static//evil.example/", 404, 404, 404},
	}
	for _, c := range cases {
		t.Run(c.path, func(t *testing.T) {
			for as, want := range map[string]int{"": c.nobody, cookies(user): c.user, cookies(admin): c.admin} {
				got := s.raw(t, "GET", c.path, "Cookie", as)
				if got.StatusCode != want {
					t.Errorf("%d, want %d", got.StatusCode, want)
				}
				if to := got.Header.Get("Location"); to != "" && to+"/" != c.path &&
					!strings.HasPrefix(to, "/login?returnTo=%2Fadmin") {
					t.Errorf("sent to %s", to)
				}
				if want != 200 {
					lacks(t, got, "Live sessions", "accounts in all")
				}
				if want == 404 {
					lacks(t, got, "evil.example", c.path+"<", c.path+`"`)
				}
			}
		})
	}
}

// end:admin,betterauth

// TestNotFoundDoesNotEcho: what is not here is not repeated either.
func TestNotFoundDoesNotEcho(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, kind := range [][]string{navigate, program, s.htmx("/")} {
		for _, path := range []string{"/zebra-7", "/zebra-7/%3Cscript%3E", "/x?zebra-7=1", "/api/zebra-7"} {
			got := s.Get(path, kind...)
			expect(t, got, 404)
			lacks(t, got, "zebra-7", "<script>")
			for name, values := range got.Header {
				if strings.Contains(strings.Join(values, " "), "zebra-7") {
					t.Errorf("%s echoes the address: %q", name, values)
				}
			}
		}
	}
}

// TestMethods: every method on every address, by every kind of visitor. Only GET, HEAD and POST do anything, and all
// visitors get the same refusal.
func TestMethods(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	user, _ := s.person(t, "user@example.com")
	admin := s.admin(t, "boss@example.com")
	for _, route := range s.server.Routes() {
		_, path := example(route)
		if route.Method == "any" {
			continue
		}
		for _, method := range []string{"PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "FOO", "get"} {
			t.Run(method+" "+path, func(t *testing.T) {
				nobody := s.raw(t, method, path, "Cookie", "", "X-Echo", "zebra-7")
				want := 405
				if method == "OPTIONS" {
					want = 204
				}
				expect(t, nobody, want, "Location", "", "Access-Control-Allow-Origin", "", "Set-Cookie", "")
				lacks(t, nobody, "zebra-7")
				allow := nobody.Header.Get("Allow")
				head := strings.Contains(allow, "HEAD")
				if !strings.Contains(allow, route.Method) || head != strings.Contains(allow, "GET") {
					t.Errorf("Allow: %q", nobody.Header.Get("Allow"))
				}
				for _, as := range []string{cookies(user), cookies(admin)} {
					got := s.raw(t, method, path, "Cookie", as)
					if got.StatusCode != nobody.StatusCode || len(got.Text) != len(nobody.Text) ||
						got.Header.Get("Allow") != nobody.Header.Get("Allow") {
						t.Errorf("differs by who asks: %d %q", got.StatusCode, got.Header.Get("Allow"))
					}
				}
			})
		}
	}
	for _, method := range []string{"OPTIONS", "TRACE", "FOO", "PUT"} {
		expect(t, s.raw(t, method, "/api/auth/get-session"), 404, "Access-Control-Allow-Origin", "")
	}
	expect(t, s.raw(t, "OPTIONS", "*"), 200, "Content-Length", "0")
}

// TestHead: HEAD is GET without the body, guards included.
func TestHead(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	user, _ := s.person(t, "user@example.com")
	admin := s.admin(t, "boss@example.com")
	for _, route := range s.server.Routes() {
		method, path := example(route)
		if method != "GET" || route.Method == "any" {
			continue
		}
		for who, as := range map[string]string{"nobody": "", "user": cookies(user), "admin": cookies(admin)} {
			t.Run(fmt.Sprintf("%s as %s", path, who), func(t *testing.T) {
				get, head := s.raw(t, "GET", path, "Cookie", as), s.raw(t, "HEAD", path, "Cookie", as)
				if head.StatusCode != get.StatusCode || head.Text != "" ||
					head.Header.Get("Location") != get.Header.Get("Location") {
					t.Errorf("HEAD %d %q, GET %d %q", head.StatusCode, head.Header.Get("Location"), get.StatusCode,
						get.Header.Get("Location"))
				}
				if n := head.Header.Get("Content-Length"); get.StatusCode >= 300 && n != "" && n != strconv.Itoa(len(get.Text)) {
					t.Errorf("Content-Length %s, but GET sends them %d bytes", n, len(get.Text))
				}
			})
		}
	}
}
