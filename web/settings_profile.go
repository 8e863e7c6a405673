package web

import (
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

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
