package web

import (
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

func (s *Server) showProfile(c *echo.Context) error {
	return s.render(c, http.StatusOK, views.Profile(session(c).User.Name).Page())
}

func (s *Server) saveProfile(c *echo.Context) error {
	values, err := parseForm(c)
	name := trim(values.Get("name"))
	if err != nil {
		return s.refuseForm(c, views.Profile(name), err)
	}
	err = s.Auth.UpdateUser(c.Response(), c.Request(), session(c), auth.Profile{Name: &name})
	if err != nil {
		return s.refuseForm(c, views.Profile(name), err)
	}
	s.flash(c, "saved")
	return seeOther(c, "/settings")
}
