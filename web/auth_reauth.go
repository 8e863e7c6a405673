package web

import (
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// reauth replaces a session that is too old for the fresh door by a new one.
func (s *Server) reauth(c *echo.Context) error {
	values, err := parseForm(c)
	if err != nil {
		return s.refuseForm(c, reauthForm(c), err)
	}
	_, err = s.Auth.Reauthenticate(c.Response(), c.Request(), session(c), values.Get("password"))
	if err != nil {
		return s.refuseForm(c, reauthForm(c), err)
	}
	return seeOther(c, returnTo(c))
}

func reauthForm(c *echo.Context) views.Form { return views.Reauth(session(c).User.Email, returnTo(c)) }
