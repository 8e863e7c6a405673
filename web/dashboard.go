package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	"example.com/foyer/static"
	"example.com/foyer/views"
	"github.com/a-h/templ"
	"github.com/labstack/echo/v5"
)

// showDashboard streams: it sends the page with a skeleton of the sessions at once, and then the sessions.
func (s *Server) showDashboard(c *echo.Context) error {
	session := session(c)
	wait := s.slow(c)
	page := views.DashboardPage{MemberSince: session.User.CreatedAt, Expires: session.ExpiresAt}
	if s.Development {
		page.Start = s.panel("get started", views.PanelError("Get started"), s.getStarted)
	}
	sessions := func(ctx context.Context) (templ.Component, error) {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
		rows, err := s.sessionRows(ctx, session)
		return views.LatestSessions(rows), err
	}
	page.Sessions = stream(c, s.panel("sessions", views.PanelError(""), sessions))
	return s.render(c, http.StatusOK, views.Dashboard(page))
}

// slow is ?slow=, at most 10 s: how long the panel waits, to make the skeleton visible. Development only.
func (s *Server) slow(c *echo.Context) time.Duration {
	wait, err := time.ParseDuration(c.QueryParam("slow"))
	if err != nil || !s.Development {
		return 0
	}
	return min(wait, 10*time.Second)
}

// getStarted draws what to do first, until all of it is done.
func (s *Server) getStarted(ctx context.Context) (templ.Component, error) {
	noMail, err := s.Mails.Empty(ctx)
	steps := []views.Step{
		{Done: true, Title: "Log in", Hint: "You did. Accounts, sessions and roles are ready."},
		{
			Done: !noMail, Title: "Send a mail",
			Hint: "Ask for a new password, and read the mail at /dev/mail.",
			Link: views.Link{Href: "/forgot-password", Label: "Ask for one"},
		},
		{
			Done: len(appNav) > 1, Title: "Add a page",
			Hint: "Add its route and its link in the navigation to web/app.go.",
		},
		{
			Done: static.URL("site.css") != "", Title: "Give it your look",
			Hint: "Write your colors into static/site.css.",
			Link: views.Link{Href: "/dev/components", Label: "See all components"},
		},
	}
	if !slices.ContainsFunc(steps, func(step views.Step) bool { return !step.Done }) {
		return templ.NopComponent, err
	}
	return views.GetStarted(steps), err
}
