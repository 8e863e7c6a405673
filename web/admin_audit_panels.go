package web

import (
	"context"
	"slices"

	"example.com/foyer/internal/audit"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/views"
	"github.com/a-h/templ"
)

// ownEvents are the events that users see of themselves; of the refusals only wrong passwords.
var ownEvents = slices.DeleteFunc(event.All(), func(name event.Name) bool {
	return slices.Contains([]event.Name{event.RateLimited, event.CrossSite, event.Forbidden, event.CookieForged}, name)
})

// recentEvents shows the visitor the last events of their account.
func (s *Server) recentEvents(ctx context.Context, id string) (templ.Component, error) {
	found, err := s.Audit.List(ctx, audit.Query{Person: id, Events: ownEvents, Limit: 10})
	rows := auditRows(found.Entries)
	for i, e := range found.Entries {
		if byAdmin(e, id) { // the address of an administrator is not for the user
			rows[i].Address, rows[i].Browser = "", "An administrator"
		} else if e.UserAgent == "" {
			rows[i].Browser = "Unknown browser"
		}
	}
	return views.RecentEvents(rows), err
}

// byAdmin reports whether another user, or the command line, did e to the user.
func byAdmin(e audit.Entry, id string) bool {
	if e.ImpersonatorID != "" {
		return e.ImpersonatorID != id
	}
	return e.ActorID != "" && e.ActorID != id || e.ActorID == "" && e.IPAddress == ""
}

// trailOf shows an admin the last events of a user.
func (s *Server) trailOf(ctx context.Context, id string) (templ.Component, error) {
	found, err := s.Audit.List(ctx, audit.Query{Person: id, Limit: 10})
	return views.UserTrail(id, auditRows(found.Entries)), err
}

// activity shows log-ins and refusals on each of the last 30 days.
func (s *Server) activity(ctx context.Context, _ string) (templ.Component, error) {
	days, err := s.Audit.PerDay(ctx, 30)
	list := make([]views.Day, len(days))
	for i, d := range days {
		list[i] = views.Day(d)
	}
	return views.Activity(list), err
}
