package web

import (
	"context"
	"net/http"
	"strings"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/useragent"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// sessionRows lists the sessions of the visitor, for views.
func (s *Server) sessionRows(ctx context.Context, session *auth.Session) ([]views.SessionRow, error) {
	list, err := s.Auth.Sessions(ctx, session.UserID)
	if err != nil {
		return nil, err
	}
	rows := make([]views.SessionRow, len(list))
	for i := range list {
		rows[i] = sessionRow(&list[i], session)
	}
	return rows, nil
}

// sessionRow is a session for views; visitor is the session of the request.
func sessionRow(s, visitor *auth.Session) views.SessionRow {
	return views.SessionRow{
		ID: s.ID, Browser: useragent.Name(s.UserAgent), Phone: strings.Contains(s.UserAgent, "Mobile"), IP: s.IPAddress,
		Since: s.CreatedAt, Used: s.UpdatedAt, Current: s.ID == visitor.ID,
	}
}

const sessionsPath = "/settings/sessions"

func (s *Server) showSessions(c *echo.Context) error {
	rows, err := s.sessionRows(c.Request().Context(), session(c))
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.Sessions(rows))
}

// allOthers stands in the address for the handle of a session, and means all sessions but the visitor's.
const allOthers = "others"

// showEndSession asks before a session is ended. The list ends a session without it; /reauth returns to it.
func (s *Server) showEndSession(c *echo.Context) error {
	if c.Param("session") == allOthers {
		return s.showForm(c, views.EndOthers())
	}
	row, err := s.otherSession(c, c.Param("session"))
	if err != nil {
		return err
	}
	return s.showForm(c, views.EndSession(row))
}

// otherSession is another session of the visitor.
func (s *Server) otherSession(c *echo.Context, handle string) (views.SessionRow, error) {
	rows, err := s.sessionRows(c.Request().Context(), session(c))
	if err != nil {
		return views.SessionRow{}, err
	}
	for _, row := range rows {
		if row.ID == handle && !row.Current {
			return row, nil
		}
	}
	return views.SessionRow{}, errs.New(http.StatusNotFound, "SESSION_NOT_FOUND", "That browser is logged out already.")
}

// endSession ends the session that the address names, or all but the visitor's. On the page of the list htmx gets the
// new list.
func (s *Server) endSession(c *echo.Context) error {
	var err error
	ctx, visitor, done := c.Request().Context(), session(c), "session-ended"
	if handle := c.Param("session"); handle != allOthers {
		err = s.Auth.RevokeSession(ctx, visitor, visitor.UserID, handle)
	} else {
		done, err = "others-ended", s.Auth.RevokeOtherSessions(ctx, visitor)
	}
	if err != nil {
		return err
	}
	if !wantsFragment(c) || pageURL(c.Request()) != sessionsPath {
		s.flash(c, done)
		return seeOther(c, sessionsPath)
	}
	rows, err := s.sessionRows(ctx, visitor)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.SessionsEnded(rows, flashes[done]))
}
