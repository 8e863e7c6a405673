package web

import (
	"net/http"

	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

func (s *Server) showForgot(c *echo.Context) error {
	if c.QueryParam("done") == "sent" {
		return s.render(c, http.StatusOK, views.ForgotSent())
	}
	return s.render(c, http.StatusOK, views.Forgot(views.ForgotForm{}))
}

// forgot answers alike whether or not the address is known.
func (s *Server) forgot(c *echo.Context) error {
	values, err := parseForm(c)
	form := views.ForgotForm{Email: trim(values.Get("email"))}
	if err != nil {
		return s.forgotFailed(c, form, err)
	}
	if err := s.Auth.RequestPasswordReset(c.Request(), form.Email, ""); err != nil {
		return s.forgotFailed(c, form, err)
	}
	return seeOther(c, "/forgot-password?done=sent")
}

func (s *Server) forgotFailed(c *echo.Context, form views.ForgotForm, err error) error {
	var other error
	if form.Errors, other = fieldErrors(err, "email"); other != nil {
		return other
	}
	return s.renderForm(c, err, views.Forgot(form), views.ForgotFailure(form))
}
