package web

import (
	"net/http"

	"example.com/foyer/internal/errs"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

func (s *Server) showDelete(c *echo.Context) error {
	form := views.DeleteForm{Confirm: trim(s.takeDraft(c).Get("confirm"))}
	return s.render(c, http.StatusOK, views.Delete(form).Page())
}

// deleteAccount asks for the address, to prevent accidents, and for the password, so that nobody else deletes the
// account at an unlocked screen.
func (s *Server) deleteAccount(c *echo.Context) error {
	values, err := parseForm(c)
	form, session := views.DeleteForm{Confirm: trim(values.Get("confirm"))}, session(c)
	if err != nil {
		return s.refuseForm(c, views.Delete(form), err)
	}
	if err := confirmed(form.Confirm, session.User.Email); err != nil {
		return s.refuseForm(c, views.Delete(form), err)
	}
	if err := s.Auth.CheckPassword(c.Request(), session, values.Get("password")); err != nil {
		return s.refuseForm(c, views.Delete(form), err)
	}
	if err := s.Auth.DeleteUser(c.Response(), c.Request(), session); err != nil {
		return s.refuseForm(c, views.Delete(form), err)
	}
	s.flash(c, "account-deleted")
	return seeOther(c, "/")
}

// confirmed refuses a deletion unless the address of the account was typed.
func confirmed(typed, email string) error {
	if typed != email {
		return errs.Invalid("confirm", "VALIDATION_ERROR", "Type "+email+" to confirm.")
	}
	return nil
}
