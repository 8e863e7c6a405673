package web

import (
	"net/http"

	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// showStopChange shows the link that was mailed to the address an account is to leave; looking changes nothing.
func (s *Server) showStopChange(c *echo.Context) error {
	hideLink(c)
	form := views.StopChangeForm{Token: c.QueryParam("token")}
	var err error
	if form.Email, err = s.Auth.PeekLink(c.Request().Context(), form.Token, letter.StopEmailChange); err != nil {
		return s.showDeadLink(c, err, "/", "Go to the front page")
	}
	return s.render(c, http.StatusOK, views.StopChange(form))
}

// stopChange asks for no password: the owner may have forgotten it, and a thief gains nothing by stopping a change.
func (s *Server) stopChange(c *echo.Context) error {
	hideLink(c)
	values, err := parseForm(c)
	if err != nil {
		return err
	}
	if err := s.Auth.StopEmailChange(c.Request(), values.Get("token")); err != nil {
		return s.refuseDeadLink(c, err, "/", "Go to the front page")
	}
	s.flash(c, "email-stopped")
	return seeOther(c, forgotPath)
}
