package web

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"example.com/foyer/internal/audit"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/id"
	"example.com/foyer/internal/text"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

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
	words := knownEvents()
	names := slices.SortedFunc(maps.Keys(words), func(a, b event.Name) int {
		return strings.Compare(words[a].name, words[b].name)
	})
	list := []string{"", "All"}
	for _, name := range names {
		list = append(list, string(name), words[name].name)
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
		if knownEvents()[q.Events[0]].name == "" {
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
		wrong("from", "Choose a day.")
	}
	last, ok := text.Day(f.To)
	switch {
	case !ok:
		wrong("to", "Choose a day.")
	case f.To != "" && last.Before(q.From):
		wrong("to", "Choose a day after the first one, or the same.")
	case f.To != "" && last.AddDate(0, 0, 1).Year() <= 9999: // no event is later
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
	if e := errs.Of(err); e != nil && e.Status < 500 { // no such user
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
