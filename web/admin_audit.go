package web

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"example.com/foyer/internal/audit"
	"example.com/foyer/internal/audit/chain"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/id"
	"example.com/foyer/internal/text"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// eventNames are the names of events on pages.
var eventNames = map[event.Name]string{
	event.AccountUnlinked:      "Log-in method removed",
	event.CookieForged:         "Forged session cookie refused",
	event.CrossSite:            "Request from another site refused",
	event.DeletionAsked:        "Account deletion requested",
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
	event.PasswordReset:        "Password reset by mailed link",
	event.PasswordResetAsked:   "Password reset requested",
	event.PasswordSet:          "Password set by an administrator",
	event.RateLimited:          "Too many requests",
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
	event.VerificationSent:     "Verification mail sent",
	chain.EventPruned:          "Old events deleted", // part:auditchain
}

// eventWords are the names of events on pages, with those of the app.
func eventWords() map[event.Name]string {
	words := maps.Clone(eventNames)
	maps.Copy(words, appEvents)
	return words
}

// sentence makes words of the name of an event that has none, such as "paper_torn".
func sentence(name event.Name) string {
	words := strings.ReplaceAll(string(name), "_", " ")
	return strings.ToUpper(words[:1]) + words[1:]
}

// showAudit lists the events that match the query.
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
	if n := len(found.Entries); n > 0 && found.Newer {
		page.Newer = auditPath(page.Filter, "after", found.Entries[0].Seq)
	}
	if n := len(found.Entries); n > 0 && found.Older {
		page.Older = auditPath(page.Filter, "before", found.Entries[n-1].Seq)
	}
	return s.renderAudit(c, http.StatusOK, page)
}

func (s *Server) renderAudit(c *echo.Context, status int, p views.AuditPage) error {
	return s.renderPart(c, status, views.Audit(p), views.AuditList(p))
}

// eventChoices are the options of the filter, ordered by label: value and label alternate.
func eventChoices() []string {
	words := eventWords()
	names := slices.SortedFunc(maps.Keys(words), func(a, b event.Name) int { return strings.Compare(words[a], words[b]) })
	list := []string{"", "All"}
	for _, name := range names {
		list = append(list, string(name), words[name])
	}
	return list
}

// auditQuery parses the query into f, with what is wrong in it.
func (s *Server) auditQuery(c *echo.Context, f *views.AuditFilter) (q audit.Query, err error) {
	f.Event, f.Person = trim(c.QueryParam("event")), trim(c.QueryParam("person"))
	f.From, f.To = trim(c.QueryParam("from")), trim(c.QueryParam("to"))
	wrong := func(field, message string) {
		f.Errors = append(f.Errors, views.FieldError{Field: field, Message: message})
	}
	if f.Event != "" {
		q.Events = []event.Name{event.Name(f.Event)}
		if eventWords()[q.Events[0]] == "" {
			wrong("event", "There is no such event.")
		}
	}
	if q.Person, err = s.personID(c.Request().Context(), f.Person); err != nil {
		return q, err
	}
	if f.Person != "" && q.Person == "" {
		wrong("person", "Enter the id of a user, or a user's current e-mail address.")
	}
	var ok bool
	if q.From, ok = text.Day(f.From); !ok {
		wrong("from", "Enter a day such as 2026-05-31.")
	}
	last, ok := text.Day(f.To)
	switch {
	case !ok:
		wrong("to", "Enter a day such as 2026-05-31.")
	case f.To != "" && last.Before(q.From):
		wrong("to", "This day is before the first one.")
	case f.To != "":
		q.To = last.AddDate(0, 0, 1)
	}
	if q.Before, err = cursor(c, "before"); err != nil {
		return q, err
	}
	q.After, err = cursor(c, "after")
	return q, err
}

// cursor is the number of an event in the query, 0 for none.
func cursor(c *echo.Context, name string) (int64, error) {
	text := c.QueryParam(name)
	if text == "" {
		return 0, nil
	}
	seq, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, echo.ErrBadRequest
	}
	return seq, nil
}

// personID is the id of the user with this id or address, "" for none. Deleted users have ids, so ids are not looked
// up.
func (s *Server) personID(ctx context.Context, text string) (string, error) {
	if id.Is(text) {
		return text, nil
	}
	if !strings.Contains(text, "@") {
		return "", nil
	}
	user, err := s.Auth.UserByEmail(ctx, text)
	var e *errs.Error
	if errors.As(err, &e) && e.Status < 500 { // no such user
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return user.ID, nil
}

// auditPath is the address of an adjacent page with the same filter.
func auditPath(f views.AuditFilter, cursorName string, seq int64) string {
	query := url.Values{cursorName: {strconv.FormatInt(seq, 10)}}
	for name, value := range map[string]string{"event": f.Event, "person": f.Person, "from": f.From, "to": f.To} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return "/admin/audit?" + query.Encode()
}

func auditRows(entries []audit.Entry) (rows []views.AuditRow) {
	words := eventWords()
	for _, e := range entries {
		row := views.AuditRow{
			At: e.At, Event: cmp.Or(words[e.Name], sentence(e.Name)), Detail: e.Detail, Note: e.Note, Times: e.Times,
			Actor: auditPerson(e.ActorID, e.ActorName), NoActor: withoutActor(e), IP: e.IPAddress,
			Subject:    auditPerson(e.SubjectID, e.SubjectName),
			OwnAccount: e.ActorID != "" && e.ActorID == e.SubjectID,
		}
		if e.ImpersonatorID != "" {
			row.Actor, row.Impersonated = auditPerson(e.ImpersonatorID, e.ImpersonatorName), row.Actor
		}
		if e.UserAgent != "" {
			row.Browser = browser(e.UserAgent)
		}
		rows = append(rows, row)
	}
	return rows
}

// withoutActor labels the actor of an event without one: a stranger, who has an IP address, or else the command line.
// The IP address is deleted with the account that the stranger tried; then the two cannot be told apart.
func withoutActor(e audit.Entry) string {
	switch {
	case e.IPAddress != "":
		return "A stranger"
	case e.Name == event.UserDeleted && e.Detail == "never confirmed": // purged
		return "Automatic"
	case e.SubjectID != "" && e.SubjectName == "" && e.Name != event.UserDeleted:
		return "No longer known"
	}
	return "The command line"
}

// auditPerson is a person in the audit trail. Deleted users have no name.
func auditPerson(id, name string) views.AuditPerson {
	if id == "" {
		return views.AuditPerson{}
	}
	if name == "" {
		name = "Deleted user " + id[:min(8, len(id))]
	}
	return views.AuditPerson{Name: name, Href: "/admin/audit?person=" + url.QueryEscape(id)}
}
