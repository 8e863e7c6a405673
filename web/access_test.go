package web_test

import (
	"flag"
	"fmt"
	"maps"
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

// TestAccess pins who may open which route: every route, for every kind of visitor, by page, htmx and JSON. A new line
// in routes.go changes the table; review it and run: go test ./web -run TestAccess -update
func TestAccess(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	got := s.accessTable(t, s.server.Routes(), owned)
	if *update {
		if err := os.WriteFile(accessGolden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(accessGolden)
	if err != nil {
		t.Fatal(err)
	}
	if list := differences(string(golden), got); len(list) > 0 {
		t.Error(report(list))
	}
	for _, b := range blocks(got) {
		if len(b.said["banned"]) == 0 || !maps.Equal(b.said["banned"], b.said["nobody"]) {
			t.Errorf("%s: banned %q, nobody %q: a ban must leave nothing", b.route, b.said["banned"], b.said["nobody"])
		}
	}
	for _, fault := range ownerFaults(got, s.server.Routes(), owned) {
		t.Error(fault)
	}
}

// owners fill :id in routes, by path, with the id of something that belongs to a user. They are asked before every
// request, so that a route may delete what it names. Other routes get the id of a user, as the pages of admins want it.
type owners map[string]func(s *site, t *testing.T, owner string) string

// TestAccessTableMissesNoRoute proves that the table notices what it is there to notice.
func TestAccessTableMissesNoRoute(t *testing.T) {
	if *update {
		return // TestAccess writes the table meanwhile
	}
	t.Parallel()
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
	changed[0].Door += " no more" // whichever it is in this project
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

// TestDevelopmentAddsOnlyItsOwnDoor: development adds the pages of the dev door to the table above, and nothing else.
func TestDevelopmentAddsOnlyItsOwnDoor(t *testing.T) {
	t.Parallel()
	production := newSite(t).server.Routes()
	for _, route := range newSite(t, func(c *web.Config) { c.Development = true }).server.Routes() {
		if !slices.Contains(production, route) && (route.Door != "dev" || route.Method != http.MethodGet ||
			!strings.HasPrefix(route.Path, "/dev/")) {
			t.Errorf("%s %s (%s) exists in development only", route.Method, route.Path, route.Door)
		}
	}
	for _, route := range production {
		if route.Door == "dev" || strings.HasPrefix(route.Path, "/dev") {
			t.Errorf("%s %s exists in production", route.Method, route.Path)
		}
	}
}

// somebody is a kind of visitor. Every request gets a fresh browser, so that no answer changes the next.
type somebody struct {
	name string
	open func(t *testing.T, method string) *authtest.Client
}

// everybody lists the kinds of visitors of the table, and the id of user, who owns the rows of owned routes. other
// requests such routes only.
func (s *site) everybody(t *testing.T) (people []somebody, owner string) {
	t.Helper()
	user, owner := s.person(t, "user@example.com")
	other, _ := s.person(t, "other@example.com")
	admin := s.holder(t, "boss@example.com", "admin")
	s.holder(t, "chief@example.com", "admin")    // acts so often that earlier sessions end // part:admin
	_, acted := s.person(t, "acted@example.com") // part:admin
	banned, id := s.person(t, "banned@example.com")
	banned.Get("/dashboard") // sets a cached session
	if _, err := s.auth.BanUser(t.Context(), nil, id, "spam", nil); err != nil {
		t.Fatal(err)
	}
	if n := len(banned.Cookies()); n != 2 {
		t.Fatalf("the banned browser holds %d cookies, want token and cache", n)
	}
	signedIn := func(c *authtest.Client, email string) func(*testing.T, string) *authtest.Client {
		other := s.stranger(t)
		return func(t *testing.T, method string) *authtest.Client {
			if method == http.MethodGet {
				return c.Copy()
			}
			other.PostForm("/logout", nil, navigate...) // a user has 100 sessions at most, and a project many routes
			other = s.stranger(t)                       // POST /logout must not end the session the rest of the table uses
			other.SignIn(email, authtest.Password)
			return other
		}
	}
	people = []somebody{
		{"nobody", func(t *testing.T, _ string) *authtest.Client { return s.stranger(t) }},
		{"user", signedIn(user, "user@example.com")},
		{"other", signedIn(other, "other@example.com")},
		{"admin", signedIn(admin, "boss@example.com")},
		// part:admin
		{"acting", func(t *testing.T, method string) *authtest.Client {
			boss := s.stranger(t)
			boss.SignIn("chief@example.com", authtest.Password)
			return s.actAs(t, boss, acted)
		}},
		// end:admin
		{"banned", func(*testing.T, string) *authtest.Client { return banned.Copy() }},
	}
	for i, role := range ownRoles() {
		email := fmt.Sprintf("role%d@example.com", i)
		people = append(people, somebody{"role:" + role, signedIn(s.holder(t, email, role), email)})
	}
	return people, owner
}

// part:admin

// actAs makes the admin of a browser impersonate a user.
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
	boss.Jar.SetCookies(&url.URL{Scheme: "http", Host: strings.TrimPrefix(s.Base, "http://"), Path: "/"},
		w.Result().Cookies())
	return boss
}

// end:admin

func (s *site) accessTable(t *testing.T, routes []web.Route, owned owners) string {
	t.Helper()
	people, owner := s.everybody(t)
	_, target := s.person(t, "target@example.com")
	ways := []struct {
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
		method, pattern := example(route)
		newID := owned[route.Path]
		if newID == nil {
			newID = shared[route.Path]
		}
		for _, who := range people {
			if newID == nil && who.name == "other" {
				continue
			}
			name := who.name
			if owned[route.Path] != nil && name == "user" {
				name = "owner"
			}
			fmt.Fprintf(&b, "  %-7s", name)
			for _, kind := range ways {
				id := target
				if newID != nil {
					id = newID(s, t, owner)
				}
				path := strings.NewReplacer(":id", url.PathEscape(id), ":action", "ban").Replace(pattern)
				header := append([]string{"Content-Type", kind.media, "Origin", s.Base}, kind.header...)
				answer := who.open(t, method).Do(method, path, "", header...)
				fmt.Fprintf(&b, " | %s %s", kind.name, strings.ReplaceAll(said(answer), id, "{id}"))
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

// said is the status of an answer, its redirect, and whether it shows the visitor as logged in.
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
