package web

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/errs"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

const (
	sessionKey = "session"
	endedKey   = "session ended" // whether the browser presented a session that has ended
)

// load is a guard that loads the session, nil if there is none, by Auth.Session or Auth.StoredSession. It refuses no
// visitor.
func load(find func(http.ResponseWriter, *http.Request) (*auth.Session, error)) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			before := cookiesSet(c)
			session, err := find(c.Response(), c.Request())
			if err != nil {
				return err
			}
			c.Set(sessionKey, session)
			// The cookies are deleted only if the session has ended.
			c.Set(endedKey, session == nil && cookiesSet(c) > before)
			return next(c)
		}
	}
}

// requireAuth refuses visitors who are not logged in, and forms that were drawn for another user.
func (s *Server) requireAuth(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		if drawnForAnother(c) {
			return otherVisitor(session(c))
		}
		if session(c) == nil {
			return errs.Unauthenticated()
		}
		return next(c)
	}
}

// requireFresh refuses impersonations, and sessions that are not RecentlyAuthenticated, because a thief with a stolen
// session cannot log in again. Register it behind requireAuth.
func (s *Server) requireFresh(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		if err := auth.NotImpersonating(session(c)); err != nil {
			return err
		}
		if !s.Auth.RecentlyAuthenticated(session(c)) {
			return errs.New(http.StatusForbidden, auth.ErrNotFresh.Code, "Enter your password again to go on.")
		}
		return next(c)
	}
}

// requireGuest redirects visitors who are logged in already.
func (s *Server) requireGuest(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		if session(c) != nil {
			readForm(c) // the form of an old tab has its returnTo in the body
			return seeOther(c, returnTo(c))
		}
		return next(c)
	}
}

// requireRole refuses a session without one of the roles and records the refusal. Register it behind requireAuth.
func (s *Server) requireRole(roles ...string) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			session := session(c)
			if session == nil {
				return errs.Unauthenticated()
			}
			if !session.User.HasRole(roles...) {
				s.Auth.RecordRefusal(c.Request(), session, event.Forbidden, c.Request().Method+" "+c.Path())
				return errs.Forbidden()
			}
			return next(c)
		}
	}
}

// part:twofactor

const codeOwedSetUp = "SECOND_FACTOR_OWED"

var errSetUpOwed = errs.New(http.StatusForbidden, codeOwedSetUp, "Admins of this app need a second factor.")

func toSetUp(_ *Server, c *echo.Context) error { return redirect(c, setUpPath, http.StatusForbidden) }

// requireSetUp refuses admins who have to have a second factor and have none. They may open its set-up, and the
// question for the password, or a passkey, before it. Those who have a passkey prove it first. Register it behind
// requireAuth.
func (s *Server) requireSetUp(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		if strings.HasPrefix(c.Path(), "/reauth") {
			return next(c)
		}
		err := s.owedSetUp(c, session(c))
		if err != nil && (err != errSetUpOwed || c.Path() != setUpPath) {
			return err
		}
		return next(c)
	}
}

// owedSetUp is the refusal of a session that is SetUpOwed, nil for another one: until a passkey is proved where there
// is one, else until a factor is set up.
func (s *Server) owedSetUp(c *echo.Context, session *auth.Session) error {
	if !s.TwoFactor.SetUpOwed(session) {
		return nil
	}
	return cmp.Or(s.TwoFactor.RequireProof(c.Request().Context(), session), error(errSetUpOwed))
}

// part:betterauth

// openWithoutSetUp begin the endpoints of /api/auth that requireSetUpOfAPI lets pass: those for strangers, get-session,
// and those that prove a factor or set one up, which ask for a proof themselves.
var openWithoutSetUp = []string{
	"/ok", "/error", "/get-session", "/sign-", "/request-password-reset", "/reset-password", "/verify-email",
	"/send-verification-email", "/two-factor/",
	"/passkey/generate-", "/passkey/verify-", // part:passkey
	"/magic-link/", // part:magiclink
}

// requireSetUpOfAPI is requireSetUp for the other endpoints of /api/auth.
func (s *Server) requireSetUpOfAPI(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		path := strings.TrimPrefix(c.Request().URL.Path, "/api/auth")
		if slices.ContainsFunc(openWithoutSetUp, func(open string) bool { return strings.HasPrefix(path, open) }) {
			return next(c)
		}
		session, err := s.Auth.StoredSession(c.Response(), c.Request())
		if err != nil {
			return err
		}
		if session == nil {
			return next(c)
		}
		if err := s.owedSetUp(c, session); err != nil {
			return err
		}
		return next(c)
	}
}

// end:betterauth

// end:twofactor

// session returns the session of the request, nil for a visitor who is not logged in. It panics if no guard has loaded
// it, because a guard that took "not loaded" for "logged out" would stop guarding.
func session(c *echo.Context) *auth.Session {
	session, err := echo.ContextGet[*auth.Session](c, sessionKey)
	if err != nil {
		panic("web: register this route on a door that loads a session (door.go): " + c.Path())
	}
	return session
}

// visitor is what views know of the session: whether it is loaded, absent or present, and only the fields that pages
// show.
func visitor(c *echo.Context) views.Visitor {
	session, err := echo.ContextGet[*auth.Session](c, sessionKey)
	switch {
	case err != nil:
		return views.Visitor{State: views.Loading}
	case session == nil:
		return views.Visitor{State: views.Unauthenticated}
	}
	return views.Visitor{
		State: views.Authenticated, ID: session.UserID, Name: session.User.Name, Email: session.User.Email,
		Roles: strings.Split(session.User.Role, ","), Impersonated: session.ImpersonatedBy != nil,
	}
}
