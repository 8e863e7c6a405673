package web

import (
	"encoding/json"
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/errs"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// withPasskey adds a button to a form that asks who the visitor is, if a passkey can prove it. The page to log in also
// lets the browser suggest passkeys.
func (s *Server) withPasskey(c *echo.Context, form views.Form) views.Form {
	visitor := session(c)
	switch {
	case s.Passkeys == nil || !s.Passkeys.Available():
		return form
	case visitor == nil:
		return form.WithPasskey("Log in with a passkey", "/login/passkey", returnTo(c), s.passkeySuggestion(c))
	}
	list, err := s.Passkeys.List(c.Request().Context(), visitor.UserID)
	if err != nil {
		s.logFault(unbounded(c), "listing passkeys failed", "error", err)
	}
	if len(list) == 0 {
		return form
	}
	// part:twofactor
	if s.TwoFactor.SetUpOwed(visitor) {
		form.Lead = "Admins prove two factors here: use a passkey, because the password alone is not enough."
	}
	// end:twofactor
	return form.WithPasskey("Use a passkey", "/reauth/passkey", returnTo(c), "")
}

// passkeySuggestion is the question for the passkeys that the browser suggests in the e-mail field. A form that was
// refused has none, because its page has asked already, and only the last question counts.
func (s *Server) passkeySuggestion(c *echo.Context) string {
	if c.Path() != "/login" || !isGet(c.Request()) {
		return ""
	}
	question, err := s.Passkeys.SignInOptions(c.Response(), c.Request(), nil)
	if err != nil {
		s.logFault(unbounded(c), "suggesting passkeys failed", "error", err)
	}
	return string(question)
}

// logInByPasskey is a whole log-in: it asks for no second step, and can stand for one.
func (s *Server) logInByPasskey(c *echo.Context) error {
	return s.ceremony(c, s.Passkeys.SignInOptions, func(response []byte) error {
		if _, err := s.Passkeys.SignIn(c.Response(), c.Request(), response); err != nil {
			return err
		}
		s.keepAddress(c, "")
		return nil
	})
}

func (s *Server) reauthByPasskey(c *echo.Context) error {
	return s.ceremony(c, s.Passkeys.SignInOptions, func(response []byte) error {
		_, err := s.Passkeys.Reauthenticate(c.Response(), c.Request(), session(c), response)
		return err
	})
}

// ceremony answers the two posts of passkey.js. The first one is for a question to the authenticator, which ask makes.
// The second has the authenticator's response, which take checks.
func (s *Server) ceremony(
	c *echo.Context, ask func(http.ResponseWriter, *http.Request, *auth.Session) (json.RawMessage, error),
	take func(response []byte) error,
) error {
	values, err := parseForm(c)
	if err != nil {
		return refuseScript(c, err)
	}
	if values.Has("response") {
		if err := take([]byte(values.Get("response"))); err != nil {
			return refuseScript(c, err)
		}
		return seeOther(c, returnTo(c))
	}
	question, err := ask(c.Response(), c.Request(), session(c))
	if err != nil {
		return refuseScript(c, err)
	}
	return c.JSONBlob(http.StatusOK, question)
}

// refuseScript tells the script of a page why, in words for people. It returns errors that lead to another page, such
// as /reauth, and those that only the log may show.
func refuseScript(c *echo.Context, err error) error {
	e := errs.Of(err)
	if e == nil || e.Code == auth.ErrNotFresh.Code || e.Code == errs.Unauthenticated().Code {
		return err
	}
	e.SetRetryAfter(c.Response().Header())
	return c.JSON(e.Status, problem{Code: e.Code, Message: fieldErrors(e, nil)[0].Message})
}
