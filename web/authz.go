package web

import (
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/errs"
	"github.com/labstack/echo/v5"
)

// requireRole refuses whoever has none of the roles. It stands behind requireAuth: who somebody is and what
// they may do are two questions, and only this file answers the second.
func (s *Server) requireRole(roles ...string) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			session := session(c)
			if session == nil {
				return errs.Unauthenticated()
			}
			if !session.User.HasRole(roles...) {
				s.Auth.RecordRefusal(c.Request(), session, event.Forbidden, c.Request().Method+" "+c.Path())
				return errs.Forbidden()
			}
			return next(c)
		}
	}
}
