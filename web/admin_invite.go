package web

import (
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// showInvite shows what was typed before the password was asked for, but for the role: see showUserAction.
func (s *Server) showInvite(c *echo.Context) error {
	draft := s.takeDraft(c)
	return s.render(c, http.StatusOK, views.Invite(views.InviteForm{
		Name: trim(draft.Get("name")), Email: trim(draft.Get("email")), Roles: s.Auth.Roles(),
	}))
}

// invite makes a user who chooses the password by a mailed link: no admin ever knows one.
func (s *Server) invite(c *echo.Context) error {
	values, err := parseForm(c)
	form := views.InviteForm{Name: trim(values.Get("name")), Email: trim(values.Get("email")), Role: values.Get("role"), Roles: s.Auth.Roles()}
	if err != nil {
		return s.inviteFailed(c, form, err)
	}
	u, err := s.Auth.CreateUser(c.Request().Context(), session(c), auth.NewUser{Name: form.Name, Email: form.Email, Role: form.Role, Invite: true})
	if err != nil {
		return s.inviteFailed(c, form, err)
	}
	s.flash(c, "user-invited")
	return seeOther(c, usersPath+"/"+u.ID)
}

func (s *Server) inviteFailed(c *echo.Context, form views.InviteForm, err error) error {
	var other error
	if form.Errors, other = fieldErrors(err, "name", "email", "role"); other != nil {
		return other
	}
	return s.renderForm(c, err, views.Invite(form), views.InviteFailure(form))
}
