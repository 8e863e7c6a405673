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
	return s.render(c, http.StatusOK, views.Forgot().Page())
}

// forgot gives the same answer for every address, so that it does not reveal who has an account.
func (s *Server) forgot(c *echo.Context) error {
	values, err := parseForm(c)
	if err != nil {
		return s.refuseForm(c, views.Forgot(), err)
	}
	if err := s.Auth.RequestPasswordReset(c.Request(), trim(values.Get("email")), ""); err != nil {
		return s.refuseForm(c, views.Forgot(), err)
	}
	return seeOther(c, "/forgot-password?done=sent")
}
