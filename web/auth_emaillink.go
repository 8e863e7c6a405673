package web

import (
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// emailLink is a mailed link by which the owner of an account keeps its address or gets it back. It asks for no
// password: the owner may have forgotten it, or a thief who took the account over may have changed it.
type emailLink struct {
	purpose letter.Purpose
	form    views.LinkForm // without token and address
	follow  func(a *auth.Auth, r *http.Request, token string) error
	done    string // a key of flashes
	to      string // the next page
}

var stopChange = emailLink{
	purpose: letter.StopEmailChange, follow: (*auth.Auth).StopEmailChange, done: "email-stopped", to: forgotPath,
	form: views.LinkForm{
		Path: "/stop-email-change", Title: "Stop the change", Button: "Stop the change",
		Sentence: "Your account keeps the address", After: "The browser that asked for the change is logged out.",
	},
}

var undoChange = emailLink{
	purpose: letter.UndoEmailChange, follow: (*auth.Auth).UndoEmailChange, done: "email-restored", to: "/login",
	form: views.LinkForm{
		Path: "/undo-email", Title: "Undo the change", Button: "Undo the change", Sentence: "Your account returns to",
		After: "All browsers are logged out, the current password stops working, and we send you a link to choose a " +
			"new one.",
	},
}

// showEmailLink shows the form of a link. It changes nothing, because mail scanners open links, too.
func (s *Server) showEmailLink(link emailLink) echo.HandlerFunc {
	return func(c *echo.Context) error {
		hideLink(c)
		token := c.QueryParam("token")
		email, err := s.Auth.PeekLink(c.Request().Context(), token, link.purpose)
		if err != nil {
			return s.showDeadLink(c, err, "/", frontPage)
		}
		form := link.form
		form.Token, form.Email = token, email
		return s.render(c, http.StatusOK, views.MailedLink(form).Page())
	}
}

func (s *Server) followEmailLink(link emailLink) echo.HandlerFunc {
	return func(c *echo.Context) error {
		hideLink(c)
		values, err := parseForm(c)
		if err != nil {
			return err
		}
		if err := link.follow(s.Auth, c.Request(), values.Get("token")); err != nil {
			return s.refuseDeadLink(c, err, "/", frontPage)
		}
		s.flash(c, link.done)
		return seeOther(c, link.to)
	}
}
