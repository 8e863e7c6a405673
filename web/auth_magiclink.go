package web

import (
	"cmp"
	"net/http"
	"net/url"

	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// askLinkPath is the page to ask for a mail by which one logs in, and to enter its code. magicLinkPath is the page of
// its link.
const (
	askLinkPath   = "/login/link"
	magicLinkPath = "/magic-link"
	askLinkLabel  = "Ask for a new mail"
)

// withLink adds a way to log in by a mail, if there is one.
func (s *Server) withLink(form views.Form) views.Form {
	if s.MagicLink == nil {
		return form
	}
	return form.WithLink()
}

func (s *Server) showAskLink(c *echo.Context) error {
	if c.QueryParam("done") == "sent" {
		return s.render(c, http.StatusOK, s.mailedCodeForm(c).Page())
	}
	return s.render(c, http.StatusOK, s.askLinkForm(c).Page())
}

// askLink gives the same answer for every address, so that it does not reveal who has an account.
func (s *Server) askLink(c *echo.Context) error {
	values, err := parseForm(c)
	if err != nil {
		return s.refuseForm(c, s.askLinkForm(c), err)
	}
	email, sent := trim(values.Get("email")), url.Values{"done": {"sent"}}
	if target := returnTo(c); target != defaultReturnTo && !tooLong(target) {
		sent.Set("returnTo", target)
	}
	if err := s.MagicLink.Send(c.Request(), email, sent.Get("returnTo"), ""); err != nil {
		return s.refuseForm(c, s.askLinkForm(c), err)
	}
	s.keepAddress(c, email)
	return seeOther(c, askLinkPath+"?"+sent.Encode())
}

func (s *Server) askLinkForm(c *echo.Context) views.Form {
	return views.AskLink(returnTo(c), s.typedAddress(c.Request()))
}

func (s *Server) logInByCode(c *echo.Context) error {
	values, err := parseForm(c)
	if err != nil {
		return s.refuseForm(c, s.mailedCodeForm(c), err)
	}
	email, code := trim(values.Get("email")), trim(values.Get("code"))
	_, err = s.MagicLink.SignInCode(c.Response(), c.Request(), email, code, values.Has("remember"))
	if hasCode(err, "BANNED_USER") {
		return err
	}
	if err != nil {
		return s.refuseForm(c, s.mailedCodeForm(c), err)
	}
	s.keepAddress(c, "")
	return seeOther(c, returnTo(c))
}

// mailedCodeForm has the address that was typed in the form before. A form that is drawn again keeps its own, because
// another tab may have asked for a mail to another address meanwhile.
func (s *Server) mailedCodeForm(c *echo.Context) views.Form {
	address := s.typedAddress(c.Request())
	if typed, _ := readForm(c); address != "" {
		address = cmp.Or(trim(typed.Get("email")), address)
	}
	return views.MailedCode(returnTo(c), address)
}

// showMagicLink shows the form of a mailed link. It changes nothing, because mail scanners open links, too.
func (s *Server) showMagicLink(c *echo.Context) error {
	hideLink(c)
	form, _, err := s.magicLinkForm(c, c.QueryParam("token"))
	if err != nil {
		return s.showDeadLink(c, err, askLinkPath, askLinkLabel)
	}
	return s.render(c, http.StatusOK, form.Page())
}

func (s *Server) logInByLink(c *echo.Context) error {
	hideLink(c)
	values, err := parseForm(c)
	if err != nil {
		return err
	}
	token := values.Get("token")
	_, to, err := s.magicLinkForm(c, token)
	if err != nil {
		return s.refuseDeadLink(c, err, askLinkPath, askLinkLabel)
	}
	if _, err = s.MagicLink.SignInLink(c.Response(), c.Request(), session(c), token, values.Has("remember")); err != nil {
		return s.refuseDeadLink(c, err, askLinkPath, askLinkLabel)
	}
	s.keepAddress(c, "")
	return seeOther(c, to)
}

// magicLinkForm looks a link up. to is where it leads in the end. It refuses the link of another user than the visitor.
func (s *Server) magicLinkForm(c *echo.Context, token string) (form views.Form, to string, err error) {
	link, err := s.MagicLink.Peek(c.Request().Context(), token)
	if err != nil {
		return form, "", err
	}
	if visitor := session(c); visitor != nil && visitor.User.Email != link.Email {
		return form, "", errNotYours
	}
	to = returnTo(c)
	form = views.MagicLink(token, link.Email, to)
	// part:betterauth
	callback := s.onAnotherOrigin(link.CallbackURL)
	allowLeaving(c, callback)
	to = cmp.Or(callback, to)
	// end:betterauth
	return form, to, nil
}
