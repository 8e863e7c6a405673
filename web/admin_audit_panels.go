package web

import (
	"context"
	"slices"

	"example.com/foyer/internal/audit"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/views"
	"github.com/a-h/templ"
)

// ownEvents are those a person is shown of themselves; of refusals only the passwords that were wrong.
var ownEvents = slices.DeleteFunc(event.All(), func(name event.Name) bool {
	return slices.Contains([]event.Name{event.RateLimited, event.CrossSite, event.Forbidden, event.CookieForged}, name)
})

// recentEvents draws the last events of the visitor's account.
func (s *Server) recentEvents(ctx context.Context, id string) (templ.Component, error) {
	found, err := s.Audit.List(ctx, audit.Query{Person: id, Events: ownEvents, Limit: 10})
	var rows []views.RecentEvent
	for _, e := range found.Entries {
		rows = append(rows, recentEvent(e, id))
	}
	return views.RecentEvents(rows), err
}

// recentEvent keeps to itself where somebody else was who had the right to do it.
func recentEvent(e audit.Entry, id string) views.RecentEvent {
	row := views.RecentEvent{At: e.At, What: eventWords[e.Name], Address: e.IPAddress}
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

// trailOf draws, for admins, the last events in which a user is actor or subject.
func (s *Server) trailOf(ctx context.Context, id string) (templ.Component, error) {
	found, err := s.Audit.List(ctx, audit.Query{Person: id, Limit: 10})
	var rows []views.AuditRow
	for _, e := range found.Entries {
		rows = append(rows, auditRow(e))
	}
	return views.UserTrail(id, rows), err
}

// activity draws the number of log-ins and refusals on each of the last 30 days.
func (s *Server) activity(ctx context.Context, _ string) (templ.Component, error) {
	days, err := s.Audit.PerDay(ctx, 30)
	list := make([]views.Day, len(days))
	for i, d := range days {
		list[i] = views.Day(d)
	}
	return views.Activity(list), err
}
