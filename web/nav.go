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

func users(v views.Visitor) bool  { return v.State == views.Authenticated }
func admins(v views.Visitor) bool { return v.Admin }

// forAdmins reports whether only admins see a link.
func forAdmins(l views.NavLink) bool {
	user, admin := views.Visitor{State: views.Authenticated}, views.Visitor{State: views.Authenticated, Admin: true}
	return l.For != nil && l.For(admin) && !l.For(user)
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
