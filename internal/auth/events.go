package auth

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"slices"

	"example.com/foyer/internal/auth/event"
	"gorm.io/gorm"
)

// Event says who did what, to whom, from where. It holds no secret. A name is "Ada Lovelace <ada@example.com>", and ""
// for who is deleted.
type Event struct {
	Name             event.Name
	ActorID          string // who did it; "" where nobody is signed in
	ActorName        string
	ImpersonatorID   string // the admin who acts as ActorID, "" where nobody does
	ImpersonatorName string
	SubjectID        string // the user it happened to; "" where the address is unknown
	SubjectName      string
	Detail           string // what of it, without what is somebody's own: "role: user → admin"
	Note             string // what a person wrote about it, such as why somebody is banned
	IPAddress        string
	UserAgent        string

	// Refused says that nothing was done: somebody was kept from it. Such events come outside a transaction, and as
	// often as somebody tries.
	Refused bool
}

// newEvent says that by did something to a subject; by is nil for the command line.
func newEvent(by *Session, name event.Name, subjectID string) *Event {
	e := &Event{Name: name, SubjectID: subjectID}
	if by != nil {
		e.ActorID, e.IPAddress, e.UserAgent = by.UserID, by.from.ip, by.from.agent
		if by.ImpersonatedBy != nil {
			e.ImpersonatorID = *by.ImpersonatedBy
		}
	}
	return e
}

// event is told when everything else of t is done: who keeps events in a chain holds its end for as short as can be, and
// holds nothing that t still waits for.
func (t *transaction) event(by *Session, name event.Name, subjectID string) *Event {
	e := newEvent(by, name, subjectID)
	t.events = append(t.events, e)
	return e
}

// tellEvents tells what t has noted.
func (a *Auth) tellEvents(t *transaction) error {
	for _, e := range t.events {
		if err := a.tellEvent(t.DB, e); err != nil {
			return err
		}
	}
	return nil
}

func (a *Auth) tellEvent(tx *gorm.DB, e *Event) error {
	if err := e.nameEverybody(tx); err != nil {
		return err
	}
	return a.opts.OnEvent(tx, *e)
}

// nameEverybody finds the names that are missing; where none is, and for strangers, it asks for nothing.
func (e *Event) nameEverybody(tx *gorm.DB) error {
	var missing map[string][]*string
	for _, who := range []struct {
		id   string
		name *string
	}{{e.ActorID, &e.ActorName}, {e.ImpersonatorID, &e.ImpersonatorName}, {e.SubjectID, &e.SubjectName}} {
		if who.id == "" || *who.name != "" {
			continue
		}
		if missing == nil {
			missing = map[string][]*string{}
		}
		missing[who.id] = append(missing[who.id], who.name)
	}
	if missing == nil {
		return nil
	}
	var people []User
	err := tx.Select("id", "name", "email").Where("id IN ?", slices.Collect(maps.Keys(missing))).Find(&people).Error
	for _, u := range people {
		for _, name := range missing[u.ID] {
			*name = u.title()
		}
	}
	return err
}

// title is what a user is called in events.
func (u *User) title() string { return u.Name + " <" + u.Email + ">" }

// tell is for events without a change.
func (a *Auth) tell(ctx context.Context, by *Session, name event.Name, subjectID string) error {
	return a.transact(ctx, func(t *transaction) error {
		t.event(by, name, subjectID)
		return nil
	})
}

// NoteRefusal tells that s, nil for a stranger, was not let through by the app: name is one of Events, detail what was
// tried. A refusal that cannot be told is logged, and stays a refusal.
func (a *Auth) NoteRefusal(r *http.Request, s *Session, name event.Name, detail string) {
	if s == nil {
		s = &Session{from: a.from(r)}
	}
	a.noteRefusal(r, newEvent(s, name, s.UserID), detail)
}

func (a *Auth) noteRefusal(r *http.Request, e *Event, detail string) {
	e.Refused, e.Detail = true, detail
	if err := a.tellEvent(a.db.WithContext(r.Context()), e); err != nil && r.Context().Err() == nil {
		a.opts.Logger.ErrorContext(r.Context(), "refusal not told", "event", e.Name, "error", err)
	}
}

func logEvent(log *slog.Logger) func(*gorm.DB, Event) error {
	return func(tx *gorm.DB, e Event) error {
		log.InfoContext(tx.Statement.Context, "auth", "event", e.Name, "actor", e.ActorID, "impersonator", e.ImpersonatorID, "subject", e.SubjectID, "detail", e.Detail, "ip", e.IPAddress, "agent", e.UserAgent)
		return nil
	}
}
