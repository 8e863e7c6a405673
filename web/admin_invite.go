package web

import (
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// showInvite restores what was typed before the password was asked for, except the role: see showUserAction.
func (s *Server) showInvite(c *echo.Context) error {
	draft := s.takeDraft(c)
	draft.Del("role")
	return s.render(c, http.StatusOK, views.Invite(s.Auth.Roles()).Filled(draft).Page())
}

func (s *Server) invite(c *echo.Context) error {
	values, err := parseForm(c)
	form := views.Invite(s.Auth.Roles())
	if err != nil {
		return s.refuseForm(c, form, err)
	}
	u, err := s.Auth.CreateUser(c.Request().Context(), session(c), auth.NewUser{
		Name: trim(values.Get("name")), Email: trim(values.Get("email")), Role: values.Get("role"), Invite: true,
	})
	if err != nil {
		return s.refuseForm(c, form, err)
	}
	s.flash(c, "user-invited")
	return seeOther(c, usersPath+"/"+u.ID)
}
