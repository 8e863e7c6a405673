package web

import (
	"cmp"
	"context"
	"slices"

	"example.com/foyer/internal/audit"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/views"
	"github.com/a-h/templ"
)

// ownEvents are the events that users see of their own account: of refusals, only wrong passwords, codes and passkeys.
var ownEvents = slices.DeleteFunc(event.All(), func(name event.Name) bool {
	return slices.Contains([]event.Name{event.RateLimited, event.CrossSite, event.Forbidden, event.CookieForged}, name)
})

// recentEvents draws the last events of the visitor's account. Of an admin, who acts on the account or by the
// command line, it shows neither name nor IP address nor browser.
func (s *Server) recentEvents(ctx context.Context, id string) (templ.Component, error) {
	found, err := s.Audit.List(ctx, audit.Query{Person: id, Events: ownEvents, Limit: 10})
	rows := auditRows(found.Entries)
	for i, e := range found.Entries {
		row, actor := &rows[i], cmp.Or(e.ImpersonatorID, e.ActorID)
		switch {
		case actor == id:
			row.Actor.Name = "You"
		case actor == "" && e.IPAddress != "":
			row.Actor.Name = "Not logged in"
		default:
			row.Actor.Name, row.IP, row.Browser = "An admin", "", ""
		}
	}
	return views.RecentEvents(rows), err
}

// part:admin

// trailOf draws the last events in which a user is actor or subject, for admins.
func (s *Server) trailOf(ctx context.Context, id string) (templ.Component, error) {
	found, err := s.Audit.List(ctx, audit.Query{Person: id, Limit: 10})
	return views.UserTrail(id, auditRows(found.Entries)), err
}

// end:admin

// activity draws the number of log-ins and refusals on each of the last 30 days.
func (s *Server) activity(ctx context.Context, _ string) (templ.Component, error) {
	days, err := s.Audit.PerDay(ctx, 30)
	chart := views.Chart{
		ID: "activity", Title: "The last 30 days", Sentence: "Log-ins and refusals of each day (UTC)", Group: "Day",
		Series: []views.Series{{Name: "Log-ins"}, {Name: "Refusals"}},
	}
	for _, d := range days {
		chart.Labels = append(chart.Labels, views.Date(d.Date))
		for i, n := range []int64{d.SignIns, d.Refusals} {
			chart.Series[i].Numbers = append(chart.Series[i].Numbers, n)
		}
	}
	return chart.Draw(), err
}
