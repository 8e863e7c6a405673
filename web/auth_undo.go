package web

import (
	"net/http"

	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// showUndo shows the link that was mailed to the former address of an account. It changes nothing.
func (s *Server) showUndo(c *echo.Context) error {
	hideLink(c)
	token := c.QueryParam("token")
	email, err := s.Auth.PeekLink(c.Request().Context(), token, letter.UndoEmailChange)
	if err != nil {
		return s.showDeadLink(c, err, "/", frontPage)
	}
	return s.render(c, http.StatusOK, views.Undo(email, token))
}

// undo asks for no password, because a thief who took the account over may have changed it. The owner proves to be the
// owner by the link.
func (s *Server) undo(c *echo.Context) error {
	hideLink(c)
	values, err := parseForm(c)
	if err != nil {
		return err
	}
	if err := s.Auth.UndoEmailChange(c.Request(), values.Get("token")); err != nil {
		return s.refuseDeadLink(c, err, "/", frontPage)
	}
	s.flash(c, "email-restored")
	return seeOther(c, "/login")
}
