package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"

	"example.com/foyer/internal/errs"
	"github.com/ncruces/go-sqlite3"
	"gorm.io/gorm"
)

// dialect adds to a GORM dialect the translation of outages, so that no caller has to know a driver.
type dialect struct{ gorm.Dialector }

// Translate implements gorm.ErrorTranslator.
func (d dialect) Translate(err error) error {
	if away(err) {
		return errs.Unavailable(err)
	}
	if t, ok := d.Dialector.(gorm.ErrorTranslator); ok {
		return t.Translate(err)
	}
	return err
}

// SavePoint implements gorm.SavePointerDialectorInterface.
func (d dialect) SavePoint(tx *gorm.DB, name string) error {
	return d.Dialector.(gorm.SavePointerDialectorInterface).SavePoint(tx, name)
}

// RollbackTo implements gorm.SavePointerDialectorInterface.
func (d dialect) RollbackTo(tx *gorm.DB, name string) error {
	return d.Dialector.(gorm.SavePointerDialectorInterface).RollbackTo(tx, name)
}

// away tells an outage from a mistake. PostgreSQL names it by SQLSTATE class: 08 connection, 53 resources,
// 57 operator intervention, 58 system error, and 40 for a transaction the server asks to repeat.
func away(err error) bool {
	// Not net.Error: every SQLite error has its methods too, duplicate keys among them.
	var dial *net.OpError
	var lookup *net.DNSError
	if errors.As(err, &dial) || errors.As(err, &lookup) {
		return true
	}
	var state interface{ SQLState() string }
	if errors.As(err, &state) && len(state.SQLState()) == 5 {
		return slices.Contains([]string{"08", "40", "53", "57", "58"}, state.SQLState()[:2])
	}
	return slices.ContainsFunc([]error{
		driver.ErrBadConn, sql.ErrConnDone, net.ErrClosed, io.ErrUnexpectedEOF, context.DeadlineExceeded,
		sqlite3.BUSY, sqlite3.LOCKED, sqlite3.IOERR, sqlite3.FULL, sqlite3.CANTOPEN, sqlite3.READONLY,
	}, func(outage error) bool { return errors.Is(err, outage) })
}
