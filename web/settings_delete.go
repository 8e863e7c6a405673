package web

import (
	"net/http"
	"net/url"

	"example.com/foyer/internal/errs"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

func (s *Server) showDelete(c *echo.Context) error {
	return s.render(c, http.StatusOK, views.Delete(session(c).User.Email).Filled(s.takeDraft(c)).Page())
}

// deleteAccount asks for the address, to prevent accidents, and for the password, so that a passer-by cannot
// delete the account at an unlocked screen.
func (s *Server) deleteAccount(c *echo.Context) error {
	values, err := parseForm(c)
	session := session(c)
	form := views.Delete(session.User.Email)
	if err != nil {
		return s.refuseForm(c, form, err)
	}
	if err := confirmed(values, session.User.Email); err != nil {
		return s.refuseForm(c, form, err)
	}
	if err := s.Auth.CheckPassword(c.Request(), session, values.Get("password")); err != nil {
		return s.refuseForm(c, form, err)
	}
	if err := s.Auth.DeleteUser(c.Response(), c.Request(), session); err != nil {
		return s.refuseForm(c, form, err)
	}
	s.flash(c, "account-deleted")
	return seeOther(c, "/")
}

// confirmed refuses a deletion unless the address of the account was typed.
func confirmed(typed url.Values, email string) error {
	if trim(typed.Get("confirm")) != email {
		return errs.Invalid("confirm", "VALIDATION_ERROR", "Type "+email+" to confirm.")
	}
	return nil
}
