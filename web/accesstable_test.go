package web_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"example.com/foyer/web"
)

// block is the part of the table of access about one route.
type block struct {
	route, door string
	visitors    []string
	said        map[string]map[string]string // visitor → way of asking → answer
}

// blocks reads a table.
func blocks(table string) (list []block) {
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if !strings.HasPrefix(line, " ") {
			route, door, _ := strings.Cut(cells[0], " (")
			route = strings.Join(strings.Fields(route), " ")
			list = append(list, block{route: route, door: strings.TrimSuffix(door, ")"), said: map[string]map[string]string{}})
			continue
		}
		b, visitor := &list[len(list)-1], strings.TrimSpace(cells[0])
		b.visitors, b.said[visitor] = append(b.visitors, visitor), map[string]string{}
		for _, cell := range cells[1:] {
			kind, answer, _ := strings.Cut(cell, " ")
			b.said[visitor][kind] = answer
		}
	}
	return list
}

// kinds are the ways of asking, in the order of the table.
var kinds = []string{"page", "htmx", "json"}

// differences lists by route what differs between two tables, in any order of routes.
func differences(want, got string) (list []string) {
	was, is := blocks(want), blocks(got)
	find := func(list []block, route string) int {
		return slices.IndexFunc(list, func(b block) bool { return b.route == route })
	}
	for _, b := range is {
		i := find(was, b.route)
		if i < 0 {
			list = append(list, b.introduced())
			continue
		}
		list = append(list, b.changes(was[i])...)
	}
	for _, b := range was {
		if find(is, b.route) < 0 {
			list = append(list, fmt.Sprintf("%s (%s) is gone", b.route, b.door))
		}
	}
	return list
}

// introduced lists the answers of a new route by visitor.
func (b block) introduced() string {
	var answers []string
	for _, who := range b.visitors {
		answers = append(answers, who+" "+b.said[who]["page"])
	}
	return fmt.Sprintf("%s (%s) is new: %s", b.route, b.door, strings.Join(answers, ", "))
}

// changes lists the answers of b that differ from was, a line for each visitor.
func (b block) changes(was block) (list []string) {
	if b.door != was.door {
		list = append(list, fmt.Sprintf("%s: door %s → %s", b.route, was.door, b.door))
	}
	visitors := slices.Clone(b.visitors)
	for _, who := range was.visitors {
		if !slices.Contains(visitors, who) {
			visitors = append(visitors, who)
		}
	}
	for _, who := range visitors {
		var answers []string
		for _, kind := range kinds {
			if x, y := was.said[who][kind], b.said[who][kind]; x != y {
				answers = append(answers, fmt.Sprintf("%s %s → %s", kind, orNothing(x), orNothing(y)))
			}
		}
		if len(answers) > 0 {
			list = append(list, fmt.Sprintf("%s, %s: %s", b.route, who, strings.Join(answers, "; ")))
		}
	}
	return list
}

func orNothing(answer string) string {
	if answer == "" {
		return "nothing"
	}
	return answer
}

// report shows differences in at most five lines. The last one explains how to accept them.
func report(list []string) string {
	const shown = 4
	if n := len(list); n > shown {
		list = append(slices.Clone(list[:shown-1]), fmt.Sprintf("and %d more differences", n-shown+1))
	}
	return strings.Join(list, "\n") + "\nif this is meant: go test ./web -run TestAccess -update"
}

// ownerFaults lists routes that serve a row to users who do not own it. A route whose row has no owner proves nothing.
func ownerFaults(table string, routes []web.Route, owned owners) (list []string) {
	said := blocks(table)
	for i, route := range routes {
		page := said[i].said
		if owned[route.Path] == nil {
			missing := strings.HasPrefix(page["user"]["page"], "404") && strings.HasPrefix(page["admin"]["page"], "404")
			if missing && strings.Contains(route.Path, ":id") {
				list = append(list, said[i].route+": 404 to everybody; give it ids that exist, in owned of app_test.go")
			}
			continue
		}
		for _, kind := range kinds {
			owner, other := page["owner"][kind], page["other"][kind]
			if strings.HasPrefix(owner, "415") && owner == other {
				continue // refused before the id was read
			}
			if strings.HasPrefix(owner, "404") || strings.HasPrefix(owner, "403") || !strings.HasPrefix(other, "404") {
				list = append(list, fmt.Sprintf("%s by %s: the owner gets %s, another person %s, want 404", said[i].route, kind,
					owner, other))
			}
		}
	}
	return list
}

// part:admin,betterauth

