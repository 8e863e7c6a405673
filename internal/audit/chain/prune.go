package chain

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/foyer/internal/audit"
	"example.com/foyer/internal/auth"
	"gorm.io/gorm"
)

// keptFor is how long events cannot be pruned, so that a thief cannot prune the record of the theft. It also keeps the
// event user_deleted while a request under way may still write an event about that user.
const keptFor = 7 * 24 * time.Hour

// cuts collects where each transaction of Prune ends: at the last event of each batch that is older than before.
type cuts struct {
	before time.Time
	points []Point
	done   bool // an event was not older than before
}

func (c *cuts) add(p Point, at time.Time) {
	if c.done = c.done || !at.Before(c.before); c.done {
		return
	}
	if n := len(c.points); n > 0 && c.points[n-1].Seq%batchSize != 0 {
		c.points = c.points[:n-1]
	}
	c.points = append(c.points, p)
}

// Prune deletes the events before a time, which must be at least a week ago, and returns their number. It records an
// EventPruned. It verifies the trail first and returns its *Tampering, but goes on if the only damage is a replaced
// secret inside the pruned part.
func (c *Chain) Prune(ctx context.Context, before time.Time) (int64, error) {
	if c.log.Now().Sub(before) < keptFor {
		return 0, errors.New("audit: the last 7 days are kept")
	}
	w := &walk{Chain: c, cuts: cuts{before: before}}
	err := w.run(ctx)
	if len(w.cuts.points) == 0 {
		return 0, err
	}
	last := w.cuts.points[len(w.cuts.points)-1]
	mended := w.found != nil && w.found.Why == whyReplaced && w.found.Seq <= last.Seq
	if err != nil && !mended {
		return 0, err
	}
	begin := w.head.PrunedSeq
	detail := fmt.Sprintf("%d events before %s", last.Seq-begin, before.Format(time.DateOnly))
	var pruned int64
	for _, to := range w.cuts.points {
		err := c.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
			if pruned == 0 {
				if err := c.log.Record(tx, auth.Event{Name: EventPruned, Detail: detail}); err != nil {
					return err
				}
			}
			return c.cut(tx, begin+pruned, to)
		})
		if err != nil {
			return pruned, err
		}
		pruned = to.Seq - begin
	}
	return pruned, nil
}

// cut deletes the events after from up to a point, and seals the head with it. It takes few at a time, so that other
// writers wait only shortly.
func (c *Chain) cut(tx *gorm.DB, from int64, to Point) error {
	h, err := c.log.LockHead(tx)
	if err != nil {
		return err
	}
	if h.PrunedSeq != from || !c.sealed(&h) {
		return errors.New("audit: another process pruned the trail, or it was altered; run `server audit verify`")
	}
	if h.PrunedSeq, h.PrunedLink = to.Seq, to.Link; h.BrokenSeq <= to.Seq {
		h.BrokenSeq = 0
	}
	h.MAC = sign(c.heads, encodeHead(&h))
	if err := tx.Delete(&audit.Personal{}, "seq <= ?", to.Seq).Error; err != nil {
		return err
	}
	if err := tx.Delete(&audit.Row{}, "seq <= ?", to.Seq).Error; err != nil {
		return err
	}
	return tx.Select("*").Updates(&h).Error
}
