package web

import (
	"net/http"

	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

func (s *Server) showReauth(c *echo.Context) error {
	return s.render(c, http.StatusOK, views.Reauth(views.ReauthForm{Email: session(c).User.Email, ReturnTo: returnTo(c)}))
}

// reauth puts a new session in the place of one that is too old for the fresh door.
func (s *Server) reauth(c *echo.Context) error {
	values, err := parseForm(c)
	if err != nil {
		return s.reauthFailed(c, err)
	}
	if _, err := s.Auth.Reauthenticate(c.Response(), c.Request(), session(c), values.Get("password")); err != nil {
		return s.reauthFailed(c, err)
	}
	return seeOther(c, returnTo(c))
}

func (s *Server) reauthFailed(c *echo.Context, err error) error {
	form := views.ReauthForm{Email: session(c).User.Email, ReturnTo: returnTo(c)}
	var other error
	if form.Errors, other = fieldErrors(err, "password"); other != nil {
		return other
	}
	return s.renderForm(c, err, views.Reauth(form), views.ReauthFailure(form))
}
