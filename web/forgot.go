package web

import (
	"net/http"

	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

func (s *Server) showForgot(c *echo.Context) error {
	return s.render(c, http.StatusOK, views.Forgot(views.ForgotForm{}))
}

// forgot answers alike whether the address is anybody's.
func (s *Server) forgot(c *echo.Context) error {
	values, err := parseForm(c)
	if err != nil {
		return err
	}
	form := views.ForgotForm{Email: trim(values.Get("email"))}
	if err = s.Auth.RequestPasswordReset(c.Request(), form.Email, ""); err == nil {
		s.flash(c, "reset-asked")
		return seeOther(c, "/login")
	}
	var other error
	if form.Errors, other = fieldErrors(err, "email"); other != nil {
		return other
	}
	return s.renderForm(c, err, views.Forgot(form), views.ForgotFailure(form))
}
