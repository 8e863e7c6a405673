package audit

import (
	"sync/atomic"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// LockHead locks the head until tx ends, and reads it.
func (l *Log) LockHead(tx *gorm.DB) (h Head, err error) {
	if err := l.turn.take(tx); err != nil {
		return h, err
	}
	err = tx.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate}).Take(&h, "id = 1").Error
	return h, err
}

// turn lets one transaction of this process at a time ask the database for the lock. If all of them queued there and
// the process froze, each would make other instances wait, one after the other.
type turn struct {
	taken chan struct{}
	owner *atomic.Pointer[transaction]
}

// transaction is what internal/database begins.
type transaction interface{ AtEnd(func(committed bool)) }

func newTurn() turn { return turn{make(chan struct{}, 1), &atomic.Pointer[transaction]{}} }

// take waits for the turn, which lasts until tx ends.
func (t turn) take(tx *gorm.DB) error {
	current := transactionOf(tx)
	if owner := t.owner.Load(); current == nil || owner != nil && *owner == current {
		return nil
	}
	select {
	case t.taken <- struct{}{}:
	case <-tx.Statement.Context.Done():
		return tx.Statement.Context.Err()
	}
	t.owner.Store(&current)
	current.AtEnd(func(bool) {
		t.owner.Store(nil)
		<-t.taken
	})
	return nil
}

// part:auditchain

// AtEnd calls fn once when tx has ended. committed is false if tx was rolled back or the outcome is unknown. fn must
// not write, because tx frees its turn to write only afterwards.
func AtEnd(tx *gorm.DB, fn func(committed bool)) {
	if t := transactionOf(tx); t != nil {
		t.AtEnd(fn)
	}
}

// end:auditchain

func transactionOf(tx *gorm.DB) transaction {
	pool := tx.Statement.ConnPool
	if prepared, ok := pool.(*gorm.PreparedStmtTX); ok {
		pool = prepared.Tx
	}
	t, _ := pool.(transaction)
	return t
}
