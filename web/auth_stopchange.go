package web

import (
	"net/http"

	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// showStopChange shows the link that was mailed to the current address of an account. It changes nothing.
func (s *Server) showStopChange(c *echo.Context) error {
	hideLink(c)
	token := c.QueryParam("token")
	email, err := s.Auth.PeekLink(c.Request().Context(), token, letter.StopEmailChange)
	if err != nil {
		return s.showDeadLink(c, err, "/", frontPage)
	}
	return s.render(c, http.StatusOK, views.StopChange(email, token))
}

// stopChange asks for no password: its owner may have forgotten it, and a thief gains nothing by stopping a change.
func (s *Server) stopChange(c *echo.Context) error {
	hideLink(c)
	values, err := parseForm(c)
	if err != nil {
		return err
	}
	if err := s.Auth.StopEmailChange(c.Request(), values.Get("token")); err != nil {
		return s.refuseDeadLink(c, err, "/", frontPage)
	}
	s.flash(c, "email-stopped")
	return seeOther(c, forgotPath)
}
