// Package audit records each event of internal/auth: its actor, its subject, the time and the IP address. The
// transaction that causes an event writes it. The package owns the tables audit_*; it knows users by id only.
//
// Rows of audit_events are added and never changed. They hold no personal data: names, addresses, agents and notes are
// rows of audit_private, one for each user of an event. When a user is deleted, their rows are deleted in the same
// transaction. A lock orders all writers, so that no event can bring the name of a deleted user back. An IP address
// of an event without a user stays.
//
// The columns private and mac of audit_events, salt of audit_private, and all of audit_head but seq stay empty, unless
// Options.Seal fills them.
package audit

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/text"
	"gorm.io/gorm"
)

// Options is the one configuration of a Log.
type Options struct {
	Now    func() time.Time // UTC in whole milliseconds
	Logger *slog.Logger

	// Seal fills columns of its own in h and rows before they are written. It runs under the lock of h. The default
	// fills none.
	Seal func(tx *gorm.DB, h *Head, rows []Row)
}

// Log is the audit trail. It is safe for use by many goroutines and processes.
type Log struct {
	Options
	db       *gorm.DB
	turn     turn
	refusals refusals
	queue    queue
}

// New makes a Log on a migrated database.
func New(db *gorm.DB, o Options) *Log {
	return &Log{Options: o, db: db, turn: newTurn(), queue: newQueue()}
}

// Row is an event as it is stored.
type Row struct {
	Seq            int64 `gorm:"primaryKey;autoIncrement:false"`
	At             time.Time
	Event          string
	ActorID        string
	ImpersonatorID string
	SubjectID      string
	Detail         string
	Times          int64  // how often it happened; more than once for refusals only
	Private        string // of Seal
	MAC            string // of Seal

	Personal []Personal `gorm:"foreignKey:Seq;references:Seq"`
}

// TableName implements gorm's Tabler.
func (Row) TableName() string { return "audit_events" }

// Personal is what an event says about one user, and is deleted with that user.
type Personal struct {
	Seq       int64  `gorm:"primaryKey;autoIncrement:false"`
	OwnerID   string `gorm:"primaryKey"` // "" for a stranger
	Salt      string // of Seal
	Name      string
	IPAddress string
	UserAgent string
	Note      string
}

// TableName implements gorm's Tabler.
func (Personal) TableName() string { return "audit_private" }

// Head is the one row that every writer locks.
type Head struct {
	ID  int
	Seq int64 // of the newest event

	// Of Seal.
	Link       string
	PrunedSeq  int64
	PrunedLink string
	BrokenSeq  int64
	MAC        string
}

// TableName implements gorm's Tabler.
func (Head) TableName() string { return "audit_head" }

// Record implements auth.Options.OnEvent. It writes e in tx. A refusal is written in a transaction of its own: the
// first of a kind at once, the number of the others each minute by Run.
func (l *Log) Record(tx *gorm.DB, e auth.Event) error {
	if e.Refused {
		return l.recordRefusal(tx, e)
	}
	l.log(tx.Statement.Context, counted{e, 1})
	return l.append(tx, counted{e, 1})
}

// log writes e to the log too: an attacker who edits the database cannot edit that.
func (l *Log) log(ctx context.Context, e counted) {
	l.Logger.InfoContext(ctx, "auth", "event", e.Name, "actor", e.ActorID, "impersonator", e.ImpersonatorID,
		"subject", e.SubjectID, "detail", text.Storable(e.Detail, maxDetail), "ip", e.IPAddress, "agent", e.UserAgent,
		"times", e.times)
}

// counted is an event and how often it happened.
type counted struct {
	auth.Event
	times int64
}

// append writes events. From here until tx ends, other writers wait.
func (l *Log) append(tx *gorm.DB, list ...counted) error {
	head, err := l.LockHead(tx)
	if err != nil {
		return err
	}
	rows := make([]Row, len(list))
	var owners, leaving []string
	for i, e := range list {
		rows[i] = Row{
			Seq: head.Seq + 1 + int64(i), At: l.Now(), Event: string(e.Name), ActorID: e.ActorID,
			ImpersonatorID: e.ImpersonatorID, SubjectID: e.SubjectID, Detail: text.Storable(e.Detail, maxDetail), Times: e.times,
		}
		owners = append(owners, rows[i].Owners()...)
		if e.Name == event.UserDeleted {
			leaving = append(leaving, e.SubjectID)
		}
	}
	deleted, err := Deleted(tx, owners)
	if err != nil {
		return err
	}
	for _, id := range leaving {
		deleted[id] = true
	}
	for i := range rows {
		rows[i].Personal = personal(&rows[i], list[i].Event, deleted)
	}
	if l.Seal != nil {
		l.Seal(tx, &head, rows)
	}
	if err := tx.Create(&rows).Error; err != nil { // and their Personal
		return err
	}
	if len(leaving) > 0 {
		if err := tx.Delete(&Personal{}, "owner_id IN ?", leaving).Error; err != nil {
			return err
		}
	}
	head.Seq = rows[len(rows)-1].Seq
	return tx.Select("*").Updates(&head).Error
}

// Owners lists the users of an event, each once; "" if it has none.
func (r *Row) Owners() (list []string) {
	for _, id := range []string{r.ActorID, r.ImpersonatorID, r.SubjectID} {
		if id != "" && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	if list == nil {
		return []string{""}
	}
	return list
}

// personal divides the personal data of e among its owners. Deleted users get none.
func personal(row *Row, e auth.Event, deleted map[string]bool) (list []Personal) {
	names := map[string]string{e.SubjectID: e.SubjectName, e.ImpersonatorID: e.ImpersonatorName, e.ActorID: e.ActorName}
	names[""] = ""
	// The address belongs to the user at the browser; for a failed log-in, to the account that was tried.
	browser := cmp.Or(e.ImpersonatorID, e.ActorID, e.SubjectID)
	for _, id := range row.Owners() {
		if deleted[id] {
			continue
		}
		p := Personal{Seq: row.Seq, OwnerID: id, Name: text.Storable(names[id], maxName)}
		if id == browser {
			p.IPAddress, p.UserAgent = text.Storable(e.IPAddress, maxName), text.Storable(e.UserAgent, maxName)
		}
		if id == e.SubjectID {
			p.Note = text.Storable(e.Note, maxNote)
		}
		list = append(list, p)
	}
	return list
}

// Deleted reports which of the users are deleted, as the trail has it.
func Deleted(tx *gorm.DB, users []string) (map[string]bool, error) {
	deleted := map[string]bool{}
	var ids []string
	// It asks for strangers too: otherwise the time of a failed log-in would show whether the address has an account.
	// The name is part of the SQL, because only then the partial index of event.UserDeleted is used.
	err := tx.Model(&Row{}).Where("event = 'user_deleted' AND subject_id IN ?", users).Pluck("subject_id", &ids).Error
	for _, id := range ids {
		deleted[id] = true
	}
	return deleted, err
}

// Longest texts in bytes.
const (
	maxDetail = 500  // a list of roles
	maxNote   = 2000 // a reason
	maxName   = 1100 // a name of 200 characters and an address
)
