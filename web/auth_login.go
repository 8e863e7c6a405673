package web

import (
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

func (s *Server) showLogin(c *echo.Context) error {
	return s.render(c, http.StatusOK, views.Login(loginForm(c)).Page())
}

func (s *Server) login(c *echo.Context) error {
	values, err := parseForm(c)
	form := loginForm(c)
	form.Email, form.Remember = trim(values.Get("email")), values.Has("remember")
	if err != nil {
		return s.refuseForm(c, views.Login(form), err)
	}
	_, err = s.Auth.SignInEmail(c.Response(), c.Request(), auth.Credentials{
		Email: form.Email, Password: values.Get("password"), Remember: form.Remember, Pending: true,
		CallbackURL: form.ReturnTo,
	})
	if hasCode(err, "EMAIL_NOT_VERIFIED") {
		return seeOther(c, "/verify-email?done=asked")
	}
	if err != nil {
		return s.refuseForm(c, views.Login(form), asFormError(err, "INVALID_EMAIL_OR_PASSWORD"))
	}
	return seeOther(c, form.ReturnTo)
}

func loginForm(c *echo.Context) views.LoginForm {
	to := returnTo(c)
	return views.LoginForm{Remember: true, ReturnTo: to, Signup: withReturnTo("/signup", to)}
}
