package audit

import (
	"context"
	"fmt"

	"gorm.io/gorm"
)

// Break is where a trail is not as it was written: at Seq, or before it where Why says so.
type Break struct {
	Seq int64
	Why string
}

// Error implements error.
func (b *Break) Error() string {
	return fmt.Sprintf("the trail is broken at event %d: %s", b.Seq, b.Why)
}

// Point names a place of the chain and, by Link, everything before it: whoever notes it elsewhere can tell later that it
// is still so.
type Point struct {
	Seq  int64
	Link string
}

// Report is what Verify has seen.
type Report struct {
	Events int64 // that are there, and as they were written
	Pruned int64 // that were cut off the old end on purpose
	Head   Point
}

// Verify reads the whole trail, as it is at one moment, and returns a *Break at the first place where it is not what was
// written. noted are points of earlier reports that must still be in it. It takes little memory and holds nobody up.
func (l *Log) Verify(ctx context.Context, noted ...Point) (Report, error) {
	w := &walk{Log: l, noted: noted}
	err := w.run(ctx)
	return w.report, err
}

// strays looks for parts beside no row.
func (w *walk) strays(tx *gorm.DB) error {
	var list []part
	err := tx.Where("seq <= ? OR seq > ?", w.head.PrunedSeq, w.at.Seq).Order("seq").Limit(1).Find(&list).Error
	for _, p := range list {
		w.fail(p.Seq, "a part lies there without an event")
	}
	return err
}

const whyReplaced = "the head before it was altered, or APP_SECRET was replaced at once: nothing vouches for what is older"

// end compares the chain with its head.
func (w *walk) end() {
	sealed := w.sealed(&w.head)
	whole := w.at == Point{w.head.Seq, w.head.Link}
	if sealed && whole {
		w.unsealed = 0
	}
	if w.unsealed > 0 && (w.found == nil || w.unsealed <= w.found.Seq) {
		w.found = &Break{w.unsealed, "it was edited or is not in its place, or what sealed it is no longer in APP_SECRET"}
	}
	switch {
	case !sealed:
		w.fail(w.head.Seq, "the head was altered, or what sealed it is no longer in APP_SECRET")
	case w.at.Seq < w.head.Seq:
		w.fail(w.at.Seq+1, "from here on the end is cut off")
	case !whole:
		w.fail(w.at.Seq, "it is not what the head says")
	case w.head.BrokenSeq > 0:
		w.fail(w.head.BrokenSeq, whyReplaced)
	}
	for _, p := range w.noted {
		if p.Seq > w.at.Seq {
			w.fail(w.at.Seq+1, fmt.Sprintf("the trail went on to event %d when that was noted", p.Seq))
		}
	}
}
