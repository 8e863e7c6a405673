package web

import (
	"net/http"

	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

func (s *Server) showEmail(c *echo.Context) error {
	return s.render(c, http.StatusOK, views.ChangeEmail(views.EmailForm{Email: trim(s.takeDraft(c).Get("newEmail"))}))
}

// changeEmail mails a link to the new address, which makes the change.
func (s *Server) changeEmail(c *echo.Context) error {
	values, err := parseForm(c)
	form := views.EmailForm{Email: trim(values.Get("newEmail"))}
	if err != nil {
		return s.emailFailed(c, form, err)
	}
	if err := s.Auth.ChangeEmail(c.Request(), session(c), form.Email, ""); err != nil {
		return s.emailFailed(c, form, err)
	}
	s.flash(c, "email-asked")
	return seeOther(c, "/settings")
}

func (s *Server) emailFailed(c *echo.Context, form views.EmailForm, err error) error {
	var other error
	if form.Errors, other = fieldErrors(err, "newEmail"); other != nil {
		return other
	}
	return s.renderForm(c, err, views.ChangeEmail(form), views.EmailFailure(form))
}
