package web

import (
	"net/http"

	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

func (s *Server) showSecurity(c *echo.Context) error {
	form := views.PasswordForm{Others: true}
	form.Panels = s.draw(session(c).UserID, s.securityPanels())
	return s.render(c, http.StatusOK, views.Security(form))
}

func (s *Server) changePassword(c *echo.Context) error {
	values, err := parseForm(c)
	form := views.PasswordForm{Others: values.Has("others")}
	if err != nil {
		return s.passwordFailed(c, form, err)
	}
	_, err = s.Auth.ChangePassword(c.Response(), c.Request(), session(c), values.Get("currentPassword"), values.Get("newPassword"), form.Others)
	if err != nil {
		return s.passwordFailed(c, form, err)
	}
	s.flash(c, "password-changed")
	return seeOther(c, "/settings/security")
}

func (s *Server) passwordFailed(c *echo.Context, form views.PasswordForm, err error) error {
	var other error
	if form.Errors, other = fieldErrors(err, "currentPassword", "newPassword"); other != nil {
		return other
	}
	form.Panels = s.draw(session(c).UserID, s.securityPanels())
	return s.renderForm(c, err, views.Security(form), views.PasswordFailure(form))
}

// showChangePassword is where password managers look for the form (W3C, A Well-Known URL for Changing Passwords).
func (s *Server) showChangePassword(c *echo.Context) error {
	return c.Redirect(http.StatusSeeOther, "/settings/security")
}
