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
	return s.render(c, http.StatusOK, s.forgotForm(c).Page())
}

// forgot gives the same answer for every address, so that it does not reveal who has an account.
func (s *Server) forgot(c *echo.Context) error {
	values, err := parseForm(c)
	if err != nil {
		return s.refuseForm(c, s.forgotForm(c), err)
	}
	email := trim(values.Get("email"))
	if err := s.Auth.RequestPasswordReset(c.Request(), email, ""); err != nil {
		return s.refuseForm(c, s.forgotForm(c), err)
	}
	s.keepAddress(c, email)
	return seeOther(c, "/forgot-password?done=sent")
}

// forgotForm has the address that was typed on another page, or that of a visitor who is logged in.
func (s *Server) forgotForm(c *echo.Context) views.Form {
	email := s.typedAddress(c.Request())
	if visitor := session(c); visitor != nil {
		email = visitor.User.Email
	}
	return views.Forgot(email)
}
