package web

import (
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/errs"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// showInvite restores what was typed before the password was asked for, except the role: see showUserAction.
func (s *Server) showInvite(c *echo.Context) error {
	draft := s.takeDraft(c)
	draft.Del("role")
	return s.render(c, http.StatusOK, views.Invite(s.Auth.Roles(), "").Filled(draft).Page())
}

func (s *Server) invite(c *echo.Context) error {
	values, err := parseForm(c)
	form := views.Invite(s.Auth.Roles(), "")
	if err != nil {
		return s.refuseForm(c, form, err)
	}
	u, err := s.Auth.CreateUser(c.Request().Context(), session(c), auth.NewUser{
		Name: trim(values.Get("name")), Email: trim(values.Get("email")), Role: values.Get("role"), Invite: true,
	})
	if hasCode(err, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL") {
		return s.refuseTaken(c, trim(values.Get("email")), err)
	}
	if err != nil {
		return s.refuseForm(c, form, err)
	}
	s.flash(c, "user-invited")
	return seeOther(c, usersPath+"/"+u.ID)
}

// refuseTaken leads the admin to the account that has the address.
func (s *Server) refuseTaken(c *echo.Context, email string, refusal error) error {
	u, err := s.Auth.UserByEmail(c.Request().Context(), email)
	if err != nil {
		return s.refuseForm(c, views.Invite(s.Auth.Roles(), ""), refusal)
	}
	taken := errs.Invalid("email", "EMAIL_TAKEN", "There is already an account with this address.")
	return s.refuseForm(c, views.Invite(s.Auth.Roles(), usersPath+"/"+u.ID), taken)
}
