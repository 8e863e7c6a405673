package web

import (
	"example.com/foyer/internal/auth"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

func (s *Server) login(c *echo.Context) error {
	values, err := parseForm(c)
	if err != nil {
		return s.refuseForm(c, s.loginForm(c), err)
	}
	_, err = s.Auth.SignInEmail(c.Response(), c.Request(), auth.Credentials{
		Email: trim(values.Get("email")), Password: values.Get("password"), Remember: values.Has("remember"),
		FromPage: true, CallbackURL: returnTo(c),
	})
	if hasCode(err, "EMAIL_NOT_VERIFIED") {
		return seeOther(c, "/verify-email?done=asked")
	}
	if err != nil {
		return s.refuseForm(c, s.loginForm(c), asFormError(err, "INVALID_EMAIL_OR_PASSWORD"))
	}
	s.keepAddress(c, "")
	return seeOther(c, returnTo(c))
}

func (s *Server) loginForm(c *echo.Context) views.Form {
	form := views.Login(returnTo(c), s.typedAddress(c.Request()))
	// A link from elsewhere shows no such notice, and neither does a browser with cookies.
	if c.QueryParam("cookies") == "off" && withoutCookies(c.Request()) {
		form.Intro = views.NoCookies()
	}
	form = s.withPasskey(c, form) // part:passkey
	form = s.withLink(form)       // part:magiclink
	return form
}
