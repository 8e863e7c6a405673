package chain

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"

	"example.com/foyer/internal/audit"
	"gorm.io/gorm"
)

// Tampering is the first place where a trail is not as it was written: event Seq, or a place before it if Why says so.
type Tampering struct {
	Seq int64
	Why string
}

// Error implements error.
func (t *Tampering) Error() string {
	return fmt.Sprintf("the trail is broken at event %d: %s", t.Seq, t.Why)
}

// Report is the result of Verify.
type Report struct {
	Events int64 // verified
	Pruned int64 // deleted by Prune
	Head   Point
}

// Verify reads the whole trail, as it is at one moment, and returns a *Tampering if it is not as it was written. noted
// are heads of earlier reports that must still be in it. It reads in batches and blocks no writer.
func (c *Chain) Verify(ctx context.Context, noted ...Point) (Report, error) {
	w := &walk{Chain: c, noted: noted}
	err := w.run(ctx)
	return w.report, err
}

// batchSize is how many rows are read, and pruned, at a time.
const batchSize = 1000

// walk follows the chain from its oldest event to its head.
type walk struct {
	*Chain
	noted []Point
	cuts  cuts // for Prune

	report   Report
	head     audit.Head
	end      Point      // of the rows read
	unsealed int64      // the first row after the last valid seal, 0 for none; a valid seal covers all rows before it
	found    *Tampering // the first
}

func (w *walk) run(ctx context.Context) error {
	options := &sql.TxOptions{ReadOnly: true}
	if w.db.Name() == "postgres" {
		options.Isolation = sql.LevelRepeatableRead // transactions of SQLite see one moment anyway
	}
	pool, err := w.db.DB()
	if err != nil {
		return err
	}
	db := w.db.WithContext(ctx)
	db.Statement.ConnPool = pool // prepares nothing: each length of an IN list would stay prepared for an hour
	if err := db.Transaction(w.read, options); err != nil {
		return err
	}
	if w.checkEnd(); w.found != nil {
		return w.found
	}
	return nil
}

func (w *walk) read(tx *gorm.DB) error {
	if err := tx.Limit(1).Find(&w.head, "id = 1").Error; err != nil {
		return err
	}
	w.end = Point{w.head.PrunedSeq, w.head.PrunedLink}
	w.report.Pruned, w.report.Head = w.head.PrunedSeq, endOf(&w.head)
	if err := w.readRows(tx); err != nil || w.found != nil {
		return err
	}
	var orphans []audit.Personal
	err := tx.Where("seq <= ? OR seq > ?", w.head.PrunedSeq, w.end.Seq).Order("seq").Limit(1).Find(&orphans).Error
	for _, p := range orphans {
		w.fail(p.Seq, "personal data without an event")
	}
	return err
}

// readRows checks rows until one is missing.
func (w *walk) readRows(tx *gorm.DB) error {
	for last := int64(math.MinInt64); ; {
		var rows []audit.Row
		err := tx.Where("seq > ?", last).Order("seq").Limit(batchSize).Find(&rows).Error
		if err != nil || len(rows) == 0 {
			return err
		}
		deleted, err := readPersonal(tx, rows)
		if err != nil {
			return err
		}
		for i := range rows {
			if w.misplaced(rows[i].Seq) {
				return nil
			}
			w.checkRow(&rows[i])
			w.checkPersonal(&rows[i], deleted)
		}
		last = rows[len(rows)-1].Seq
	}
}

// readPersonal completes a batch of rows, and returns which of its users are deleted. It reads a range, because a list
// of as many numbers, as of Preload, takes both databases far longer.
func readPersonal(tx *gorm.DB, rows []audit.Row) (deleted map[string]bool, err error) {
	var list []audit.Personal
	err = tx.Where("seq BETWEEN ? AND ?", rows[0].Seq, rows[len(rows)-1].Seq).Order("seq").Find(&list).Error
	if err != nil {
		return nil, err
	}
	var owners []string
	for i := range rows {
		row := &rows[i]
		for len(list) > 0 && list[0].Seq <= row.Seq {
			row.Personal, list = append(row.Personal, list[0]), list[1:]
		}
		owners = append(owners, row.Owners()...)
	}
	slices.Sort(owners)
	return audit.Deleted(tx, slices.Compact(owners))
}

