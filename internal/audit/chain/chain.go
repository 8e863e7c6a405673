// Package chain makes edits of the audit trail visible. An HMAC, whose key comes from APP_SECRET, seals each event
// together with all events before it; the head, sealed too, holds the end of the chain. Verify finds rows that were
// edited, removed, moved or cut off. Personal data must be able to go with its user, so an event seals only the salted
// hashes of its Personal rows. Verify accepts that Personal rows are missing only if the trail records user_deleted for
// their owner.
//
// Verify alone cannot find three things: a forgery made with APP_SECRET, a database restored from an earlier copy, and
// a trail emptied together with its head. Store the head that `server audit verify` prints outside this database and
// pass it to the next verify, which then finds them in all events up to that head. A running process logs an error at
// its next event if a restored copy lacks the newest event which that process wrote. This is a chance find, not a
// guarantee.
//
// To rotate the secret, put the new one first, and remove the old one after the next event. If the old one is removed
// at once, events are still recorded, but Verify reports the trail broken at that point. Events that were recorded
// without this package break the chain too.
package chain

import (
	"fmt"

	"example.com/foyer/internal/audit"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/keys"
	"gorm.io/gorm"
)

// EventPruned is recorded when the oldest events are deleted by Prune.
const EventPruned event.Name = "audit_pruned"

// Chain seals the events of an audit.Log. It is safe for use by many goroutines and processes.
type Chain struct {
	db            *gorm.DB
	log           *audit.Log
	events, heads keys.MAC
	newest        newest
}

// New makes a Chain for log, which seals its events once Seal is its Options.Seal. The first of secrets seals, all of
// them verify; each has 32 bytes or more.
func New(log *audit.Log, db *gorm.DB, secrets []string) (*Chain, error) {
	ring, err := keys.New(secrets)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	return &Chain{db: db, log: log, events: ring.MAC("audit event"), heads: ring.MAC("audit head")}, nil
}

// Seal implements audit.Options.Seal: it adds rows to the chain.
func (c *Chain) Seal(tx *gorm.DB, h *audit.Head, rows []audit.Row) {
	c.checkHead(tx, h)
	for i := range rows {
		row := &rows[i]
		row.Private = sealPersonal(row)
		encoded := encodeRow(row, h.Link)
		row.MAC = sign(c.events, encoded)
		h.Seq, h.Link = row.Seq, link(encoded, row.MAC)
	}
	h.MAC = sign(c.heads, encodeHead(h))
	end := endOf(h)
	audit.AtEnd(tx, func(committed bool) { c.newest.note(end, committed) })
}

// checkHead logs a rolled-back trail and a head with a bad seal. It marks the place of a bad seal in BrokenSeq, so that
// the new seal does not hide it.
func (c *Chain) checkHead(tx *gorm.DB, h *audit.Head) {
	fail := func(message string) {
		c.log.Logger.ErrorContext(tx.Statement.Context, "audit: "+message+"; run `server audit verify`", "seq", h.Seq)
	}
	if c.newest.rolledBackTo(endOf(h)) {
		fail("the trail was put back to an earlier state while the server ran")
	}
	if !c.sealed(h) && h.BrokenSeq == 0 {
		h.BrokenSeq = h.Seq + 1
		fail("the head of the trail was altered, or APP_SECRET was replaced")
	}
}

// sealed reports whether this package sealed h, or the trail is still empty as the migration made it.
func (c *Chain) sealed(h *audit.Head) bool {
	return *h == audit.Head{ID: 1} || verified(c.heads, encodeHead(h), h.MAC)
}
