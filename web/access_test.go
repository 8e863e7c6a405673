package web_test

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/static"
	"example.com/foyer/web"
)

var update = flag.Bool("update", false, "write testdata/*.golden anew")

const accessGolden = "testdata/access.golden"

// TestAccess pins who may open what: every route, by everyone, in each of the three ways of asking. A new line
// in routes.go changes the table; look at it and run: go test ./web -run TestAccess -update
func TestAccess(t *testing.T) {
	s := newSite(t)
	got := s.accessTable(t, s.server.Routes())
	if *update {
		if err := os.WriteFile(accessGolden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(accessGolden)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range differences(string(golden), got) {
		t.Error(line)
	}
	for _, route := range s.server.Routes() {
		block := accessOf(got, route)
		if block["banned"] == "" || block["banned"] != block["nobody"] {
			t.Errorf("%s %s: banned %q, nobody %q: a ban must leave nothing", route.Method, route.Path, block["banned"], block["nobody"])
		}
	}
}

// TestAccessTableMissesNoRoute proves that the table notices what it is there to notice.
func TestAccessTableMissesNoRoute(t *testing.T) {
	s := newSite(t)
	golden, err := os.ReadFile(accessGolden)
	if err != nil {
		t.Fatal(err)
	}
	routes := s.server.Routes()
	if len(routes) < 14 {
		t.Fatalf("only %d routes: the registry is not filled", len(routes))
	}
	// The same site whose routes.go has one line more, one line less, or one other door.
	changed := slices.Clone(routes)
	changed[len(changed)-1].Door = "user"
	for name, routes := range map[string][]web.Route{
		"a route more": append(slices.Clone(routes), web.Route{Method: "GET", Path: "/reports", Door: "user"}),
		"a route less": routes[:len(routes)-1],
		"another door": changed,
	} {
		if len(differences(headings(string(golden)), headings(accessHeadings(routes)))) == 0 {
			t.Errorf("%s is not noticed", name)
		}
	}
	if d := differences(headings(string(golden)), headings(accessHeadings(routes))); len(d) > 0 {
		t.Errorf("the golden file names other routes than routes.go: %q", d)
	}
}

// TestDevelopmentAddsOnlyItsOwnDoor: what the table above shows is all there is besides the pages for whoever
// builds the app, and those have a door of their own.
func TestDevelopmentAddsOnlyItsOwnDoor(t *testing.T) {
	production := newSite(t).server.Routes()
	for _, route := range newSite(t, func(c *web.Config) { c.Development = true }).server.Routes() {
		if !slices.Contains(production, route) && (route.Door != "dev" || route.Method != http.MethodGet || !strings.HasPrefix(route.Path, "/dev/")) {
			t.Errorf("%s %s (%s) exists in development only", route.Method, route.Path, route.Door)
		}
	}
	for _, route := range production {
		if route.Door == "dev" || strings.HasPrefix(route.Path, "/dev") {
			t.Errorf("%s %s exists in production", route.Method, route.Path)
		}
	}
}

// somebody opens a browser; every request gets a fresh one, so that no answer changes what the next may do.
type somebody struct {
	name string
	open func(t *testing.T, method string) *authtest.Client
}

func (s *site) everybody(t *testing.T) []somebody {
	t.Helper()
	user, _ := s.person(t, "user@example.com")
	admin := s.admin(t, "boss@example.com")
	_, acted := s.person(t, "acted@example.com")
	banned, id := s.person(t, "banned@example.com")
	banned.Get("/dashboard") // holds a cache cookie now
	if _, err := s.auth.BanUser(t.Context(), nil, id, "spam", nil); err != nil {
		t.Fatal(err)
	}
	if n := len(banned.Cookies()); n != 2 {
		t.Fatalf("the banned browser holds %d cookies, want token and cache", n)
	}
	signedIn := func(c *authtest.Client, email string) func(*testing.T, string) *authtest.Client {
		return func(t *testing.T, method string) *authtest.Client {
			if method == http.MethodGet {
				return c.Copy()
			}
			other := s.stranger(t) // POST /logout must not end the session the rest of the table uses
			other.SignIn(email, authtest.Password)
			return other
		}
	}
	return []somebody{
		{"nobody", func(t *testing.T, _ string) *authtest.Client { return s.stranger(t) }},
		{"user", signedIn(user, "user@example.com")},
		{"admin", signedIn(admin, "boss@example.com")},
		{"acting", func(t *testing.T, method string) *authtest.Client {
			boss := s.stranger(t)
			boss.SignIn("boss@example.com", authtest.Password)
			return s.actAs(t, boss, acted)
		}},
		{"banned", func(*testing.T, string) *authtest.Client { return banned.Copy() }},
	}
}

// actAs has the admin behind a browser act as somebody else in it.
func (s *site) actAs(t *testing.T, boss *authtest.Client, userID string) *authtest.Client {
	t.Helper()
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, s.Base, nil)
	for _, cookie := range boss.Cookies() {
		r.AddCookie(cookie)
	}
	by, err := s.auth.StoredSession(w, r)
	if err == nil {
		_, err = s.auth.Impersonate(w, r, by, userID)
	}
	if err != nil {
		t.Fatal(err)
	}
	boss.Jar.SetCookies(&url.URL{Scheme: "http", Host: strings.TrimPrefix(s.Base, "http://"), Path: "/"}, w.Result().Cookies())
	return boss
}

func (s *site) accessTable(t *testing.T, routes []web.Route) string {
	t.Helper()
	people := s.everybody(t)
	_, target := s.person(t, "target@example.com")
	kinds := []struct {
		name, media string
		header      []string
	}{
		{"page", "application/x-www-form-urlencoded", navigate},
		{"htmx", "application/x-www-form-urlencoded", s.htmx("/dashboard?tab=2")},
		{"json", "application/json", program},
	}
	var b strings.Builder
	for _, route := range routes {
		b.WriteString(heading(route))
		method, path := example(route)
		path = strings.NewReplacer(":id", target, ":action", "ban").Replace(path)
		for _, who := range people {
			fmt.Fprintf(&b, "  %-7s", who.name)
			for _, kind := range kinds {
				header := append([]string{"Content-Type", kind.media, "Origin", s.Base}, kind.header...)
				answer := who.open(t, method).Do(method, path, "", header...)
				fmt.Fprintf(&b, " | %s %s", kind.name, said(answer))
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

// example is a request that a route answers.
func example(r web.Route) (method, path string) {
	switch r.Path {
	case "/static/*":
		return http.MethodGet, static.URL("app.css")
	case "/api/auth/*":
		return http.MethodGet, "/api/auth/get-session"
	}
	return r.Method, r.Path
}

// said is the status of an answer, where it sends the visitor, and whether it knows who they are.
func said(a authtest.Answer) string {
	text := fmt.Sprint(a.StatusCode)
	for _, name := range []string{"Location", "HX-Redirect"} {
		if to := a.Header.Get(name); to != "" {
			text += " " + name + " " + to
		}
	}
	if strings.Contains(a.Text, "Test Person") {
		text += " by name"
	}
	return ids.ReplaceAllString(text, "{id}")
}

// ids are what differs between two runs.
var ids = regexp.MustCompile(`[0-9a-f]{32}`)

func heading(r web.Route) string { return fmt.Sprintf("%-4s %s (%s)\n", r.Method, r.Path, r.Door) }

func accessHeadings(routes []web.Route) string {
	var b strings.Builder
	for _, r := range routes {
		b.WriteString(heading(r))
	}
	return b.String()
}

// headings keeps the lines of a table that name routes.
func headings(table string) string {
	var b strings.Builder
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, " ") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// accessOf gives the lines of one route, by who asked.
func accessOf(table string, r web.Route) map[string]string {
	_, rest, _ := strings.Cut(table, heading(r))
	lines := map[string]string{}
	for line := range strings.Lines(rest) {
		if !strings.HasPrefix(line, "  ") {
			break
		}
		who, what, _ := strings.Cut(strings.TrimSpace(line), "|")
		lines[strings.TrimSpace(who)] = what
	}
	return lines
}

// differences lists the lines that only one of two tables has.
func differences(want, got string) (list []string) {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(a), len(b)) {
		x, y := "", ""
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			list = append(list, fmt.Sprintf("line %d\n want %s\n got  %s", i+1, x, y))
		}
	}
	return list
}
