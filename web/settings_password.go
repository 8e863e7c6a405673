package web

import (
	"net/http"

	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

const securityPath = "/settings/security"

func (s *Server) changePassword(c *echo.Context) error {
	values, err := parseForm(c)
	if err != nil {
		return s.refuseForm(c, s.passwordForm(c), err)
	}
	_, err = s.Auth.ChangePassword(c.Response(), c.Request(), session(c),
		values.Get("currentPassword"), values.Get("newPassword"), values.Has("others"))
	if err != nil {
		return s.refuseForm(c, s.passwordForm(c), err)
	}
	s.flash(c, "password-changed")
	return seeOther(c, securityPath)
}

func (s *Server) passwordForm(c *echo.Context) views.Form {
	form := views.Password(session(c).User.Email)
	form.Below = s.loadPanels(session(c).UserID, s.securityPanels())
	return form
}

// showChangePassword is the address at which password managers look for the form (W3C, A Well-Known URL for Changing
// Passwords).
func (s *Server) showChangePassword(c *echo.Context) error {
	return c.Redirect(http.StatusSeeOther, securityPath)
}
