package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"example.com/foyer/internal/audit"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/errs"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// eventWords says what happened as people do.
var eventWords = map[event.Name]string{
	event.AccountUnlinked:      "Way to log in removed",
	audit.EventPruned:          "Old events deleted",
	event.CookieForged:         "Forged session cookie refused",
	event.CrossSite:            "Request from another site refused",
	event.DeletionAsked:        "Deletion of the account asked for",
	event.EmailChangeAsked:     "Change of address asked for",
	event.EmailChanged:         "Address changed",
	event.EmailChangeStopped:   "Change of address stopped",
	event.EmailRestored:        "Change of address undone",
	event.EmailVerified:        "Address confirmed",
	event.Forbidden:            "Not allowed",
	event.ImpersonationStarted: "Acting as somebody started",
	event.ImpersonationStopped: "Acting as somebody ended",
	event.Invited:              "Invited",
	event.PasswordChanged:      "Password changed",
	event.PasswordRefused:      "Wrong current password",
	event.PasswordReset:        "Password reset by a mailed link",
	event.PasswordResetAsked:   "Link to reset the password asked for",
	event.PasswordSet:          "Password set by an administrator",
	event.RateLimited:          "Too many tries",
	event.Reauthenticated:      "Password entered again",
	event.RoleChanged:          "Role changed",
	event.SessionRevoked:       "A browser logged out from afar",
	event.SessionsRevoked:      "Browsers logged out from afar",
	event.SignIn:               "Logged in",
	event.SignInFailed:         "Failed log-in",
	event.SignOut:              "Logged out",
	event.SignUp:               "Signed up",
	event.UserBanned:           "Banned",
	event.UserCreated:          "Account made",
	event.UserDeleted:          "Account deleted",
	event.UserUnbanned:         "Ban lifted",
	event.UserUpdated:          "Profile changed",
	event.UsersExported:        "List of users exported",
	event.VerificationSent:     "Link to confirm the address sent",
}

// showAudit lists what happened, as the query asks.
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
	for _, e := range found.Entries {
		page.Rows = append(page.Rows, auditRow(e))
	}
	if n := len(found.Entries); n > 0 && found.Newer {
		page.Newer = auditPath(c, "after", found.Entries[0].Seq)
	}
	if n := len(found.Entries); n > 0 && found.Older {
		page.Older = auditPath(c, "before", found.Entries[n-1].Seq)
	}
	return s.renderAudit(c, http.StatusOK, page)
}

func (s *Server) renderAudit(c *echo.Context, status int, p views.AuditPage) error {
	if partial(c) {
		return s.render(c, status, views.AuditAnswer(p))
	}
	return s.render(c, status, views.Audit(p))
}

// eventChoices are the options of the filter: name and words in turn, ordered by the words.
func eventChoices() []string {
	names := audit.Events()
	slices.SortFunc(names, func(a, b event.Name) int { return strings.Compare(eventWords[a], eventWords[b]) })
	list := []string{"", "All"}
	for _, name := range names {
		list = append(list, string(name), eventWords[name])
	}
	return list
}

// auditQuery reads the filter from the address, and says in f what of it makes no sense.
func (s *Server) auditQuery(c *echo.Context, f *views.AuditFilter) (q audit.Query, err error) {
	f.Event, f.Person, f.From, f.To = trim(c.QueryParam("event")), trim(c.QueryParam("person")), trim(c.QueryParam("from")), trim(c.QueryParam("to"))
	wrong := func(field, message string) {
		f.Errors = append(f.Errors, views.FieldError{Field: field, Message: message})
	}
	if f.Event != "" {
		if q.Events = []event.Name{event.Name(f.Event)}; !slices.Contains(audit.Events(), q.Events[0]) {
			wrong("event", "There is no such event.")
		}
	}
	if q.Person, err = s.personID(c.Request().Context(), f.Person); err != nil {
		return q, err
	}
	if f.Person != "" && q.Person == "" {
		wrong("person", "Enter the id of a user, or the e-mail address that one has now.")
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

// personID is the user whom an id or an address means, "" for none.
func (s *Server) personID(ctx context.Context, text string) (string, error) {
	if len(text) == 32 && !strings.ContainsFunc(text, func(r rune) bool { return r > 'z' || !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		return text, nil // better-auth's ids are letters and digits
	}
	if !strings.Contains(text, "@") {
		return "", nil
	}
	user, err := s.Auth.UserByEmail(ctx, text)
	var e *errs.Error
	switch {
	case err == nil:
		return user.ID, nil
	case errors.As(err, &e) && e.Status < 500:
		return "", nil
	}
	return "", err
}

// day reads a day of UTC; none is the zero time.
func day(text string) (time.Time, bool) {
	if text == "" {
		return time.Time{}, true
	}
	t, err := time.Parse(time.DateOnly, text)
	return t, err == nil && t.Year() < 9999
}

// auditPath is the address of another page with the same filter.
func auditPath(c *echo.Context, cursor string, seq int64) string {
	query := url.Values{}
	for _, name := range []string{"event", "person", "from", "to"} {
		if value := trim(c.QueryParam(name)); value != "" {
			query.Set(name, value)
		}
	}
	query.Set(cursor, strconv.FormatInt(seq, 10))
	return "/admin/audit?" + query.Encode()
}

func auditRow(e audit.Entry) views.AuditRow {
	row := views.AuditRow{
		At: e.At, What: eventWords[e.Name], Who: auditPerson(e.ActorID, e.ActorName), Whom: auditPerson(e.SubjectID, e.SubjectName),
		Nobody: auditNobody(e), Address: e.IPAddress, Detail: e.Detail, Note: e.Note, Times: e.Times, Own: e.ActorID != "" && e.ActorID == e.SubjectID,
	}
	if e.ImpersonatorID != "" {
		row.Who, row.As = auditPerson(e.ImpersonatorID, e.ImpersonatorName), row.Who
	}
	if e.UserAgent != "" {
		row.Browser = browser(e.UserAgent)
	}
	return row
}

// auditNobody says who does what nobody known does. A stranger's address goes with the account that they tried: then who
// it was cannot be told from the command line any more, except where no stranger can do it.
func auditNobody(e audit.Entry) string {
	switch {
	case e.IPAddress != "":
		return "A stranger"
	case e.Name == event.UserDeleted && e.Detail == "never confirmed": // purged
		return "The clock"
	case e.SubjectID != "" && e.SubjectName == "" && e.Name != event.UserDeleted:
		return "Not known any more"
	}
	return "The command line"
}

// auditPerson is somebody as the trail has them; of who is deleted there is no name.
func auditPerson(id, name string) views.AuditPerson {
	if id == "" {
		return views.AuditPerson{}
	}
	if name == "" {
		name = "Deleted user " + id[:min(8, len(id))]
	}
	return views.AuditPerson{Name: name, Href: "/admin/audit?person=" + url.QueryEscape(id)}
}
