package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/ncruces/go-sqlite3"
)

// outageStates are single SQLSTATEs of outages: 25006 read-only server, as after a failover; 25P03 and 25P04
// transaction time-outs; 55P03 lock time-out.
var outageStates = []string{"25006", "25P03", "25P04", "55P03"}

// outageClasses are classes of SQLSTATE: 08 connection, 53 resources, 57 operator intervention or statement time-out,
// 58 system error, 40 for a transaction that the server asks to repeat.
var outageClasses = []string{"08", "40", "53", "57", "58"}

// outage reports whether err is an outage that a retry may survive. The end of the request by its client is none.
func outage(err error) bool {
	if errors.Is(err, context.Canceled) {
		return false
	}
	var state interface{ SQLState() string }
	if errors.As(err, &state) && len(state.SQLState()) == 5 {
		return slices.Contains(outageStates, state.SQLState()) || slices.Contains(outageClasses, state.SQLState()[:2])
	}
	if strings.HasSuffix(err.Error(), "sql: database is closed") { // by Close; database/sql has no error value for it
		return true
	}
	// Not net.Error: every SQLite error implements it, also that of a duplicate key.
	var dial *net.OpError
	var lookup *net.DNSError
	if errors.As(err, &dial) || errors.As(err, &lookup) || pgconn.SafeToRetry(err) || pgconn.Timeout(err) {
		return true
	}
	return slices.ContainsFunc([]error{
		driver.ErrBadConn, sql.ErrConnDone, net.ErrClosed, io.ErrUnexpectedEOF, context.DeadlineExceeded,
		sqlite3.BUSY, sqlite3.LOCKED, sqlite3.IOERR, sqlite3.FULL, sqlite3.CANTOPEN, sqlite3.READONLY, sqlite3.INTERRUPT,
	}, func(known error) bool { return errors.Is(err, known) })
}