// TestAccessOfOwners: a domain's routes are asked for what their owner has, and a route that forgets to look is found.
func TestAccessOfOwners(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	notes := &web.Notes{Owners: map[string]string{}}
	s.server.PlantNotes(notes)
	newNote := func(_ *site, _ *testing.T, owner string) string {
		id := fmt.Sprintf("note-%d", len(notes.Owners))
		notes.Owners[id] = owner
		return id
	}
	routes := slices.DeleteFunc(s.server.Routes(), func(r web.Route) bool { return r.Path != "/planted/:id" })
	if len(routes) != 2 {
		t.Fatalf("%d routes of notes", len(routes))
	}
	owned := owners{"/planted/:id": newNote}
	table := s.accessTable(t, routes, owned)
	isOwn := func(line string) bool { return strings.HasPrefix(line, "  role:") } // of a role of the app
	table = strings.Join(slices.DeleteFunc(strings.SplitAfter(table, "\n"), isOwn), "")
	const want = `GET  /planted/:id (user)
  nobody  | page 303 Location /login?returnTo=%2Fplanted%2F{id} | htmx 401 HX-Redirect /login?returnTo=%2Fdashboard%3Ftab%3D2 | json 401
  owner   | page 200 by name | htmx 200 by name | json 200 by name
  other   | page 404 by name | htmx 404 | json 404
  admin   | page 404 by name | htmx 404 | json 404
  acting  | page 404 by name | htmx 404 | json 404
  banned  | page 303 Location /login?returnTo=%2Fplanted%2F{id} | htmx 401 HX-Redirect /login?returnTo=%2Fdashboard%3Ftab%3D2 | json 401
POST /planted/:id (user)
  nobody  | page 303 Location /login | htmx 401 HX-Redirect /login?returnTo=%2Fdashboard%3Ftab%3D2 | json 401
  owner   | page 303 Location /planted/{id} | htmx 204 HX-Redirect /planted/{id} | json 415
  other   | page 404 by name | htmx 404 | json 415
  admin   | page 404 by name | htmx 404 | json 415
  acting  | page 404 by name | htmx 404 | json 415
  banned  | page 303 Location /login | htmx 401 HX-Redirect /login?returnTo=%2Fdashboard%3Ftab%3D2 | json 401
`
	if table != want {
		t.Errorf("%s\nwant\n%s", table, want)
	}
	if faults := ownerFaults(table, routes, owned); len(faults) > 0 {
		t.Errorf("refused: %q", faults)
	}
}

// end:admin,betterauth

// TestAccessOfOwnersNotices: ownerFaults reports a route that serves everybody, and a route without an owner in the
// test.
func TestAccessOfOwnersNotices(t *testing.T) {
	t.Parallel()
	routes := []web.Route{{Method: "GET", Path: "/planted/:id", Door: "user"}}
	owned := owners{}
	const head = "GET  /planted/:id (user)\n"
	blind := head + "  user    | page 404 by name | htmx 404 | json 404\n  admin   | page 404 by name | htmx 404 | json 404\n"
	if got := ownerFaults(blind, routes, owned); len(got) != 1 || !strings.Contains(got[0], "404 to everybody") {
		t.Errorf("no id: %q", got)
	}
	owned["/planted/:id"] = func(*site, *testing.T, string) string { return "1" }
	for name, lines := range map[string]string{
		"everybody's": "  owner   | page 200 by name | htmx 200 | json 200\n  other   | page 200 by name | htmx 404 | json 404\n",
		"refused":     "  owner   | page 200 by name | htmx 200 | json 200\n  other   | page 403 by name | htmx 404 | json 404\n",
		"nobody's":    "  owner   | page 200 by name | htmx 404 | json 200\n  other   | page 404 by name | htmx 404 | json 404\n",
		"a form's":    "  owner   | page 200 by name | htmx 200 | json 415\n  other   | page 404 by name | htmx 404 | json 200\n",
	} {
		if got := ownerFaults(head+lines, routes, owned); len(got) != 1 || !strings.HasPrefix(got[0], "GET /planted/:id by ") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestAccessFailuresAreShort: a failure names new, removed and changed routes, wherever they are in the table.
func TestAccessFailuresAreShort(t *testing.T) {
	t.Parallel()
	table := func(routes ...string) string {
		var b strings.Builder
		for _, r := range routes {
			b.WriteString(r + "\n  nobody  | page 303 Location /login | htmx 401 | json 401\n  user    | page 200 by name | htmx 200 | json 200\n")
		}
		return b.String()
	}
	many := func(n int) string {
		var routes []string
		for i := range n {
			routes = append(routes, fmt.Sprintf("GET  /page%d (user)", i))
		}
		return table(routes...)
	}
	const accept = "\nif this is meant: go test ./web -run TestAccess -update"
	was := table("GET  / (public)", "GET  /settings (user)", "POST /settings (user)")
	for name, c := range map[string]struct{ was, is, want string }{
		"inserted": {was, table("GET  / (public)", "GET  /reports (user)", "GET  /settings (user)", "POST /settings (user)"),
			"GET /reports (user) is new: nobody 303 Location /login, user 200 by name" + accept},
		"gone": {was, table("GET  / (public)", "POST /settings (user)"), "GET /settings (user) is gone" + accept},
		"another answer": {was, strings.Replace(was, "page 303 Location /login", "page 200", 1),
			"GET /, nobody: page 303 Location /login → 200" + accept},
		"two answers": {was, strings.Replace(was, "htmx 200 | json 200", "htmx 404 | json 403", 1),
			"GET /, user: htmx 200 → 404; json 200 → 403" + accept},
		"another door": {was, strings.Replace(was, "POST /settings (user)", "POST /settings (fresh)", 1),
			"POST /settings: door user → fresh" + accept},
		"another visitor": {was, strings.Replace(was, "  user    | page 200 by name | htmx 200 | json 200\n", "", 1),
			"GET /, user: page 200 by name → nothing; htmx 200 → nothing; json 200 → nothing" + accept},
		"many": {many(9), "", "GET /page0 (user) is gone\nGET /page1 (user) is gone\nGET /page2 (user) is gone\nand 6 more differences" + accept},
	} {
		got := report(differences(c.was, c.is))
		if got != c.want || strings.Count(got, "\n") > 4 {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
	}
	if list := differences(was, table("POST /settings (user)", "GET  / (public)",
		"GET  /settings (user)")); len(list) > 0 {
		t.Errorf("another order is no difference: %q", list)
	}
}
