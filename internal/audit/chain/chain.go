// Package chain makes edits of the audit trail visible. An HMAC, whose key comes from APP_SECRET, seals each event
// together with all events before it; the head, sealed too, holds the end of the chain. Verify finds rows that were
// edited, removed, moved or cut off. Personal data must be able to go with its user, so an event seals only the salted
// hashes of its Personal rows; which of them are gone by right is known from the event user_deleted.
//
// Verify cannot find a forgery made with APP_SECRET, nor a database that was restored whole from an earlier copy.
// Against both, store the head that `server audit verify` prints elsewhere, and pass it to a later verify. A process
// that runs during such a restoration logs an error at its next event.
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

// checkHead logs what cannot be done through this package.
func (c *Chain) checkHead(tx *gorm.DB, h *audit.Head) {
	fail := func(message string) {
		c.log.Logger.ErrorContext(tx.Statement.Context, "audit: "+message, "seq", h.Seq)
	}
	if c.newest.isAfter(endOf(h)) {
		fail("the trail was put back to an earlier state while the server ran")
	}
	if !c.sealed(h) && h.BrokenSeq == 0 {
		h.BrokenSeq = h.Seq + 1 // the new seal must not hide that the old one was wrong
		fail("the head of the trail was altered, or APP_SECRET was replaced")
	}
}

// sealed reports whether this package wrote h, or the migration did.
func (c *Chain) sealed(h *audit.Head) bool {
	return *h == audit.Head{ID: 1} || verified(c.heads, encodeHead(h), h.MAC)
}
