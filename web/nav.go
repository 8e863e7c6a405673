package web

import (
	"slices"

	"example.com/foyer/views"
)

// The navigation begins with the links of appNav.
var (
	userNav = []views.NavLink{
		{Href: "/settings", Label: "Settings", Icon: "settings", For: users},
	}
	adminNav = []views.NavLink{
		{Href: "/admin", Label: "Overview", Icon: "chart", For: admins},
		{Href: "/admin/users", Label: "Users", Icon: "users", For: admins},        // part:admin
		{Href: "/admin/audit", Label: "Audit trail", Icon: "shield", For: admins}, // part:audit
	}
	developmentNav = []views.NavLink{
		{Href: "/dev/guards", Label: "Guards", Icon: "door"},
		{Href: "/dev/components", Label: "Components", Icon: "blocks"},
		{Href: "/dev/mail", Label: "Mail", Icon: "inbox"},
	}
)

func users(v views.Visitor) bool { return v.State == views.Authenticated }

var admins = withRole("admin")

// withRole shows a link to users with any of the roles.
func withRole(roles ...string) func(views.Visitor) bool {
	return func(v views.Visitor) bool { return v.HasRole(roles...) }
}

// forAdmins reports whether only admins see a link.
func forAdmins(l views.NavLink) bool {
	seenBy := func(roles ...string) bool { return l.For(views.Visitor{State: views.Authenticated, Roles: roles}) }
	others := slices.DeleteFunc(slices.Clone(Roles), func(r string) bool { return r == "admin" })
	return l.For != nil && seenBy("admin") && !seenBy(others...)
}

var tabs = map[string][]views.Link{
	"Settings": {
		{Href: "/settings", Label: "Account"},
		{Href: "/settings/security", Label: "Security"},
		{Href: "/settings/sessions", Label: "Sessions"},
		{Href: "/settings/appearance", Label: "Appearance"},
	},
}

// nav is the navigation in groups. The links of appNav that only admins see stand in their group.
func nav(development bool) []views.NavGroup {
	var app, admin []views.NavLink
	for _, l := range appNav {
		if forAdmins(l) {
			admin = append(admin, l)
		} else {
			app = append(app, l)
		}
	}
	groups := []views.NavGroup{
		{Links: slices.Concat(app, userNav)}, {Label: "Admin", Links: slices.Concat(adminNav, admin)},
	}
	if development {
		groups = append(groups, views.NavGroup{Label: "Development", Links: developmentNav})
	}
	return groups
}
