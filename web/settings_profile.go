package web

import (
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

func (s *Server) showProfile(c *echo.Context) error {
	return s.render(c, http.StatusOK, views.Profile(views.ProfileForm{Name: session(c).User.Name}).Page())
}

func (s *Server) saveProfile(c *echo.Context) error {
	values, err := parseForm(c)
	form := views.ProfileForm{Name: trim(values.Get("name"))}
	if err != nil {
		return s.refuseForm(c, views.Profile(form), err)
	}
	err = s.Auth.UpdateUser(c.Response(), c.Request(), session(c), auth.Profile{Name: &form.Name})
	if err != nil {
		return s.refuseForm(c, views.Profile(form), err)
	}
	s.flash(c, "saved")
	return seeOther(c, "/settings")
}
