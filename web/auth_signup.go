package web

import (
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

func (s *Server) showSignup(c *echo.Context) error {
	return s.render(c, http.StatusOK, views.Signup(signupForm(c)))
}

func (s *Server) signup(c *echo.Context) error {
	values, err := parseForm(c)
	form := signupForm(c)
	form.Name, form.Email, form.Remember = trim(values.Get("name")), trim(values.Get("email")), values.Has("remember")
	if err != nil {
		return s.signupFailed(c, form, err)
	}
	_, signedIn, err := s.Auth.SignUpEmail(c.Response(), c.Request(), auth.Registration{
		Name: form.Name, Email: form.Email, Password: values.Get("password"), Remember: form.Remember, Pending: true, CallbackURL: returnTo(c),
	})
	if err != nil {
		return s.signupFailed(c, form, err)
	}
	if signedIn == nil {
		return seeOther(c, "/verify-email")
	}
	return seeOther(c, returnTo(c))
}

func (s *Server) signupFailed(c *echo.Context, form views.SignupForm, err error) error {
	var other error
	if form.Errors, other = fieldErrors(err, "name", "email", "password"); other != nil {
		return other
	}
	return s.renderForm(c, err, views.Signup(form), views.SignupFailure(form))
}

func signupForm(c *echo.Context) views.SignupForm {
	to := returnTo(c)
	return views.SignupForm{Remember: true, ReturnTo: to, Login: withReturnTo("/login", to)}
}
