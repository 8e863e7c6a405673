package web

import (
	"context"
	"net/http"
	"time"

	"example.com/foyer/views"
	"github.com/a-h/templ"
	"github.com/labstack/echo/v5"
)

// showDashboard streams: the page and the skeleton of its slow panel leave at once, the panel follows in the
// same response.
func (s *Server) showDashboard(c *echo.Context) error {
	session := session(c)
	hold := s.hold(c)
	panel := s.panel("sessions", func(ctx context.Context) (templ.Component, error) {
		hold(ctx)
		rows, err := s.sessionRows(ctx, session)
		return views.SessionList(rows), err
	})
	age := int(time.Since(session.User.CreatedAt).Hours() / 24)
	return s.render(c, http.StatusOK, views.Dashboard(session.User.CreatedAt, session.ExpiresAt, age, stream(c, panel)))
}

// hold gives, in development, a wait as long as ?slow= says, at most 10 s: so one can see the skeleton.
func (s *Server) hold(c *echo.Context) func(context.Context) {
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
