package web

import (
	"slices"

	"example.com/foyer/views"
)

// houseNav follows the links of appNav in the navigation; developmentNav follows those in development.
var (
	houseNav = []views.NavLink{
		{Href: "/settings", Label: "Settings", Icon: "settings", For: users},
		{Href: "/admin", Label: "Admin", Icon: "shield", For: admins},
	}
	developmentNav = []views.NavLink{
		{Href: "/dev/guards", Label: "Guards", Icon: "door"},
		{Href: "/dev/components", Label: "Components", Icon: "gauge"},
		{Href: "/dev/mail", Label: "Mail", Icon: "inbox"},
	}
)

func users(v views.Visitor) bool  { return v.State == views.Authenticated }
func admins(v views.Visitor) bool { return v.Admin }

var tabs = map[string][]views.Link{
	"Settings": {
		{Href: "/settings", Label: "Account"},
		{Href: "/settings/security", Label: "Security"},
		{Href: "/settings/sessions", Label: "Sessions"},
		{Href: "/settings/appearance", Label: "Appearance"},
	},
	"Admin": {
		{Href: "/admin", Label: "Overview"},
		{Href: "/admin/users", Label: "Users"},       // part:admin
		{Href: "/admin/audit", Label: "Audit trail"}, // part:audit
	},
}

func nav(development bool) []views.NavLink {
	if !development {
		return slices.Concat(appNav, houseNav)
	}
	return slices.Concat(appNav, houseNav, developmentNav)
}
