package web

import (
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"

	"example.com/foyer/views"
)

// TestLinksLeadWhereTheirReadersMayGo: links and tabs lead to routes, and to the admin doors for admins only.
func TestLinksLeadWhereTheirReadersMayGo(t *testing.T) {
	s := New(Config{Development: true, Logger: slog.New(slog.DiscardHandler)})
	doors := map[string]string{}
	for _, route := range s.Routes() {
		if route.Method == "GET" {
			doors[route.Path] = route.Door
		}
	}
	user := views.Visitor{State: views.Authenticated, Roles: Roles[:1]}
	for _, group := range s.site.Nav {
		for _, link := range group.Links {
			door := doors[link.Href]
			forAdmins := slices.Contains([]string{"admin", "freshAdmin", "role:admin"}, door)
			roles, ofRoles := strings.CutPrefix(door, "role:")
			forSome := forAdmins || ofRoles && !slices.Contains(strings.Split(roles, ","), Roles[0])
			if shown := link.For == nil || link.For(user); door == "" || shown == forSome {
				t.Errorf("%s: door %q, shown to users: %t", link.Href, door, shown)
			}
			seenBy := func(role string) bool {
				return link.For == nil || link.For(views.Visitor{State: views.Authenticated, Roles: []string{role}})
			}
			if ofRoles && !slices.ContainsFunc(strings.Split(roles, ","), seenBy) {
				t.Errorf("%s: door %q, shown to no role of it", link.Href, door)
			}
			if (group.Label == "Admin") != forAdmins {
				t.Errorf("%s stands in the group %q", link.Href, group.Label)
			}
		}
	}
	for _, link := range slices.Concat(slices.Collect(maps.Values(tabs))...) {
		if doors[link.Href] == "" {
			t.Errorf("%s leads nowhere", link.Href)
		}
	}
}

// TestAdminsLinksStandInTheirGroup: the readers of a link of the app decide where it stands, and not its path.
func TestAdminsLinksStandInTheirGroup(t *testing.T) {
	links := appNav
	t.Cleanup(func() { appNav = links })
	strangers := func(v views.Visitor) bool { return v.State == views.Unauthenticated }
	for _, c := range []struct {
		path, group string
		readers     func(views.Visitor) bool
	}{
		{"/prices", "", nil}, {"/news", "", strangers}, {"/admin/own", "", users}, {"/reports", "Admin", admins},
		{"/stories", "", withRole("editor")}, {"/own", "", withRole("admin", "user")},
	} {
		appNav = []views.NavLink{{Href: c.path, For: c.readers}}
		for _, group := range nav(false) {
			stands := slices.ContainsFunc(group.Links, func(l views.NavLink) bool { return l.Href == c.path })
			if stands != (group.Label == c.group) {
				t.Errorf("%s stands in the group %q: %t", c.path, group.Label, stands)
			}
		}
	}
}
