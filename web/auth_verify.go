package web

import (
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

const awaitPath, awaitLabel = "/verify-email", "Ask for a new one"

// linkResults are the pages after a link was used, by ?done=.
var linkResults = map[string]views.LinkResult{
	"changed": {
		Title: "Your address is changed", Message: "From now on, log in with the new one.",
		ActionURL: defaultReturnTo, ActionLabel: "Go on",
	},
	"allowed": {
		Title: "One more link",
		// An address that has had its mails for this hour gets none; then the link stays good.
		Message: "You allowed the change. Now open the link that we mail to the new address. If none comes, open this " +
			"one again in an hour.",
		Mail: true, ActionURL: defaultReturnTo, ActionLabel: "Go on",
	},
}

// awaitNotices are the notices above the page of a visitor who waits for a mail, by ?done=.
var awaitNotices = map[string]string{
	"asked": "Your address is not confirmed yet. Open the link that we sent to it.",
	"sent":  "If this address has to be confirmed, a link is on its way.",
}

// showVerify shows the form of a mailed link. It changes nothing, because mail scanners open links, too. Without a
// token it is the page of a visitor who waits for the mail.
func (s *Server) showVerify(c *echo.Context) error {
	hideLink(c)
	if c.QueryParams().Has("token") {
		form, _, err := s.verifyForm(c, c.QueryParam("token"))
		if err != nil {
			return s.showDeadLink(c, err, awaitPath, awaitLabel)
		}
		form.ReturnTo = mailedReturnTo(c.QueryParam("returnTo"))
		return s.render(c, http.StatusOK, views.MailedLink(form).Page())
	}
	if c.QueryParams().Has(openedMark) {
		return s.showLostLink(c, awaitPath, awaitLabel)
	}
	done := c.QueryParam("done")
	if result, ok := linkResults[done]; ok {
		return s.render(c, http.StatusOK, result.Page())
	}
	if visitor := session(c); visitor != nil && visitor.User.EmailVerified {
		return seeOther(c, defaultReturnTo)
	}
	known, mailed := s.awaited(c)
	return s.render(c, http.StatusOK, views.Await(known, awaitNotices[done], mailed).Page())
}

func (s *Server) verify(c *echo.Context) error {
	hideLink(c)
	values, err := parseForm(c)
	if err != nil {
		return err
	}
	form, link, err := s.verifyForm(c, values.Get("token"))
	form.ReturnTo = mailedReturnTo(values.Get("returnTo"))
	if err != nil {
		return s.refuseLink(c, views.MailedLink(form), err, awaitPath, awaitLabel)
	}
	to := form.ReturnTo
	if _, asked := s.Auth.PendingSignUp(c.Request()); asked != "" && link.Purpose == letter.VerifyEmail {
		to = asked
	}
	newSession, err := s.Auth.ConfirmEmail(c.Response(), c.Request(), session(c), link, values.Get("password"))
	if err != nil {
		return s.refuseLink(c, views.MailedLink(form), err, awaitPath, awaitLabel)
	}
	// part:betterauth
	if callback := s.callbackOf(link); callback != "" {
		return seeOther(c, callback)
	}
	// end:betterauth
	if link.Purpose == letter.VerifyEmail {
		s.flash(c, "verified")
	}
	return seeOther(c, afterVerify(link.Purpose, newSession, to))
}

// afterVerify is the page after a link was applied. to is where the visitor was going at sign-up, or the callbackURL of
// the client that asked for the link. newSession is nil if the link did not sign in.
func afterVerify(purpose letter.Purpose, newSession *auth.Session, to string) string {
	switch {
	case purpose == letter.ChangeEmail && to == "":
		return "/verify-email?done=changed"
	case purpose == letter.ConfirmEmailChange:
		return "/verify-email?done=allowed"
	case newSession == nil:
		return withReturnTo("/login", safeReturnTo(to))
	}
	return safeReturnTo(to)
}

// mailedReturnTo is safeReturnTo for the returnTo of a mailed link, "" if it has none.
func mailedReturnTo(target string) string {
	if target == "" {
		return ""
	}
	return safeReturnTo(target)
}

// verifyForm looks up what a link is for, and describes it.
func (s *Server) verifyForm(c *echo.Context, token string) (views.LinkForm, auth.Confirmation, error) {
	link, err := s.Auth.PeekConfirmation(c.Request(), session(c), token)
	allowLeaving(c, s.callbackOf(link)) // part:betterauth
	form := views.LinkForm{
		Path: "/verify-email", Token: token, Email: link.Email, Password: link.Password,
		Title: "Confirm your address", Sentence: "Confirm that this is your address:", Button: "Confirm",
	}
	switch link.Purpose {
	case letter.VerifyEmail:
		form.Account = link.Email
	case letter.ChangeEmail:
		form.Title, form.Button = "Change your address", "Change it"
		form.Sentence = "The address of your account becomes"
	case letter.ConfirmEmailChange:
		form.Title, form.Button = "Allow a new address", "Allow the change"
		form.Sentence = "A browser that is logged in to your account asked to change its address to"
	}
	return form, link, err
}

// resendVerification gives the same answer for every address, so that it does not reveal who has an account.
func (s *Server) resendVerification(c *echo.Context) error {
	hideLink(c)
	values, err := parseForm(c)
	email := trim(values.Get("email"))
	known, mailed := s.awaited(c)
	if known != email {
		known = ""
	}
	if err != nil {
		return s.refuseForm(c, views.Await(known, "", mailed), err)
	}
	if err := s.Auth.SendVerificationEmail(c.Request(), session(c), email, ""); err != nil {
		return s.refuseForm(c, views.Await(known, "", mailed), err)
	}
	return seeOther(c, "/verify-email?done=sent")
}

// awaited is the address that waits for verification, if this browser signed up or its visitor is unverified; "" for
// none. mailed says that a sign-up of this browser, or a log-in, asked for the mail.
func (s *Server) awaited(c *echo.Context) (known string, mailed bool) {
	pending, _ := s.Auth.PendingSignUp(c.Request())
	if visitor := session(c); visitor != nil && !visitor.User.EmailVerified {
		return visitor.User.Email, visitor.User.Email == pending
	}
	return pending, pending != ""
}
