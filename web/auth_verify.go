package web

import (
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

const resendPath, resendLabel = "/verify-email", "Ask for a new one"

// verified is what to say where something is still to be done, or to be known.
var verified = map[string]struct{ title, sentence string }{
	"changed": {"Your address is changed", "From now on you log in with the new one."},
	"allowed": {"One more link", "You have allowed the change. The link that makes it is on its way to the new address."},
}

// awaitNotices is what has happened before one waits.
var awaitNotices = map[string]string{
	"asked": "The address is not confirmed yet. Open the link that was mailed to it.",
	"sent":  "If this address waits to be confirmed, another link is on its way.",
}

// showVerify shows a mailed link; however often that happens, it changes nothing. Without a token it is the page that
// waits for the mail.
func (s *Server) showVerify(c *echo.Context) error {
	hideLink(c)
	if c.QueryParams().Has("token") {
		form, link, err := s.verifyForm(c, session(c), c.QueryParam("token"))
		if err != nil {
			return s.showDeadLink(c, err, resendPath, resendLabel)
		}
		s.elsewhere(c, link)
		form.ReturnTo = mailedReturnTo(c.QueryParam("returnTo"))
		return s.render(c, http.StatusOK, views.Verify(form))
	}
	done := c.QueryParam("done")
	if v, ok := verified[done]; ok {
		return s.render(c, http.StatusOK, views.Verified(v.title, v.sentence))
	}
	if visitor := session(c); visitor != nil && visitor.User.EmailVerified {
		return seeOther(c, defaultReturnTo)
	}
	form := s.awaitForm(c)
	form.Notice = awaitNotices[done]
	return s.render(c, http.StatusOK, views.Await(form))
}

func (s *Server) verify(c *echo.Context) error {
	hideLink(c)
	values, err := parseForm(c)
	if err != nil {
		return err
	}
	form, link, err := s.verifyForm(c, session(c), values.Get("token"))
	form.ReturnTo = mailedReturnTo(values.Get("returnTo"))
	if err != nil {
		return s.verifyFailed(c, form, err)
	}
	elsewhere := s.elsewhere(c, link)
	to := form.ReturnTo
	if _, asked := s.Auth.Pending(c.Request()); asked != "" && link.Purpose == letter.VerifyEmail {
		to = asked
	}
	signedIn, err := s.Auth.ConfirmEmail(c.Response(), c.Request(), session(c), link, values.Get("password"))
	if err != nil {
		return s.verifyFailed(c, form, err)
	}
	if elsewhere != "" {
		return seeOther(c, elsewhere)
	}
	if link.Purpose == letter.VerifyEmail {
		s.flash(c, "verified")
	}
	return seeOther(c, afterVerify(link.Purpose, signedIn, to))
}

func (s *Server) verifyFailed(c *echo.Context, form views.VerifyForm, err error) error {
	if _, dead := deadLink(err, "", ""); dead {
		return s.refuseDeadLink(c, err, resendPath, resendLabel)
	}
	var other error
	if form.Errors, other = fieldErrors(err, "password"); other != nil {
		return other
	}
	return s.renderForm(c, err, views.Verify(form), views.VerifyFailure(form))
}

// elsewhere is where a link ends on another trusted origin, "" for here; the form of the page may then lead there. A
// change that is only allowed ends here: the page says that there is one more link.
func (s *Server) elsewhere(c *echo.Context, link auth.Confirmation) string {
	to := link.CallbackURL
	if to == "" || ownPath(s.AppURL, to) != "" || link.Purpose == letter.ConfirmEmailChange {
		return ""
	}
	allowLeaving(c, to)
	return to
}

// afterVerify is where to go when a link has done its work; to is where the visitor was going when they signed up, or
// where the client that asked for the link wants them.
func afterVerify(purpose letter.Purpose, signedIn *auth.Session, to string) string {
	switch {
	case purpose == letter.ChangeEmail && to == "":
		return "/verify-email?done=changed"
	case purpose == letter.ConfirmEmailChange:
		return "/verify-email?done=allowed"
	case signedIn == nil:
		return withReturnTo("/login", safeReturnTo(to))
	}
	return safeReturnTo(to)
}

// mailedReturnTo is where a mailed link leads afterwards, "" where it names nothing.
func mailedReturnTo(target string) string {
	if target == "" {
		return ""
	}
	return safeReturnTo(target)
}

// verifyForm finds out what a link is for and puts it in words.
func (s *Server) verifyForm(c *echo.Context, visitor *auth.Session, token string) (form views.VerifyForm, link auth.Confirmation, err error) {
	link, err = s.Auth.PeekConfirmation(c.Request(), visitor, token)
	form = views.VerifyForm{
		Token: token, Email: link.Email, Password: link.Password,
		Title: "Confirm your address", Sentence: "Confirm that you read the mail of", Button: "Confirm",
	}
	switch link.Purpose {
	case letter.VerifyEmail:
		form.Account = link.Email
	case letter.ChangeEmail:
		form.Title, form.Sentence, form.Button = "Change your address", "The address of your account becomes", "Change it"
	case letter.ConfirmEmailChange:
		form.Title, form.Sentence, form.Button = "Allow a new address", "Somebody who is logged in to your account asked to change its address to", "Allow the change"
	}
	return form, link, err
}

// resendVerification answers strangers alike, whether or not the address is known.
func (s *Server) resendVerification(c *echo.Context) error {
	hideLink(c)
	values, err := parseForm(c)
	email := trim(values.Get("email"))
	if err != nil {
		return s.resendFailed(c, email, err)
	}
	if err := s.Auth.SendVerificationEmail(c.Request(), session(c), email, ""); err != nil {
		return s.resendFailed(c, email, err)
	}
	return seeOther(c, "/verify-email?done=sent")
}

func (s *Server) resendFailed(c *echo.Context, email string, err error) error {
	form := s.awaitForm(c)
	if form.Email != email {
		form.Email, form.Known = email, false
	}
	var other error
	if form.Errors, other = fieldErrors(err, "email"); other != nil {
		return other
	}
	return s.renderForm(c, err, views.Await(form), views.AwaitFailure(form))
}

// awaitForm knows the address where this browser signed up, or where its visitor has not confirmed it.
func (s *Server) awaitForm(c *echo.Context) views.AwaitForm {
	email, _ := s.Auth.Pending(c.Request())
	if visitor := session(c); visitor != nil && !visitor.User.EmailVerified {
		email = visitor.User.Email
	}
	return views.AwaitForm{Email: email, Known: email != ""}
}
