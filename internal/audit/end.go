package audit

import (
	"sync/atomic"

	"gorm.io/gorm"
)

// end is the end of the chain, which one transaction of this process at a time may ask PostgreSQL for. Else all of them
// would queue there, and when the process is stopped in the middle, each would keep other instances waiting in turn.
type end struct {
	turn   chan struct{}
	holder *atomic.Pointer[ending]
}

// ending is a transaction that says when it has ended.
type ending interface{ AtEnd(func(committed bool)) }

// endingOf finds the transaction under tx; nil outside of one.
func endingOf(tx *gorm.DB) ending {
	pool := tx.Statement.ConnPool
	if prepared, ok := pool.(*gorm.PreparedStmtTX); ok {
		pool = prepared.Tx
	}
	t, _ := pool.(ending)
	return t
}

func newEnd() end { return end{make(chan struct{}, 1), &atomic.Pointer[ending]{}} }

// take waits until it is tx's turn, which lasts until tx ends. SQLite has one writer at a time anyway: its transactions do
// not say when they end.
func (e end) take(tx *gorm.DB) error {
	t, ok := tx.Statement.ConnPool.(ending)
	if !ok {
		return nil
	}
	if holder := e.holder.Load(); holder != nil && *holder == t {
		return nil
	}
	select {
	case e.turn <- struct{}{}:
	case <-tx.Statement.Context.Done():
		return tx.Statement.Context.Err()
	}
	e.holder.Store(&t)
	t.AtEnd(func(bool) {
		e.holder.Store(nil)
		<-e.turn
	})
	return nil
}
