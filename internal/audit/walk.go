package audit

import (
	"context"
	"database/sql"
	"math"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
)

// walkAt is how many rows are read at a time.
const walkAt = 1000

// walk goes along the chain from its old end to its head.
type walk struct {
	*Log
	noted  []Point
	before time.Time // what is older is marked

	report   Report
	head     head
	at       Point // the last event that was looked at
	unsealed int64 // the first of the events that no seal vouches for yet, 0 for none
	found    *Break
	marks    []Point // of the events older than before: every so many, and the last
	young    bool    // the first one that is not has come
}

func (w *walk) run(ctx context.Context) error {
	options := &sql.TxOptions{ReadOnly: true}
	if w.db.Name() == "postgres" {
		options.Isolation = sql.LevelRepeatableRead // SQLite's transactions see one moment anyway
	}
	pool, err := w.db.DB()
	if err != nil {
		return err
	}
	db := w.db.WithContext(ctx)
	db.Statement.ConnPool = pool // unprepared: else each number of people in a batch is a statement that is kept for an hour
	err = db.Transaction(func(tx *gorm.DB) error {
		if err := tx.Limit(1).Find(&w.head, "id = 1").Error; err != nil {
			return err
		}
		w.at = Point{w.head.PrunedSeq, w.head.PrunedLink}
		w.report.Pruned, w.report.Head = w.head.PrunedSeq, Point{w.head.Seq, w.head.Link}
		if err := w.rows(tx); err != nil || w.found != nil {
			return err
		}
		return w.strays(tx)
	}, options)
	if err != nil {
		return err
	}
	if w.end(); w.found != nil {
		return w.found
	}
	return nil
}

// rows follows the links until a row is missing.
func (w *walk) rows(tx *gorm.DB) error {
	for last := int64(math.MinInt64); ; {
		var rows []record
		if err := tx.Where("seq > ?", last).Order("seq").Limit(walkAt).Find(&rows).Error; err != nil || len(rows) == 0 {
			return err
		}
		parts, gone, err := beside(tx, rows)
		if err != nil {
			return err
		}
		for i := range rows {
			row := &rows[i]
			if w.misplaced(row) {
				return nil
			}
			w.row(row)
			w.parts(row, parts[row.Seq], gone)
		}
		last = rows[len(rows)-1].Seq
	}
}

// beside reads the parts of a batch of rows, and who of their owners is gone.
func beside(tx *gorm.DB, rows []record) (parts map[int64][]part, gone map[string]bool, err error) {
	var list []part
	if err := tx.Where("seq BETWEEN ? AND ?", rows[0].Seq, rows[len(rows)-1].Seq).Find(&list).Error; err != nil {
		return nil, nil, err
	}
	parts = map[int64][]part{}
	for _, p := range list {
		parts[p.Seq] = append(parts[p.Seq], p)
	}
	var people []string
	for i := range rows {
		people = append(people, rows[i].owners()...)
	}
	slices.Sort(people)
	gone, err = deleted(tx, slices.Compact(people))
	return parts, gone, err
}

func (w *walk) fail(seq int64, why string) {
	if w.found == nil {
		w.found = &Break{seq, why}
	}
}

// misplaced reports whether row is not the next one: there the links end.
func (w *walk) misplaced(row *record) bool {
	switch next := w.at.Seq + 1; {
	case row.Seq > next:
		w.fail(next, "it is missing")
	case row.Seq < next:
		w.fail(row.Seq, "it does not belong there")
	case row.Seq > w.head.Seq && w.sealed(&w.head):
		w.fail(row.Seq, "it comes after the end")
	default:
		return false
	}
	return true
}

// row looks at one row and moves on to it.
func (w *walk) row(row *record) {
	encoded := row.encode(w.at.Link)
	switch sealed := sealed(w.events, encoded, row.MAC); {
	case sealed:
		w.unsealed = 0
	case w.unsealed == 0:
		w.unsealed = row.Seq
	}
	w.at = Point{row.Seq, link(encoded, row.MAC)}
	w.report.Events++
	w.mark(row)
	for _, p := range w.noted {
		if p.Seq == w.at.Seq && p.Link != w.at.Link {
			w.fail(p.Seq, "this or an earlier event is another one than when it was noted")
		}
	}
}

func (w *walk) mark(row *record) {
	if w.young = w.young || !row.At.Before(w.before); w.young {
		return
	}
	if n := len(w.marks); n > 0 && w.marks[n-1].Seq%walkAt != 0 {
		w.marks = w.marks[:n-1]
	}
	w.marks = append(w.marks, w.at)
}

// parts compares what lies beside a row with the hashes in it.
func (w *walk) parts(row *record, parts []part, gone map[string]bool) {
	owners, hashes := row.owners(), strings.Split(row.Private, " ")
	if len(owners) != len(hashes) {
		w.fail(row.Seq, "it was edited")
		return
	}
	for _, p := range parts {
		i := slices.Index(owners, p.OwnerID)
		switch {
		case i < 0:
			w.fail(row.Seq, "a part of somebody lies beside it whom it does not concern")
		case hashes[i] == "" || gone[p.OwnerID]:
			w.fail(row.Seq, "the part of somebody whose account is deleted is there again")
		case p.hash() != hashes[i]:
			w.fail(row.Seq, "a name, an address, an agent or a note beside it was edited")
		}
		if i >= 0 {
			hashes[i] = ""
		}
	}
	for i, hash := range hashes {
		if hash != "" && !gone[owners[i]] {
			w.fail(row.Seq, "the part of somebody is missing whose account is not deleted")
		}
	}
}
