package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/errs"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

const (
	codePath  = "/login/code"
	setUpPath = "/settings/security/two-factor"
)

// Codes of refusals that lead people to codePath and to setUpPath.
const (
	codeOwedStep  = "SECOND_STEP_OWED"
	codeOwedSetUp = "SECOND_FACTOR_OWED"
)

// owedStep makes a second step that is owed a refusal for people.
func owedStep(err error) error {
	var step *auth.SecondStep
	if !errors.As(err, &step) {
		return err
	}
	return errs.New(http.StatusForbidden, codeOwedStep, step.Error())
}

func (s *Server) toSecondStep(c *echo.Context) error {
	return seeOther(c, withReturnTo(codePath, returnTo(c)))
}

func (s *Server) toSetUp(c *echo.Context) error { return redirect(c, setUpPath, http.StatusForbidden) }

// requireSetUp refuses admins who have to have a second factor and have none: they meet only its set-up, the question
// for the password before it, and the log-out. A session that began with a passkey is as good.
func (s *Server) requireSetUp(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		if s.TwoFactor.Demanded(session(c)) && !slices.Contains([]string{setUpPath, "/reauth"}, c.Path()) {
			return errSetUpOwed()
		}
		return next(c)
	}
}

// guardAdminAPI is requireSetUp for the endpoints of admins below /api/auth.
func (s *Server) guardAdminAPI(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		if !strings.HasPrefix(c.Request().URL.Path, "/api/auth/admin/") {
			return next(c)
		}
		session, err := s.Auth.StoredSession(c.Response(), c.Request())
		if err != nil {
			return err
		}
		if session != nil && s.TwoFactor.Demanded(session) {
			return errSetUpOwed()
		}
		return next(c)
	}
}

func errSetUpOwed() error {
	return errs.New(http.StatusForbidden, codeOwedSetUp, "Admins of this app need a second factor.")
}

// showCode asks for the second step, if this browser has taken the first.
func (s *Server) showCode(c *echo.Context) error {
	email, ok := s.TwoFactor.Challenged(c.Request())
	if !ok {
		return seeOther(c, withReturnTo("/login", returnTo(c)))
	}
	return s.render(c, http.StatusOK, s.codeForm(c, email).Page())
}

func (s *Server) codeForm(c *echo.Context, email string) views.Form {
	target := returnTo(c)
	return views.SecondStep(email, target, withReturnTo("/login", target), codeWay(c, codePath))
}

// codeWay is how the form at path asks for a code, as the address or the posted form says.
func codeWay(c *echo.Context, path string) views.CodeWay {
	values, _ := readForm(c)
	query := url.Values{}
	if target := returnTo(c); target != defaultReturnTo {
		query.Set("returnTo", target)
	}
	recovery := c.QueryParam("way") == recoveryWay || values.Get("way") == recoveryWay
	if !recovery {
		query.Set("way", recoveryWay)
	}
	return views.CodeWay{Recovery: recovery, Other: path + "?" + query.Encode()}
}

// recoveryWay stands for a recovery code in place of one of the app.
const recoveryWay = "recovery"

// typedCode is the code of a form without its spaces, which people type because apps show them.
func typedCode(values url.Values) string { return strings.Join(strings.Fields(values.Get("code")), "") }

// enterCode takes the second step.
func (s *Server) enterCode(c *echo.Context) error {
	values, err := parseForm(c)
	email, ok := s.TwoFactor.Challenged(c.Request())
	if err != nil && !ok {
		return err
	}
	if err != nil {
		return s.refuseForm(c, s.codeForm(c, email), err)
	}
	verify := s.TwoFactor.Verify
	if values.Get("way") == recoveryWay {
		verify = s.TwoFactor.VerifyRecovery
	}
	_, err = verify(c.Response(), c.Request(), typedCode(values), values.Has("trust"))
	if hasCode(err, "INVALID_TWO_FACTOR_COOKIE", "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE") {
		s.flash(c, "step-over")
		return seeOther(c, withReturnTo("/login", returnTo(c)))
	}
	if err != nil {
		return s.refuseForm(c, s.codeForm(c, email), codeError(err))
	}
	s.keepAddress(c, "")
	return seeOther(c, returnTo(c))
}

// codeError is the refusal of a code, for the field of the form.
func codeError(err error) error {
	if !hasCode(err, "INVALID_CODE", "INVALID_BACKUP_CODE") {
		return err
	}
	e := *errs.Of(err)
	e.Status, e.Fields = http.StatusUnprocessableEntity, map[string]string{"code": e.Message}
	return &e
}
