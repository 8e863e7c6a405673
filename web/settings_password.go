package web

import (
	"net/http"

	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

func (s *Server) showPassword(c *echo.Context) error {
	return s.render(c, http.StatusOK, s.passwordForm(c, true).Page())
}

func (s *Server) changePassword(c *echo.Context) error {
	values, err := parseForm(c)
	others := values.Has("others")
	if err != nil {
		return s.refuseForm(c, s.passwordForm(c, others), err)
	}
	_, err = s.Auth.ChangePassword(c.Response(), c.Request(), session(c),
		values.Get("currentPassword"), values.Get("newPassword"), others)
	if err != nil {
		return s.refuseForm(c, s.passwordForm(c, others), err)
	}
	s.flash(c, "password-changed")
	return seeOther(c, "/settings/security")
}

func (s *Server) passwordForm(c *echo.Context, others bool) views.Form {
	form := views.Password(views.PasswordForm{Others: others})
	form.Below = s.draw(session(c).UserID, s.securityPanels())
	return form
}

// showChangePassword is the address at which password managers look for the form (W3C, A Well-Known URL for Changing
// Passwords).
func (s *Server) showChangePassword(c *echo.Context) error {
	return c.Redirect(http.StatusSeeOther, "/settings/security")
}
