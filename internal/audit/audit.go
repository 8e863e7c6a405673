// Package audit keeps who did what to whom, when and from where: every event that internal/auth tells, written in the
// transaction that causes it. It owns the tables audit_*, and knows of people only their ids and what an event says.
//
// Events form a chain. Each row is sealed by an HMAC, whose key comes from APP_SECRET, over itself and everything before
// it; a head row, sealed too, says where the chain ends. A row that is edited, removed, put elsewhere or cut off is found
// by Verify. What the chain seals must stay, and what is somebody's own must be able to go: names, addresses, agents and
// notes lie in parts beside it, one for each person whom an event concerns, and the chain holds their salted hashes only.
// When an account is deleted its parts are deleted in the same transaction; Verify knows that from the chain itself.
//
// What it cannot see: a forger who knows APP_SECRET, and a database that was put back whole, rows and head, to an earlier
// moment, emptiness included. A running process that wrote later events logs an error about that at the next one. Against
// both, note the head that `server audit verify` prints somewhere else, and give it to
// a later verify. The addresses of strangers whom no account is known for belong to nobody: they stay until they are pruned.
//
// To rotate the secret, list the new one first; the old one may go after the next event. Should it go at once, the next
// event still gets in, and the head says from where on it vouches for nothing.
//
// To do without all this, delete this folder, migrations/0004_audit.sql, cmd/server/audit.go, web/admin_audit.go,
// views/admin_audit.templ, and the lines that then do not compile.
package audit

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/keys"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// EventPruned is the one event that is the trail's own: its old end was cut off on purpose.
const EventPruned event.Name = "audit_pruned"

// Events lists the names of all events a trail may hold, in alphabetical order.
func Events() []event.Name {
	list := append(event.All(), EventPruned)
	slices.Sort(list)
	return list
}

// Options is the one configuration of a Log.
type Options struct {
	Secrets []string         // of at least 32 characters; the first seals, all verify
	Now     func() time.Time // UTC in whole milliseconds
	Logger  *slog.Logger
}

// Log is the trail. It is safe for use by many goroutines and processes.
type Log struct {
	db *gorm.DB
	Options
	events, heads keys.MAC
	counted       refusals
	end           end
	last          last
	queue         queue
}

// New makes a Log on a migrated database.
func New(db *gorm.DB, o Options) (*Log, error) {
	ring, err := keys.New(o.Secrets)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	return &Log{
		db: db, Options: o, events: ring.MAC("audit event"), heads: ring.MAC("audit head"), end: newEnd(), queue: newQueue(),
	}, nil
}

// event is a row of the chain. Private holds the hash of each part, "" for one that was not kept, in the order of owners.
type record struct {
	Seq            int64 `gorm:"primaryKey;autoIncrement:false"`
	At             time.Time
	Event          string
	ActorID        string
	ImpersonatorID string
	SubjectID      string
	Detail         string
	Times          int64 // how often it happened: more than once for refusals alone
	Private        string
	MAC            string
}

// TableName implements gorm's Tabler.
func (record) TableName() string { return "audit_events" }

// head says where the chain ends, and where it begins since it was last pruned. BrokenSeq is the first event that was
// written after a head which no secret had sealed, 0 for none.
type head struct {
	ID         int
	Seq        int64
	Link       string
	PrunedSeq  int64
	PrunedLink string
	BrokenSeq  int64
	MAC        string
}

// TableName implements gorm's Tabler.
func (head) TableName() string { return "audit_head" }

// Record implements auth.Options.OnEvent: e is in the trail when tx commits, and not otherwise. Of refusals that are alike
// the first in a minute is written at once, and Run writes how many there were more.
func (l *Log) Record(tx *gorm.DB, e auth.Event) error {
	if e.Refused {
		return l.refuse(tx, e)
	}
	l.log(tx.Statement.Context, told{e, 1})
	return l.append(tx, told{e, 1})
}

// log tells what the trail holds in the log too: an attacker who edits the database cannot edit that.
func (l *Log) log(ctx context.Context, e told) {
	l.Logger.InfoContext(ctx, "auth", "event", e.Name, "actor", e.ActorID, "impersonator", e.ImpersonatorID,
		"subject", e.SubjectID, "detail", plain(e.Detail, maxDetail), "ip", e.IPAddress, "agent", e.UserAgent, "times", e.times)
}

// told is an event and how often it happened.
type told struct {
	auth.Event
	times int64
}

