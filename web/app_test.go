package web_test

import (
	"testing"

	"example.com/foyer/web"
)

// This file is yours: it shows what a test of your own pages looks like. Updates of the template keep what you wrote.

// owned names your routes with an :id, and how a test makes the thing that it names, for TestAccess. For example:
//
//	"/projects/:id": (*site).newProject,
var owned = owners{}

// shared are such routes that every user may open.
var shared = owners{}

// TestApp: a stranger sees the front page and is asked to log in for the dashboard; the navigation leads a user there.
func TestApp(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	front := s.Get("/", navigate...)
	expect(t, front, 200)
	contains(t, front, "Welcome to "+web.AppName)
	expect(t, s.Get("/dashboard", navigate...), 303, "Location", "/login")

	ada, _ := s.person(t, "ada@example.com")
	dashboard := ada.Get("/dashboard", navigate...)
	expect(t, dashboard, 200)
	contains(t, dashboard, "Test Person", `href="/dashboard" aria-current="page"`)
}
