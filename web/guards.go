package web

import (
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/errs"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

const sessionKey = "session"

// loadSession attaches the session, or nil, to the request and refuses nobody; the provider may answer a read
// from its signed cache and writes its cookies here.
func (s *Server) loadSession(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		session, err := s.Auth.Session(c.Response(), c.Request())
		return attach(c, session, err, next)
	}
}

// loadStoredSession is loadSession without the cache, for what must see a demotion at once wherever it was made.
func (s *Server) loadStoredSession(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		session, err := s.Auth.StoredSession(c.Response(), c.Request())
		return attach(c, session, err, next)
	}
}

func attach(c *echo.Context, session *auth.Session, err error, next echo.HandlerFunc) error {
	if err != nil {
		return err
	}
	c.Set(sessionKey, session)
	return next(c)
}

// requireAuth refuses strangers, and forms that were drawn for somebody else.
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

const codeNotFresh = "SESSION_NOT_FRESH"

// requireFresh refuses sessions whose password was typed too long ago for what a thief would do first, and those of
// an admin who acts as somebody else.
func (s *Server) requireFresh(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		switch session := session(c); {
		case session.ImpersonatedBy != nil:
			return errs.New(http.StatusForbidden, "FORBIDDEN", "You cannot do this while acting as somebody else.")
		case !s.Auth.Fresh(session):
			return errs.New(http.StatusForbidden, codeNotFresh, "Enter your password again to go on.")
		}
		return next(c)
	}
}

// requireGuest sends on whoever is signed in already.
func (s *Server) requireGuest(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		if session(c) != nil {
			readForm(c) // a form from another tab tells the way in its body; one that cannot be read tells none
			return seeOther(c, returnTo(c))
		}
		return next(c)
	}
}

// requireRole refuses whoever has none of the roles. It stands behind requireAuth: who somebody is and what
// they may do are two questions, and only this file answers the second.
func (s *Server) requireRole(roles ...string) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			session := session(c)
			if session == nil {
				return errs.Unauthenticated()
			}
			if !session.User.HasRole(roles...) {
				s.Auth.NoteRefusal(c.Request(), session, event.Forbidden, c.Request().Method+" "+c.Path())
				return errs.Forbidden()
			}
			return next(c)
		}
	}
}

// session returns who is behind the request, nil for a stranger. It panics where no middleware looked: read as
// "signed out", a forgotten loader would make a guard let everybody in, or nobody.
func session(c *echo.Context) *auth.Session {
	session, err := echo.ContextGet[*auth.Session](c, sessionKey)
	if err != nil {
		panic("web: session asked for on a route whose door loads none: " + c.Path())
	}
	return session
}

// visitor is what views learn of the person: the guard state, and beyond it only what pages show.
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
		Admin: session.User.HasRole("admin"), Acted: session.ImpersonatedBy != nil,
	}
}
