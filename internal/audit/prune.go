package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/foyer/internal/auth"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// keptFor is what cannot be pruned: an account may be deleted while something about it is still to be written, and what
// happened last is what a thief would prune.
const keptFor = 7 * 24 * time.Hour

// Prune deletes the events before a time, which must be a week ago at least, and tells how many. It first verifies the whole
// trail and refuses with its *Break, except where that lies in what goes: then the trail is whole again. The head is sealed
// with the place where the chain begins from now on, and an event says what was done.
func (l *Log) Prune(ctx context.Context, before time.Time) (int64, error) {
	if l.Now().Sub(before) < keptFor {
		return 0, errors.New("audit: the last 7 days are kept")
	}
	w := &walk{Log: l, before: before}
	err := w.run(ctx)
	if len(w.marks) == 0 {
		return 0, err
	}
	last := w.marks[len(w.marks)-1]
	if goes := w.found != nil && w.found.Why == whyReplaced && w.found.Seq <= last.Seq; err != nil && !goes {
		return 0, err
	}
	detail := fmt.Sprintf("%d events before %s", last.Seq-w.head.PrunedSeq, before.Format(time.DateOnly))
	begin := w.head.PrunedSeq
	for i, to := range w.marks {
		err := l.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
			if i == 0 {
				if err := l.append(tx, told{auth.Event{Name: EventPruned, Detail: detail}, 1}); err != nil {
					return err
				}
			}
			return l.cut(tx, begin, to)
		})
		if err != nil {
			return begin - w.head.PrunedSeq, err
		}
		begin = to.Seq
	}
	return begin - w.head.PrunedSeq, nil
}

// cut deletes the events after from up to a point, and seals the head with it. Few at a time: others want to write.
func (l *Log) cut(tx *gorm.DB, from int64, to Point) error {
	var h head
	if err := tx.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate}).Take(&h, "id = 1").Error; err != nil {
		return err
	}
	if h.PrunedSeq != from || !l.sealed(&h) {
		return errors.New("audit: the trail was pruned or altered meanwhile")
	}
	if h.PrunedSeq, h.PrunedLink = to.Seq, to.Link; h.BrokenSeq <= to.Seq {
		h.BrokenSeq = 0
	}
	err := tx.Delete(&part{}, "seq <= ?", to.Seq).Error
	if err == nil {
		err = tx.Delete(&record{}, "seq <= ?", to.Seq).Error
	}
	if err == nil {
		err = l.sealHead(tx, &h)
	}
	return err
}
