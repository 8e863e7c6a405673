package web

import (
	"net/http"

	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

func (s *Server) showEmail(c *echo.Context) error {
	form := views.EmailForm{Email: trim(s.takeDraft(c).Get("newEmail"))}
	return s.render(c, http.StatusOK, views.Email(form).Page())
}

// changeEmail mails a link to the new address. The address changes when the link is used.
func (s *Server) changeEmail(c *echo.Context) error {
	values, err := parseForm(c)
	form := views.EmailForm{Email: trim(values.Get("newEmail"))}
	if err != nil {
		return s.refuseForm(c, views.Email(form), err)
	}
	if err := s.Auth.ChangeEmail(c.Request(), session(c), form.Email, ""); err != nil {
		return s.refuseForm(c, views.Email(form), err)
	}
	s.flash(c, "email-asked")
	return seeOther(c, "/settings")
}
