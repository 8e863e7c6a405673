package web

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"example.com/foyer/internal/audit"
	"example.com/foyer/internal/audit/chain"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/errs"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// eventWords are the events as people read them.
var eventWords = map[event.Name]string{
	event.AccountUnlinked:      "Log-in method removed",
	event.CookieForged:         "Forged session cookie refused",
	event.CrossSite:            "Request from another site refused",
	event.DeletionAsked:        "Deletion of the account requested",
	event.EmailChangeAsked:     "Change of address requested",
	event.EmailChanged:         "Address changed",
	event.EmailChangeStopped:   "Change of address stopped",
	event.EmailRestored:        "Change of address undone",
	event.EmailVerified:        "Address confirmed",
	event.Forbidden:            "Not allowed",
	event.ImpersonationStarted: "Impersonation started",
	event.ImpersonationStopped: "Impersonation ended",
	event.Invited:              "Invited",
	event.PasswordChanged:      "Password changed",
	event.PasswordRefused:      "Wrong current password",
	event.PasswordReset:        "Password reset by a mailed link",
	event.PasswordResetAsked:   "Password reset requested",
	event.PasswordSet:          "Password set by an administrator",
	event.RateLimited:          "Too many tries",
	event.Reauthenticated:      "Password entered again",
	event.RoleChanged:          "Role changed",
	event.SessionRevoked:       "Session ended remotely",
	event.SessionsRevoked:      "Sessions ended remotely",
	event.SignIn:               "Logged in",
	event.SignInFailed:         "Failed log-in",
	event.SignOut:              "Logged out",
	event.SignUp:               "Signed up",
	event.UserBanned:           "Banned",
	event.UserCreated:          "Account created",
	event.UserDeleted:          "Account deleted",
	event.UserUnbanned:         "Ban lifted",
	event.UserUpdated:          "Profile changed",
	event.UsersExported:        "List of users exported",
	event.VerificationSent:     "Link to confirm the address sent",
	chain.EventPruned:          "Old events deleted", // part:auditchain
}

// showAudit lists the events that the query asks for.
func (s *Server) showAudit(c *echo.Context) error {
	page := views.AuditPage{Filter: views.AuditFilter{Events: eventChoices()}}
	q, err := s.auditQuery(c, &page.Filter)
	if err != nil {
		return err
	}
	if len(page.Filter.Errors) > 0 {
		return s.renderAudit(c, http.StatusUnprocessableEntity, page)
	}
	found, err := s.Audit.List(c.Request().Context(), q)
	if err != nil {
		return err
	}
	page.Rows = auditRows(found.Entries)
	if n := len(found.Entries); n > 0 {
		if found.Newer {
			page.Newer = auditPath(page.Filter, "after", found.Entries[0].Seq)
		}
		if found.Older {
			page.Older = auditPath(page.Filter, "before", found.Entries[n-1].Seq)
		}
	}
	return s.renderAudit(c, http.StatusOK, page)
}

func (s *Server) renderAudit(c *echo.Context, status int, p views.AuditPage) error {
	if partial(c) {
		return s.render(c, status, views.AuditAnswer(p))
	}
	return s.render(c, status, views.Audit(p))
}

// eventChoices are the options of the filter, ordered by their labels: value and label in turn.
func eventChoices() []string {
	names := slices.SortedFunc(maps.Keys(eventWords), func(a, b event.Name) int {
		return strings.Compare(eventWords[a], eventWords[b])
	})
	list := []string{"", "All"}
	for _, name := range names {
		list = append(list, string(name), eventWords[name])
	}
	return list
}

