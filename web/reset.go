package web

import (
	"errors"
	"net/http"

	"example.com/foyer/internal/errs"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

func (s *Server) showReset(c *echo.Context) error {
	sealed(c)
	form := views.ResetForm{Token: c.QueryParam("token")}
	var err error
	if form.Email, err = s.Auth.PeekLink(c.Request().Context(), form.Token, "reset_password"); err != nil {
		return s.renderBadLink(c, err, "/forgot-password", "Ask for a new link")
	}
	return s.render(c, http.StatusOK, views.Reset(form))
}

// reset sets the new password. One that is refused leaves the link as good as it was.
func (s *Server) reset(c *echo.Context) error {
	sealed(c)
	values, err := parseForm(c)
	if err != nil {
		return err
	}
	form := views.ResetForm{Token: values.Get("token")}
	if form.Email, err = s.Auth.PeekLink(c.Request().Context(), form.Token, "reset_password"); err == nil {
		err = s.Auth.ResetPassword(c.Request(), form.Token, values.Get("newPassword"))
	}
	var e *errs.Error
	switch {
	case err == nil:
		s.flash(c, "password-reset")
		return seeOther(c, "/login")
	case errors.As(err, &e) && mishaps[e.Code] != "":
		return s.renderBadLink(c, err, "/forgot-password", "Ask for a new link")
	}
	var other error
	if form.Errors, other = fieldErrors(err, "newPassword"); other != nil {
		return other
	}
	return s.renderForm(c, err, views.Reset(form), views.ResetFailure(form))
}
