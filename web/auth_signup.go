package web

import (
	"example.com/foyer/internal/auth"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

func (s *Server) signup(c *echo.Context) error {
	values, err := parseForm(c)
	if err != nil {
		return s.refuseForm(c, s.signupForm(c), err)
	}
	_, newSession, err := s.Auth.SignUpEmail(c.Response(), c.Request(), auth.Registration{
		Name: trim(values.Get("name")), Email: trim(values.Get("email")), Password: values.Get("password"),
		Remember: values.Has("remember"), FromPage: true, CallbackURL: returnTo(c),
	})
	if err != nil {
		return s.refuseForm(c, s.signupForm(c), err)
	}
	s.keepAddress(c, "")
	if newSession == nil { // the address has to be verified first
		return seeOther(c, "/verify-email")
	}
	return seeOther(c, returnTo(c))
}

func (s *Server) signupForm(c *echo.Context) views.Form {
	return views.Signup(returnTo(c), s.typedAddress(c.Request()))
}
