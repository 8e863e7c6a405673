package web

import (
	"context"
	"slices"

	"example.com/foyer/internal/audit"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/views"
	"github.com/a-h/templ"
	"github.com/labstack/echo/v5"
)

// ownEvents are those a person is shown of themselves; of refusals only the passwords that were wrong.
var ownEvents = slices.DeleteFunc(event.All(), func(name event.Name) bool {
	return slices.Contains([]event.Name{event.RateLimited, event.CrossSite, event.Forbidden, event.CookieForged}, name)
})

// recentEvents draws the last things that happened to the visitor's account, read when they are drawn.
func (s *Server) recentEvents(c *echo.Context) templ.Component {
	id := session(c).UserID
	return s.panel("recent events", func(ctx context.Context) (templ.Component, error) {
		found, err := s.Audit.List(ctx, audit.Query{Person: id, Events: ownEvents, Limit: 10})
		var rows []views.RecentEvent
		for _, e := range found.Entries {
			rows = append(rows, recentEvent(e, id))
		}
		return views.RecentEvents(rows), err
	})
}

// recentEvent keeps to itself where somebody else was who had the right to do it.
func recentEvent(e audit.Entry, id string) views.RecentEvent {
	row := views.RecentEvent{At: e.At, What: eventNames[e.Name], Address: e.IPAddress}
	switch {
	case e.ImpersonatorID != "" && e.ImpersonatorID != id, e.ActorID != "" && e.ActorID != id && e.ImpersonatorID != id, e.ActorID == "" && e.IPAddress == "":
		row.Address, row.Browser = "", "An administrator"
	case e.UserAgent != "":
		row.Browser = browser(e.UserAgent)
	default:
		row.Browser = "Unknown browser"
	}
	return row
}

// trailOf draws the last things that a user did, or that were done to them, for an admin.
func (s *Server) trailOf(id string) templ.Component {
	return s.panel("audit trail", func(ctx context.Context) (templ.Component, error) {
		found, err := s.Audit.List(ctx, audit.Query{Person: id, Limit: 10})
		var rows []views.AuditRow
		for _, e := range found.Entries {
			rows = append(rows, auditRow(e))
		}
		return views.UserTrail(id, rows), err
	})
}

// activity draws how often people came in, and were kept out, on each of the last 30 days.
func (s *Server) activity() templ.Component {
	return s.panel("activity", func(ctx context.Context) (templ.Component, error) {
		days, err := s.Audit.PerDay(ctx, 30)
		list := make([]views.Day, len(days))
		for i, d := range days {
			list[i] = views.Day(d)
		}
		return views.Activity(list), err
	})
}
