package web

import (
	"errors"
	"net/http"
	"net/url"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/errs"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// CodePage is the page of the second step.
const CodePage = "/login/code"

const codeOwedStep = "SECOND_STEP_OWED"

// owedStep makes a second step that is owed a refusal, which leads people to CodePage.
func owedStep(err error) error {
	if step, owed := errors.AsType[*auth.SecondStep](err); owed {
		return errs.New(http.StatusForbidden, codeOwedStep, step.Error())
	}
	return err
}

func toSecondStep(_ *Server, c *echo.Context) error {
	return seeOther(c, withReturnTo(CodePage, returnTo(c)))
}

// showCode asks for the second step, if this browser has taken the first.
func (s *Server) showCode(c *echo.Context) error {
	email, err := s.TwoFactor.Challenged(c.Request())
	if err != nil {
		return err
	}
	if email == "" && keepsNoCookies(c.Request()) {
		return seeOther(c, withReturnTo(noCookiesPath, returnTo(c)))
	}
	if email == "" {
		return seeOther(c, withReturnTo("/login", returnTo(c)))
	}
	return s.render(c, http.StatusOK, s.codeForm(c, email).Page())
}

func (s *Server) codeForm(c *echo.Context, email string) views.Form {
	recovery, other := codeWay(c, CodePage)
	form := views.SecondStep(email, returnTo(c), withReturnTo("/login", returnTo(c)), recovery, other)
	form = s.withPasskey(c, form) // part:passkey
	return form
}

// codeWay reports whether the form at path asks for a recovery code, as its address says or, once posted, the form.
// other is the address of the form that asks for the other kind of code.
func codeWay(c *echo.Context, path string) (recovery bool, other string) {
	typed, _ := readForm(c)
	query := url.Values{"returnTo": {returnTo(c)}}
	if c.QueryParam("way") == "recovery" || typed.Get("way") == "recovery" {
		return true, path + "?" + query.Encode()
	}
	query.Set("way", "recovery")
	return false, path + "?" + query.Encode()
}

// wrongCode are the refusals of a code.
var wrongCode = []string{"INVALID_CODE", "INVALID_BACKUP_CODE"}

// enterCode takes the second step.
func (s *Server) enterCode(c *echo.Context) error {
	hideForm(c) // it names the account whose password has just been typed
	email, err := s.TwoFactor.Challenged(c.Request())
	if err != nil {
		return err
	}
	values, err := parseForm(c)
	if err != nil {
		return s.refuseForm(c, s.codeForm(c, email), err)
	}
	recovery, _ := codeWay(c, CodePage)
	_, err = s.TwoFactor.Verify(c.Response(), c.Request(), typedCode(values), recovery, values.Has("trust"))
	if hasCode(err, "INVALID_TWO_FACTOR_COOKIE", "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE") {
		s.flash(c, "step-over")
		return seeOther(c, withReturnTo("/login", returnTo(c)))
	}
	if err != nil {
		return s.refuseForm(c, s.codeForm(c, email), asFormError(err, wrongCode...))
	}
	s.keepAddress(c, "")
	return seeOther(c, returnTo(c))
}