// auditQuery reads the filter and the cursor from the address. Mistakes in the filter end up in f.
func (s *Server) auditQuery(c *echo.Context, f *views.AuditFilter) (q audit.Query, err error) {
	f.Event, f.Person = trim(c.QueryParam("event")), trim(c.QueryParam("person"))
	f.From, f.To = trim(c.QueryParam("from")), trim(c.QueryParam("to"))
	wrong := func(field, message string) {
		f.Errors = append(f.Errors, views.FieldError{Field: field, Message: message})
	}
	if f.Event != "" {
		q.Events = []event.Name{event.Name(f.Event)}
		if eventWords[q.Events[0]] == "" {
			wrong("event", "There is no such event.")
		}
	}
	if q.Person, err = s.personID(c.Request().Context(), f.Person); err != nil {
		return q, err
	}
	if f.Person != "" && q.Person == "" {
		wrong("person", "Enter the id of a user, or their current e-mail address.")
	}
	var okFrom, okTo bool
	if q.From, okFrom = day(f.From); !okFrom {
		wrong("from", "Enter a day such as 2026-05-31.")
	}
	if q.To, okTo = day(f.To); !okTo {
		wrong("to", "Enter a day such as 2026-05-31.")
	} else if f.To != "" {
		if q.To.Before(q.From) {
			wrong("to", "This day is before the first one.")
		}
		q.To = q.To.AddDate(0, 0, 1)
	}
	for name, cursor := range map[string]*int64{"before": &q.Before, "after": &q.After} {
		if text := c.QueryParam(name); text != "" {
			if *cursor, err = strconv.ParseInt(text, 10, 64); err != nil {
				return q, echo.ErrBadRequest
			}
		}
	}
	return q, nil
}

// personID returns the id of the user whose id or address text is, "" for none.
func (s *Server) personID(ctx context.Context, text string) (string, error) {
	notInID := func(r rune) bool { return r > 'z' || !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	if len(text) == 32 && !strings.ContainsFunc(text, notInID) {
		return text, nil // looks like an id of better-auth
	}
	if !strings.Contains(text, "@") {
		return "", nil
	}
	user, err := s.Auth.UserByEmail(ctx, text)
	if e := (*errs.Error)(nil); errors.As(err, &e) && e.Status < 500 {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return user.ID, nil
}

// day reads a day of UTC; "" is the zero time.
func day(text string) (time.Time, bool) {
	if text == "" {
		return time.Time{}, true
	}
	t, err := time.Parse(time.DateOnly, text)
	return t, err == nil && t.Year() < 9999
}

// auditPath is the address of another page with the same filter.
func auditPath(f views.AuditFilter, cursor string, seq int64) string {
	query := url.Values{cursor: {strconv.FormatInt(seq, 10)}}
	for name, value := range map[string]string{"event": f.Event, "person": f.Person, "from": f.From, "to": f.To} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return "/admin/audit?" + query.Encode()
}

func auditRows(entries []audit.Entry) (rows []views.AuditRow) {
	for _, e := range entries {
		row := views.AuditRow{
			At: e.At, What: eventWords[e.Name], Times: e.Times, Detail: e.Detail, Note: e.Note, Address: e.IPAddress,
			Actor: auditPerson(e.ActorID, e.ActorName), Subject: auditPerson(e.SubjectID, e.SubjectName),
			NoActor: noActor(e), Self: e.ActorID != "" && e.ActorID == e.SubjectID,
		}
		if e.ImpersonatorID != "" {
			row.Impersonated, row.Actor = row.Actor, auditPerson(e.ImpersonatorID, e.ImpersonatorName)
		}
		if e.UserAgent != "" {
			row.Browser = browser(e.UserAgent)
		}
		rows = append(rows, row)
	}
	return rows
}

// noActor is the label of an event without an actor. When the subject is deleted, a stranger's address goes too; then
// a stranger and the command line cannot be told apart, unless only the command line can do it.
func noActor(e audit.Entry) string {
	switch {
	case e.IPAddress != "":
		return "A stranger"
	case e.Name == event.UserDeleted && e.Detail == "never confirmed": // by auth.Purge
		return "Automatic"
	case e.SubjectID != "" && e.SubjectName == "" && e.Name != event.UserDeleted:
		return "Not known any more"
	}
	return "The command line"
}

// auditPerson is a user as the trail has them; the name of a deleted user is "".
func auditPerson(id, name string) views.AuditPerson {
	if id == "" {
		return views.AuditPerson{}
	}
	if name == "" {
		name = "Deleted user " + id[:min(8, len(id))]
	}
	return views.AuditPerson{Name: name, Href: "/admin/audit?person=" + url.QueryEscape(id)}
}
