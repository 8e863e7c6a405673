package web

import (
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// showChangePassword is where password managers look for the form (W3C, A Well-Known URL for Changing Passwords).
func (s *Server) showChangePassword(c *echo.Context) error {
	return c.Redirect(http.StatusSeeOther, "/settings/security")
}

func (s *Server) showSettings(c *echo.Context) error {
	return s.render(c, http.StatusOK, views.Settings(views.NameForm{Name: session(c).User.Name}))
}

func (s *Server) saveSettings(c *echo.Context) error {
	values, err := parseForm(c)
	form := views.NameForm{Name: trim(values.Get("name"))}
	if err != nil {
		return s.settingsFailed(c, form, err)
	}
	if err := s.Auth.UpdateUser(c.Response(), c.Request(), session(c), auth.Profile{Name: &form.Name}); err != nil {
		return s.settingsFailed(c, form, err)
	}
	s.flash(c, "saved")
	return seeOther(c, "/settings")
}

func (s *Server) settingsFailed(c *echo.Context, form views.NameForm, err error) error {
	var other error
	if form.Errors, other = fieldErrors(err, "name"); other != nil {
		return other
	}
	return s.renderForm(c, err, views.Settings(form), views.NameFailure(form))
}

func (s *Server) showAppearance(c *echo.Context) error {
	return s.render(c, http.StatusOK, views.Appearance())
}

func (s *Server) showEmail(c *echo.Context) error {
	return s.render(c, http.StatusOK, views.ChangeEmail(views.EmailForm{Email: trim(s.takeDraft(c).Get("newEmail"))}))
}

// changeEmail mails a link to the new address, which makes the change.
func (s *Server) changeEmail(c *echo.Context) error {
	values, err := parseForm(c)
	form := views.EmailForm{Email: trim(values.Get("newEmail"))}
	if err != nil {
		return s.emailFailed(c, form, err)
	}
	if err := s.Auth.ChangeEmail(c.Request(), session(c), form.Email, ""); err != nil {
		return s.emailFailed(c, form, err)
	}
	s.flash(c, "email-asked")
	return seeOther(c, "/settings")
}

func (s *Server) emailFailed(c *echo.Context, form views.EmailForm, err error) error {
	var other error
	if form.Errors, other = fieldErrors(err, "newEmail"); other != nil {
		return other
	}
	return s.renderForm(c, err, views.ChangeEmail(form), views.EmailFailure(form))
}
