package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"example.com/foyer/internal/auth"
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
		ID: s.ID, Browser: browser(s.UserAgent), Phone: strings.Contains(s.UserAgent, "Mobile"), IP: s.IPAddress,
		Since: s.CreatedAt, Used: s.UpdatedAt, Current: s.ID == visitor.ID,
	}
}

func (s *Server) showSessions(c *echo.Context) error {
	rows, err := s.sessionRows(c.Request().Context(), session(c))
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.Sessions(rows))
}

// endSessions ends the named session, or all but the visitor's. htmx gets the new list.
func (s *Server) endSessions(c *echo.Context) error {
	values, err := parseForm(c)
	if err != nil {
		return err
	}
	done, err := s.endNamed(c, values)
	if err != nil {
		return err
	}
	if !wantsFragment(c) {
		s.flash(c, done)
		return seeOther(c, "/settings/sessions")
	}
	rows, err := s.sessionRows(c.Request().Context(), session(c))
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.SessionsEnded(rows, flashes[done].Message))
}

// endNamed ends the sessions that the form names. It returns the flash that says so.
func (s *Server) endNamed(c *echo.Context, values url.Values) (flash string, err error) {
	ctx, visitor := c.Request().Context(), session(c)
	if id := values.Get("session"); id != "" {
		return "session-ended", s.Auth.RevokeSession(ctx, visitor, visitor.UserID, id)
	}
	if values.Has("others") {
		return "others-ended", s.Auth.RevokeOtherSessions(ctx, visitor)
	}
	return "", echo.ErrBadRequest
}
