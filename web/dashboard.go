package web

import (
	"context"
	"net/http"
	"time"

	"example.com/foyer/views"
	"github.com/a-h/templ"
	"github.com/labstack/echo/v5"
)

// showDashboard streams: it sends the page with a skeleton of the panel at once, and the panel in the same response.
func (s *Server) showDashboard(c *echo.Context) error {
	session := session(c)
	wait := s.slow(c)
	panel := s.panel("sessions", func(ctx context.Context) (templ.Component, error) {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
		rows, err := s.sessionRows(ctx, session)
		return views.SessionList(rows), err
	})
	age := int(time.Since(session.User.CreatedAt).Hours() / 24)
	return s.render(c, http.StatusOK, views.Dashboard(session.User.CreatedAt, session.ExpiresAt, age, stream(c, panel)))
}

// slow is ?slow=, at most 10 s: how long the panel waits, to make the skeleton visible. Development only.
func (s *Server) slow(c *echo.Context) time.Duration {
	wait, err := time.ParseDuration(c.QueryParam("slow"))
	if err != nil || !s.Development {
		return 0
	}
	return min(wait, 10*time.Second)
}
