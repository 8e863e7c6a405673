package web

import (
	"context"
	"net/http"
	"strings"

	"example.com/foyer/internal/auth"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// sessionRows is where the visitor is logged in, for showing.
func (s *Server) sessionRows(ctx context.Context, session *auth.Session) ([]views.SessionRow, error) {
	list, err := s.Auth.Sessions(ctx, session.UserID)
	if err != nil {
		return nil, err
	}
	rows := make([]views.SessionRow, len(list))
	for i, l := range list {
		rows[i] = sessionRow(&l, session)
	}
	return rows, nil
}

// sessionRow is one of somebody's sessions as the holder of present sees it.
func sessionRow(s, present *auth.Session) views.SessionRow {
	return views.SessionRow{
		ID: s.ID, Browser: browser(s.UserAgent), Phone: strings.Contains(s.UserAgent, "Mobile"), Address: s.IPAddress,
		Since: s.CreatedAt, Used: s.UpdatedAt, Current: s.ID == present.ID,
	}
}

func (s *Server) showSessions(c *echo.Context) error {
	rows, err := s.sessionRows(c.Request().Context(), session(c))
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.Sessions(rows))
}

// endSessions ends the one session that is named, or every other one; htmx gets the list that is left.
func (s *Server) endSessions(c *echo.Context) error {
	values, err := parseForm(c)
	if err != nil {
		return err
	}
	word := "session-ended"
	switch handle := values.Get("session"); {
	case handle != "":
		err = s.Auth.RevokeSession(c.Request().Context(), session(c), session(c).UserID, handle)
	case values.Has("others"):
		word = "others-ended"
		err = s.Auth.RevokeOtherSessions(c.Request().Context(), session(c))
	default:
		err = echo.ErrBadRequest
	}
	if err != nil {
		return err
	}
	if !partial(c) {
		s.flash(c, word)
		return seeOther(c, "/settings/sessions")
	}
	rows, err := s.sessionRows(c.Request().Context(), session(c))
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.SessionsEnded(rows, flashes[word].Message))
}