func (w *walk) fail(seq int64, why string) {
	if w.found == nil {
		w.found = &Tampering{seq, why}
	}
}

// misplaced reports whether seq is not the next row's. The links end there.
func (w *walk) misplaced(seq int64) bool {
	switch next := w.end.Seq + 1; {
	case seq > next:
		w.fail(next, "this event is missing")
	case seq < next:
		w.fail(seq, "this event is out of order")
	case seq > w.head.Seq && w.sealed(&w.head):
		w.fail(seq, "this event comes after the last sealed event")
	default:
		return false
	}
	return true
}

func (w *walk) checkRow(row *audit.Row) {
	encoded := encodeRow(row, w.end.Link)
	switch sealed := verified(w.events, encoded, row.MAC); {
	case sealed:
		w.unsealed = 0
	case w.unsealed == 0:
		w.unsealed = row.Seq
	}
	w.end = Point{row.Seq, link(encoded, row.MAC)}
	w.report.Events++
	w.cuts.add(w.end, row.At)
	for _, p := range w.noted {
		if p.Seq == w.end.Seq && p.Link != w.end.Link {
			w.fail(p.Seq, "this or an earlier event was changed after the given head was printed")
		}
	}
}

// checkPersonal compares the Personal rows with their hashes in row.
func (w *walk) checkPersonal(row *audit.Row, deleted map[string]bool) {
	owners, hashes := row.Owners(), strings.Split(row.Private, " ")
	if len(owners) != len(hashes) {
		w.fail(row.Seq, "this event was edited")
		return
	}
	for _, p := range row.Personal {
		i := slices.Index(owners, p.OwnerID)
		if i < 0 {
			w.fail(row.Seq, "personal data of an unrelated user is attached")
			continue
		}
		switch {
		case hashes[i] == "" || deleted[p.OwnerID]:
			w.fail(row.Seq, "personal data of a deleted user has reappeared")
		case hashPersonal(&p) != hashes[i]:
			w.fail(row.Seq, "the name, address, agent or note of this event was edited")
		}
		hashes[i] = ""
	}
	for i, hash := range hashes {
		if hash != "" && !deleted[owners[i]] {
			w.fail(row.Seq, "personal data is missing, though the user is not deleted")
		}
	}
}

const (
	whyUnsealed = "this event was edited or is not in its place, or its secret is no longer in APP_SECRET"
	whyReplaced = "before this event the head was altered, or APP_SECRET was replaced without keeping the old secret in " +
		"second place; the seals of older events cannot be checked"
)

// checkEnd compares the chain with its head.
func (w *walk) checkEnd() {
	sealed := w.sealed(&w.head)
	complete := w.end == endOf(&w.head)
	if w.unsealed > 0 && !(sealed && complete) && (w.found == nil || w.unsealed <= w.found.Seq) {
		w.found = &Tampering{w.unsealed, whyUnsealed}
	}
	switch {
	case !sealed:
		w.fail(w.head.Seq, "the row of audit_head is missing or altered, or its secret is no longer in APP_SECRET")
	case w.end.Seq < w.head.Seq:
		w.fail(w.end.Seq+1, "this event and all later ones were removed")
	case !complete:
		w.fail(w.end.Seq, "this event differs from the last event that the sealed head names")
	case w.head.BrokenSeq > 0:
		w.fail(w.head.BrokenSeq, whyReplaced)
	}
	for _, p := range w.noted {
		if p.Seq > w.end.Seq {
			w.fail(w.end.Seq+1, fmt.Sprintf("events up to %d existed when the given head was printed; they are gone", p.Seq))
		}
	}
}
