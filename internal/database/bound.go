package database

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"
)

// timeouts bound what one instance may hold up on PostgreSQL: a wait for a lock, a statement, and above all a transaction
// whose instance was stopped in the middle of it. All end before the 8 seconds of a request do.
var timeouts = []struct{ name, value string }{
	{"lock_timeout", "4s"}, {"statement_timeout", "7s"}, {"idle_in_transaction_session_timeout", "3s"},
}

// Bound sets time-outs on what runs on db from now on: lock_timeout 4 s, statement_timeout 7 s and
// idle_in_transaction_session_timeout 3 s, but for those that the database URL names. It is for serving: migrations and a
// walk through a long trail take longer. On SQLite it does nothing.
//
// settled tells whether a connection here stays one to the database: through a pooler in transaction mode it does not, and
// what is set on it would reach others. While settled is false each transaction opens with time-outs of its own, and a
// statement outside any transaction has none; once it is true, they are set on each connection.
func Bound(db *gorm.DB, settled func() bool) {
	if t := turnsOf(db); t.bounds != nil {
		t.bounds.settled.Store(&settled)
	}
}

// bounds is what Bound has set on a pool; nil on SQLite.
type bounds struct {
	session string // the statements that set all for a connection, or
	local   string // for a transaction; "" where the database URL names all
	settled atomic.Pointer[func() bool]
}

// newBounds leaves out the time-outs that are among the parameters of the database URL.
func newBounds(params map[string]string) *bounds {
	b := &bounds{}
	for _, t := range timeouts {
		if _, named := params[t.name]; named || strings.Contains(params["options"], t.name) {
			continue
		}
		b.session += fmt.Sprintf("SET %s = '%s';", t.name, t.value)
		b.local += fmt.Sprintf("SET LOCAL %s = '%s';", t.name, t.value)
	}
	return b
}

// opening is what a transaction begins with, "" for nothing.
func (b *bounds) opening() string {
	if b == nil {
		return ""
	}
	if settled := b.settled.Load(); settled == nil || (*settled)() {
		return ""
	}
	return b.local
}

// applied marks the connections that have the time-outs.
const applied = "database: time-outs"

// apply sets the time-outs on a connection, once, before it is used or used again.
func (b *bounds) apply(ctx context.Context, conn *pgx.Conn) error {
	marks := conn.PgConn().CustomData()
	if settled := b.settled.Load(); marks[applied] != nil || settled == nil || !(*settled)() {
		return nil
	}
	if err := conn.PgConn().Exec(ctx, b.session).Close(); err != nil {
		conn.Close(ctx)
		return driver.ErrBadConn
	}
	marks[applied] = true
	return nil
}
