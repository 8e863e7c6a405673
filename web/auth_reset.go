package web

import (
	"net/http"

	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

const forgotPath, forgotLabel = "/forgot-password", "Send me a new link"

// showReset shows the form of a mailed link. It changes nothing, because mail scanners open links, too.
func (s *Server) showReset(c *echo.Context) error {
	hideLink(c)
	form, _, err := s.resetForm(c, c.QueryParam("token"))
	if err != nil {
		return s.showDeadLink(c, err, forgotPath, forgotLabel)
	}
	return s.render(c, http.StatusOK, form.Page())
}

func (s *Server) reset(c *echo.Context) error {
	hideLink(c)
	values, err := parseForm(c)
	if err != nil {
		return err
	}
	token := values.Get("token")
	form, email, err := s.resetForm(c, token)
	if err != nil {
		return s.refuseLink(c, form, err, forgotPath, forgotLabel)
	}
	if err := s.Auth.ResetPassword(c.Response(), c.Request(), token, values.Get("newPassword")); err != nil {
		return s.refuseLink(c, form, err, forgotPath, forgotLabel)
	}
	s.flash(c, "password-reset")
	s.keepAddress(c, email)
	return seeOther(c, "/login")
}

// resetForm looks up the address of the account whose password the link sets. It refuses the link of another user than
// the visitor.
func (s *Server) resetForm(c *echo.Context, token string) (form views.Form, email string, err error) {
	email, err = s.Auth.PeekLink(c.Request().Context(), token, letter.ResetPassword, letter.SetPassword)
	form = views.Reset(token, email)
	if err != nil {
		return form, "", err
	}
	if visitor := session(c); visitor != nil && visitor.User.Email != email {
		return form, "", errNotYours
	}
	return form, email, nil
}
