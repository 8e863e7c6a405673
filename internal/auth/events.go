package auth

import (
	"log/slog"
	"maps"
	"net/http"
	"slices"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/text"
	"gorm.io/gorm"
)

// Event is one recorded act: who did what to which user, from where. It holds no secret. Names look like
// "Ada Lovelace <ada@example.com>"; deleted users have none.
type Event struct {
	Name             event.Name
	ActorID          string // the user who acted; "" for strangers, the command line and the purge
	ActorName        string
	ImpersonatorID   string // the admin who acted as ActorID, else ""
	ImpersonatorName string
	SubjectID        string // the user it happened to; "" if the address is unknown
	SubjectName      string
	Detail           string // such as "role: user → admin"; of personal data only which field changed
	Note             string // free text of a person, such as the reason of a ban
	IPAddress        string
	UserAgent        string

	// Refused marks an event that is recorded outside a transaction. An attacker can cause any number of them, so a
	// receiver should count them.
	Refused bool
}

// RecordRefusal records that the app refused a request; s is nil without a session. detail names the request. If
// recording fails, the error is logged and the request stays refused.
func (a *Auth) RecordRefusal(r *http.Request, s *Session, name event.Name, detail string) {
	e := newEvent(a.stranger(r), name, "")
	if s != nil {
		e = s.Event(name)
	}
	a.recordRefusal(r, e, detail)
}

// part:magiclink

// RecordFailure records that a stranger did not prove to be the user with userID, nil for none. detail names what was
// wrong.
func (a *Auth) RecordFailure(r *http.Request, userID *string, detail string) {
	a.recordRefusal(r, newEvent(a.stranger(r), event.SignInFailed, orEmpty(userID)), detail)
}

// end:magiclink

// Event returns an event of which the session's user is actor and subject. Packages of the app pass it to Record.
func (s *Session) Event(name event.Name) *Event { return newEvent(s.actor(), name, s.UserID) }

// recordEvent records an event at the end of t: the audit log locks its newest row, and should hold that lock briefly.
func (t *Tx) recordEvent(by actor, name event.Name, subjectID string) *Event {
	e := newEvent(by, name, subjectID)
	t.events = append(t.events, e)
	return e
}

func (a *Auth) recordRefusal(r *http.Request, e *Event, detail string) {
	e.Refused, e.Detail = true, detail
	if err := a.Record(a.db.WithContext(r.Context()), e); err != nil && r.Context().Err() == nil {
		a.opts.Logger.ErrorContext(r.Context(), "recording a refusal failed", "event", e.Name, "error", err)
	}
}

func newEvent(by actor, name event.Name, subjectID string) *Event {
	return &Event{
		Name: name, SubjectID: subjectID, ActorID: by.userID, ImpersonatorID: by.impersonatorID,
		IPAddress: by.ip, UserAgent: by.agent,
	}
}

// Record hands events to Options.OnEvent, with the names of their users. tx is the transaction that causes them; call
// it last, because the audit log lets other writers wait from here until tx ends.
func (a *Auth) Record(tx *gorm.DB, events ...*Event) error {
	for _, e := range events {
		if err := e.findNames(tx); err != nil {
			return err
		}
		if err := a.opts.OnEvent(tx, *e); err != nil {
			return err
		}
	}
	return nil
}

// findNames fills in the names that are missing. It asks the database only if there are any.
func (e *Event) findNames(tx *gorm.DB) error {
	missing := map[string][]*string{}
	for _, user := range []struct {
		id   string
		name *string
	}{{e.ActorID, &e.ActorName}, {e.ImpersonatorID, &e.ImpersonatorName}, {e.SubjectID, &e.SubjectName}} {
		if user.id != "" && *user.name == "" {
			missing[user.id] = append(missing[user.id], user.name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	var users []User
	err := tx.Select("id", "name", "email").Where("id IN ?", slices.Collect(maps.Keys(missing))).Find(&users).Error
	for _, u := range users {
		for _, name := range missing[u.ID] {
			*name = u.title()
		}
	}
	return err
}

func logEvent(log *slog.Logger) func(*gorm.DB, Event) error {
	return func(tx *gorm.DB, e Event) error {
		log.InfoContext(tx.Statement.Context, "auth", "event", e.Name, "actor", e.ActorID, "impersonator", e.ImpersonatorID,
			"subject", e.SubjectID, "detail", e.Detail, "ip", e.IPAddress, "agent", e.UserAgent)
		return nil
	}
}

// An actor is the user that acts, with the session and the browser. The zero actor stands for the command line, for the
// purge, and for a stranger that a warning must not describe.
type actor struct {
	userID         string // "" for a stranger
	sessionID      string // "" without a session
	impersonatorID string // the admin who acts as userID, else ""
	ip, agent      string // of the request
}

// stranger is the actor of a request without a session.
func (a *Auth) stranger(r *http.Request) actor {
	return actor{ip: a.opts.ClientIP(r), agent: text.Printable(r.UserAgent(), maxUserAgent)}
}

// maxUserAgent bounds what a client can make the store and the cache cookie carry; real ones stay below 300 bytes.
const maxUserAgent = 512

// Browser returns the IP address and the User-Agent of a request, in the form that rows store.
func (a *Auth) Browser(r *http.Request) (ip, agent string) {
	by := a.stranger(r)
	return by.ip, by.agent
}

// actorFor is the actor of a request that acts for a user without a session, such as one that opens a mailed link.
func (a *Auth) actorFor(r *http.Request, userID string) actor {
	by := a.stranger(r)
	by.userID = userID
	return by
}

// actor is the user of s; a nil session is the command line.
func (s *Session) actor() actor {
	if s == nil {
		return actor{}
	}
	by := actor{userID: s.UserID, sessionID: s.ID, ip: s.ip, agent: s.agent}
	if s.ImpersonatedBy != nil {
		by.impersonatorID = *s.ImpersonatedBy
	}
	return by
}
