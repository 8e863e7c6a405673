package web

import (
	"net/http"

	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

const forgotPath, forgotLabel = "/forgot-password", "Mail me a new link"

// showReset shows a mailed link; however often that happens, it changes nothing.
func (s *Server) showReset(c *echo.Context) error {
	hideLink(c)
	form, err := s.resetForm(c, c.QueryParam("token"))
	if err != nil {
		return s.showDeadLink(c, err, forgotPath, forgotLabel)
	}
	return s.render(c, http.StatusOK, views.Reset(form))
}

func (s *Server) reset(c *echo.Context) error {
	hideLink(c)
	values, err := parseForm(c)
	if err != nil {
		return err
	}
	form, err := s.resetForm(c, values.Get("token"))
	if err != nil {
		return s.resetFailed(c, form, err)
	}
	if err := s.Auth.ResetPassword(c.Response(), c.Request(), form.Token, values.Get("newPassword")); err != nil {
		return s.resetFailed(c, form, err)
	}
	s.flash(c, "password-reset")
	return seeOther(c, "/login")
}

func (s *Server) resetFailed(c *echo.Context, form views.ResetForm, err error) error {
	if _, dead := deadLink(err, "", ""); dead {
		return s.refuseDeadLink(c, err, forgotPath, forgotLabel)
	}
	var other error
	if form.Errors, other = fieldErrors(err, "newPassword"); other != nil {
		return other
	}
	return s.renderForm(c, err, views.Reset(form), views.ResetFailure(form))
}

// resetForm finds out whose password a link sets. Where somebody else is logged in it sets nobody's.
func (s *Server) resetForm(c *echo.Context, token string) (views.ResetForm, error) {
	email, err := s.Auth.PeekLink(c.Request().Context(), token, letter.ResetPassword, letter.SetPassword)
	if err == nil && session(c) != nil && session(c).User.Email != email {
		err = errNotYours
	}
	return views.ResetForm{Token: token, Email: email}, err
}
