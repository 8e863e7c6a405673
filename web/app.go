package web

import (
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/views"
)

// This file is yours: your routes and what they need. Updates of the template keep what you wrote.

// Roles are the roles that a user can have; a new user has the first one. Add yours behind user and admin, which tests
// of the template use. on.role("editor") is the door of a role, and withRole("editor") in appNav shows its users a link.
var Roles = []string{"user", "admin"}

// Stores are what your pages read and write. Your handlers find a field Projects as s.Projects; cmd/server/app.go and
// web/webtest/app.go make it.
type Stores struct{}

// appRoutes are your routes, behind the doors that routes.go explains. For example:
//
//	on.user.GET("/projects", s.showProjects)
func (s *Server) appRoutes(on doors) {}

// appNav begins the navigation. For decides who sees a link: users, admins or withRole; nil means everybody.
var appNav = []views.NavLink{
	{Href: "/dashboard", Label: "Dashboard", Icon: "gauge"},
}

// appEvents are the words for your own events, which your packages record by Record of auth.Auth. For example:
//
//	"project_deleted": "Project deleted",
var appEvents = map[event.Name]string{}

// appFlashes are your messages for s.flash. Those of the template are in flashes.
var appFlashes = map[string]views.Flash{}
