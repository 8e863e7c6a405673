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
	slowDown := s.slowDown(c)
	panel := s.panel("sessions", func(ctx context.Context) (templ.Component, error) {
		slowDown(ctx)
		rows, err := s.sessionRows(ctx, session)
		return views.SessionList(rows), err
	})
	age := int(time.Since(session.User.CreatedAt).Hours() / 24)
	return s.render(c, http.StatusOK, views.Dashboard(session.User.CreatedAt, session.ExpiresAt, age, stream(c, panel)))
}

// slowDown returns a function that waits for ?slow=, at most 10 s, to make the skeleton visible. Development only.
func (s *Server) slowDown(c *echo.Context) func(context.Context) {
	wait, err := time.ParseDuration(c.QueryParam("slow"))
	if err != nil || !s.Development || wait <= 0 {
		return func(context.Context) {}
	}
	return func(ctx context.Context) {
		timer := time.NewTimer(min(wait, 10*time.Second))
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
}
