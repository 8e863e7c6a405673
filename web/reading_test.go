package web_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/web"
)

// TestReadingChangesNothing: a GET of any address changes nothing but the audit trail, which records exports and
// refusals.
func TestReadingChangesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	admin := s.admin(t, "boss@example.com")
	s.person(t, "user@example.com")
	all, err := s.db.Migrator().GetTables()
	if err != nil {
		t.Fatal(err)
	}
	tables := slices.DeleteFunc(all, func(name string) bool {
		return strings.HasPrefix(name, "audit_") || strings.HasPrefix(name, "goose_")
	})
	if !slices.Contains(tables, "mails") {
		t.Fatalf("tables: %q", tables)
	}
	snapshot := func() string {
		var b strings.Builder
		for _, table := range tables {
			var rows []map[string]any
			if err := s.db.Table(table).Order("1").Find(&rows).Error; err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&b, table, rows)
		}
		return b.String()
	}
	paths := []string{"/logout", "/theme", "/api/admin/users", "/api/auth/sign-out", "/api/auth/delete-user",
		"/api/auth/revoke-sessions", "/api/auth/list-sessions", "/api/auth/list-accounts"}
	for _, route := range s.server.Routes() {
		_, path := example(route)
		paths = append(paths, path)
	}
	before := snapshot()
	for _, path := range paths {
		for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
			got := admin.Do(method, path+"?email=user@example.com&password=x&role=admin&_method=POST", "",
				append([]string{"X-HTTP-Method-Override", "POST"}, navigate...)...)
			if got.StatusCode >= 500 {
				t.Errorf("%s %s: %d", method, path, got.StatusCode)
			}
			if after := snapshot(); after != before {
				t.Fatalf("%s %s\nbefore %s\nafter  %s", method, path, before, after)
			}
		}
	}
	expect(t, admin.Get("/admin", navigate...), 200)
}

// TestLoginFormDoesNotTellWhoExists: the page after a failure is the same for everyone but for what was typed.
func TestLoginFormDoesNotTellWhoExists(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person(t, "known@example.com")
	_, id := s.person(t, "banned@example.com")
	if _, err := s.auth.BanUser(t.Context(), nil, id, "spam", nil); err != nil {
		t.Fatal(err)
	}
	var want string
	for _, email := range []string{"unknown@example.com", "known@example.com", "KNOWN@example.com", "banned@example.com"} {
		got := s.stranger(t).PostForm("/login", credentials(email, "wrong-wrong-1"))
		expect(t, got, 422, "Set-Cookie", "")
		text := strings.ReplaceAll(got.Text, email, "EMAIL")
		if want == "" {
			want = text
		}
		if text != want {
			t.Errorf("%s is told apart:\n%s\n%s", email, want, text)
		}
	}
}

// say sends raw bytes and returns status and answer; 0 if the connection is closed without one.
func (s *site) say(t *testing.T, request string) (int, string) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.Base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, ""
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return res.StatusCode, fmt.Sprint(res.Header, string(body))
}

// TestHosts: a host is neither believed nor repeated, and what is none is refused.
func TestHosts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, c := range []struct{ name, line, host string }{
		{"another host", "GET %s HTTP/1.1", "Host: evil.example\r\n"},
		{"absolute form", "GET http://evil.example%s HTTP/1.1", "Host: 127.0.0.1\r\n"},
		{"forwarded", "GET %s HTTP/1.1", "Host: 127.0.0.1\r\nX-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\n"},
	} {
		for _, path := range []string{"/", "/login", "/signup", "/dashboard", "/nothing", "/nav", "/healthz", "/api/auth/ok",
			"/api/auth/error?error=X"} {
			status, text := s.say(t, fmt.Sprintf(c.line, path)+"\r\n"+c.host+"Connection: close\r\n\r\n")
			if status == 0 || status >= 500 || strings.Contains(text, "evil.example") {
				t.Errorf("%s, %s: %d %s", c.name, path, status, text)
			}
		}
	}
	for name, host := range map[string]string{
		"none": "", "two": "Host: a.example\r\nHost: b.example\r\n", "a space": "Host: a.example b\r\n",
		"a path": "Host: a.example/x\r\n", "a person": "Host: u@a.example\r\n",
	} {
		if status, text := s.say(t, "GET /login HTTP/1.1\r\n"+host+"Connection: close\r\n\r\n"); status != 400 {
			t.Errorf("%s: %d %.200s", name, status, text)
		}
	}
}

// TestOddCookies: a malformed session cookie is no session and never a 500.
func TestOddCookies(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	user, _ := s.person(t, "user@example.com")
	good := cookies(user)
	for _, value := range []string{
		`"a;b"`, `a b`, "a%00b", "a%zz", "%", ".", "..", "a.b", strings.Repeat(".", 100), strings.Repeat("A", 8000), "a\x01b",
		"é", url.QueryEscape("a.\n"), `","`, "=", "a,b",
	} {
		for _, name := range []string{"session_token", "session_data", "dont_remember", "admin_session", "pending", "device"} {
			name = web.CookiePrefix + "." + name
			got := s.raw(t, "GET", "/dashboard", "Cookie", name+"="+value)
			if got.StatusCode != 303 && got.StatusCode != 400 {
				t.Errorf("%s=%.40q: %d", name, value, got.StatusCode)
			}
			if got := s.raw(t, "GET", "/dashboard", "Cookie", good+"; "+name+"="+value); got.StatusCode != 200 &&
				got.StatusCode != 400 {
				t.Errorf("%s=%.40q behind a good one: %d", name, value, got.StatusCode)
			}
		}
	}
}
