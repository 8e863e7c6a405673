package web

import (
	"net/http"

	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// showUndo shows the link that was mailed to the old address of an account; looking changes nothing.
func (s *Server) showUndo(c *echo.Context) error {
	hideLink(c)
	form := views.UndoForm{Token: c.QueryParam("token")}
	var err error
	if form.Email, err = s.Auth.PeekLink(c.Request().Context(), form.Token, letter.UndoEmailChange); err != nil {
		return s.showDeadLink(c, err, "/", "Go to the front page")
	}
	return s.render(c, http.StatusOK, views.Undo(form))
}

// undo asks for no password: who took the account over may have set one, and its owner reads the old address's mail.
func (s *Server) undo(c *echo.Context) error {
	hideLink(c)
	values, err := parseForm(c)
	if err != nil {
		return err
	}
	err = s.Auth.UndoEmailChange(c.Request(), values.Get("token"))
	if err == nil {
		s.flash(c, "email-restored")
		return seeOther(c, "/login")
	}
	return s.refuseDeadLink(c, err, "/", "Go to the front page")
}