// append puts events at the end of the chain. Whoever else writes waits from here until tx ends: one chain has one end.
func (l *Log) append(tx *gorm.DB, list ...told) error {
	h, err := l.lockHead(tx)
	if err != nil {
		return err
	}
	rows := make([]record, len(list))
	var people, leaving []string
	for i, e := range list {
		rows[i] = record{
			Event: string(e.Name), ActorID: e.ActorID, ImpersonatorID: e.ImpersonatorID, SubjectID: e.SubjectID, Detail: plain(e.Detail, maxDetail), Times: e.times,
		}
		people = append(people, rows[i].owners()...)
		if e.Name == event.UserDeleted {
			leaving = append(leaving, e.SubjectID)
		}
	}
	gone, err := deleted(tx, people)
	if err != nil {
		return err
	}
	for _, id := range leaving {
		gone[id] = true
	}
	var parts []part
	for i := range rows {
		parts = append(parts, l.chain(&h, &rows[i], list[i].Event, gone)...)
	}
	err = tx.Create(&rows).Error
	if err == nil && len(parts) > 0 {
		err = tx.Create(&parts).Error
	}
	if err == nil && len(leaving) > 0 {
		err = tx.Delete(&part{}, "owner_id IN ?", leaving).Error
	}
	if err == nil {
		err = l.sealHead(tx, &h)
	}
	if t := endingOf(tx); err == nil && t != nil {
		t.AtEnd(func(committed bool) { l.last.note(h.point(), committed) })
	}
	return err
}

// lockHead waits for the end of the chain and reads it. It logs what no one who writes by this package can have done.
func (l *Log) lockHead(tx *gorm.DB) (h head, err error) {
	if err := l.end.take(tx); err != nil {
		return h, err
	}
	if err := tx.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate}).Take(&h, "id = 1").Error; err != nil {
		return h, err
	}
	if l.last.isAfter(h.point()) {
		l.Logger.ErrorContext(tx.Statement.Context, "audit: the trail was put back to an earlier state while it was written", "seq", h.Seq)
	}
	if !l.sealed(&h) && h.BrokenSeq == 0 {
		h.BrokenSeq = h.Seq + 1 // the new seal must not hide that the old one was missing
		l.Logger.ErrorContext(tx.Statement.Context, "audit: the head of the trail was altered, or APP_SECRET was replaced", "seq", h.BrokenSeq)
	}
	return h, nil
}

// chain makes row the end of the chain, and returns what lies beside it.
func (l *Log) chain(h *head, row *record, e auth.Event, gone map[string]bool) (parts []part) {
	row.Seq, row.At = h.Seq+1, l.Now()
	row.Private, parts = split(row, e, gone)
	encoded := row.encode(h.Link)
	row.MAC = seal(l.events, encoded)
	h.Seq, h.Link = row.Seq, link(encoded, row.MAC)
	return parts
}

func (l *Log) sealHead(tx *gorm.DB, h *head) error {
	h.MAC = seal(l.heads, h.encode())
	return tx.Select("seq", "link", "pruned_seq", "pruned_link", "broken_seq", "mac").Updates(h).Error
}

// sealed reports whether h is as this package wrote it. The one that the migration made has no seal yet.
func (l *Log) sealed(h *head) bool {
	return *h == head{ID: 1} || sealed(l.heads, h.encode(), h.MAC)
}

// deleted tells which of the people have no account any more, by what the chain says.
func deleted(tx *gorm.DB, people []string) (map[string]bool, error) {
	gone := map[string]bool{}
	var ids []string
	// Asked for strangers as well: else the time of a failed log-in would tell whether the address is somebody's.
	// Named here, event.UserDeleted finds the index that is for it alone.
	err := tx.Model(&record{}).Where("event = 'user_deleted' AND subject_id IN ?", people).Pluck("subject_id", &ids).Error
	for _, id := range ids {
		gone[id] = true
	}
	return gone, err
}

const (
	maxDetail = 500  // bytes; the longest that auth tells is a list of roles
	maxNote   = 2000 // a reason, not a story
	maxName   = 1100 // a name of 200 characters, an address
)

// plain is what both databases can keep of a text: no byte 0, no broken UTF-8, no more than max bytes.
func plain(s string, max int) string {
	s = strings.ReplaceAll(s, "\x00", "")
	if len(s) > max {
		s = s[:max]
	}
	return strings.ToValidUTF8(s, "")
}
