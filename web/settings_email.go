package web

import (
	"net/http"

	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

func (s *Server) showEmail(c *echo.Context) error {
	return s.render(c, http.StatusOK, views.Email().Filled(s.takeDraft(c)).Page())
}

// changeEmail mails a link to the new address. The address changes when the link is used.
func (s *Server) changeEmail(c *echo.Context) error {
	values, err := parseForm(c)
	if err != nil {
		return s.refuseForm(c, views.Email(), err)
	}
	if err := s.Auth.ChangeEmail(c.Request(), session(c), trim(values.Get("newEmail")), ""); err != nil {
		return s.refuseForm(c, views.Email(), err)
	}
	s.flash(c, "email-asked")
	return seeOther(c, "/settings")
}
