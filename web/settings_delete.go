package web

import (
	"net/http"

	"example.com/foyer/internal/errs"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

func (s *Server) showDelete(c *echo.Context) error {
	return s.render(c, http.StatusOK, views.Delete(views.DeleteForm{Confirm: trim(s.takeDraft(c).Get("confirm"))}))
}

// deleteAccount asks for the address, so that nobody does it by accident, and for the password, so that nobody else does.
func (s *Server) deleteAccount(c *echo.Context) error {
	values, err := parseForm(c)
	form, session := views.DeleteForm{Confirm: trim(values.Get("confirm"))}, session(c)
	if err != nil {
		return s.deleteFailed(c, form, err)
	}
	if form.Confirm != session.User.Email {
		return s.deleteFailed(c, form, errs.Invalid("confirm", "VALIDATION_ERROR", "Type "+session.User.Email+" to confirm."))
	}
	if err := s.Auth.CheckPassword(c.Request(), session, values.Get("password")); err != nil {
		return s.deleteFailed(c, form, err)
	}
	if err := s.Auth.DeleteUser(c.Response(), c.Request(), session); err != nil {
		return s.deleteFailed(c, form, err)
	}
	s.flash(c, "account-deleted")
	return seeOther(c, "/")
}

func (s *Server) deleteFailed(c *echo.Context, form views.DeleteForm, err error) error {
	var other error
	if form.Errors, other = fieldErrors(err, "confirm", "password"); other != nil {
		return other
	}
	return s.renderForm(c, err, views.Delete(form), views.DeleteFailure(form))
}
