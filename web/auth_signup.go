package web

import (
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

func (s *Server) showSignup(c *echo.Context) error {
	return s.render(c, http.StatusOK, views.Signup(signupForm(c)).Page())
}

func (s *Server) signup(c *echo.Context) error {
	values, err := parseForm(c)
	form := signupForm(c)
	form.Name, form.Email = trim(values.Get("name")), trim(values.Get("email"))
	form.Remember = values.Has("remember")
	if err != nil {
		return s.refuseForm(c, views.Signup(form), err)
	}
	_, newSession, err := s.Auth.SignUpEmail(c.Response(), c.Request(), auth.Registration{
		Name: form.Name, Email: form.Email, Password: values.Get("password"), Remember: form.Remember, Pending: true,
		CallbackURL: returnTo(c),
	})
	if err != nil {
		return s.refuseForm(c, views.Signup(form), err)
	}
	if newSession == nil { // the address has to be verified first
		return seeOther(c, "/verify-email")
	}
	return seeOther(c, returnTo(c))
}

func signupForm(c *echo.Context) views.SignupForm {
	to := returnTo(c)
	return views.SignupForm{Remember: true, ReturnTo: to, Login: withReturnTo("/login", to)}
}
