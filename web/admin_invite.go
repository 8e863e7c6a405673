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
	form := views.InviteForm{Name: trim(draft.Get("name")), Email: trim(draft.Get("email")), Roles: s.Auth.Roles()}
	return s.render(c, http.StatusOK, views.Invite(form).Page())
}

// invite creates a user who chooses the password by a mailed link, so that no admin knows it.
func (s *Server) invite(c *echo.Context) error {
	values, err := parseForm(c)
	form := views.InviteForm{
		Name: trim(values.Get("name")), Email: trim(values.Get("email")), Role: values.Get("role"), Roles: s.Auth.Roles(),
	}
	if err != nil {
		return s.refuseForm(c, views.Invite(form), err)
	}
	u, err := s.Auth.CreateUser(c.Request().Context(), session(c), auth.NewUser{
		Name: form.Name, Email: form.Email, Role: form.Role, Invite: true,
	})
	if err != nil {
		return s.refuseForm(c, views.Invite(form), err)
	}
	s.flash(c, "user-invited")
	return seeOther(c, usersPath+"/"+u.ID)
}
