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

// timeouts are the limits of a wait for a lock, of a statement, and of a transaction whose instance hangs, so that no
// instance blocks the others for long. All are shorter than the deadline of a request, 8 seconds.
var timeouts = []struct{ name, value string }{
	{"lock_timeout", "4s"}, {"statement_timeout", "7s"}, {"idle_in_transaction_session_timeout", "3s"},
}

// Bound sets time-outs for PostgreSQL from now on: lock_timeout 4 s, statement_timeout 7 s and
// idle_in_transaction_session_timeout 3 s, except those that the database URL sets. Call it when serving starts,
// because migrations and commands take longer. On SQLite it does nothing.
//
// settled reports whether each connection has a backend of its own. Behind a pooler in transaction mode it has not,
// and a setting of the connection would reach other clients. While settled is false, each transaction sets its
// time-outs itself, and a statement outside a transaction has none. When it is true, they are set on each connection.
func Bound(db *gorm.DB, settled func() bool) {
	if p := writerPoolOf(db); p.bounds != nil {
		p.bounds.settled.Store(&settled)
	}
}

// bounds are the time-outs of a pool; nil on SQLite.
type bounds struct {
	session string // the statements that set the time-outs of a connection
	local   string // and of a transaction; "" if the database URL sets all
	settled atomic.Pointer[func() bool]
}

// newBounds omits the time-outs that the database URL sets.
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

// opening returns the statements that a transaction begins with, "" for none.
func (b *bounds) opening() string {
	if b == nil {
		return ""
	}
	if settled := b.settled.Load(); settled == nil || (*settled)() {
		return ""
	}
	return b.local
}

// applied marks a connection that has the time-outs.
const applied = "database: time-outs"

// apply sets the time-outs of a connection once. It runs before each use.
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
