package web

import (
	"context"
	"net/http"

	"example.com/foyer/views"
	"github.com/a-h/templ"
	"github.com/labstack/echo/v5"
)

// showDashboard streams: it sends the page with a skeleton of the sessions at once, and then the sessions.
func (s *Server) showDashboard(c *echo.Context) error {
	session := session(c)
	sessions := func(ctx context.Context) (templ.Component, error) {
		rows, err := s.sessionRows(ctx, session)
		return views.LatestSessions(rows), err
	}
	page := views.DashboardPage{MemberSince: session.User.CreatedAt, Expires: session.ExpiresAt}
	if s.Development {
		page.Start = s.loadPanel("get started", views.PanelError("Get started"), s.getStarted)
		sessions = slowed(c, sessions)
	}
	page.Sessions = stream(c, s.loadPanel("sessions", views.PanelError(""), sessions))
	return s.render(c, http.StatusOK, views.Dashboard(page))
}
