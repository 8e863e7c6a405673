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

// awayStates are what PostgreSQL calls outages beside whole classes: 25006 a server that only reads, as a primary does that
// was replaced; 25P03 and 25P04 a transaction and 55P03 a lock that took too long.
var awayStates = []string{"25006", "25P03", "25P04", "55P03"}

// awayClasses are classes of SQLSTATE: 08 connection, 53 resources, 57 operator intervention, which a statement's time-out
// is too, 58 system error, and 40 for a transaction the server asks to repeat.
var awayClasses = []string{"08", "40", "53", "57", "58"}

// away tells an outage from a mistake. A caller who leaves is neither.
func away(err error) bool {
	if errors.Is(err, context.Canceled) {
		return false
	}
	var state interface{ SQLState() string }
	if errors.As(err, &state) && len(state.SQLState()) == 5 {
		return slices.Contains(awayStates, state.SQLState()) || slices.Contains(awayClasses, state.SQLState()[:2])
	}
	if strings.HasSuffix(err.Error(), "sql: database is closed") { // by us, at the end; database/sql has no name for it
		return true
	}
	// Not net.Error: every SQLite error has its methods too, duplicate keys among them.
	var dial *net.OpError
	var lookup *net.DNSError
	if errors.As(err, &dial) || errors.As(err, &lookup) || pgconn.SafeToRetry(err) || pgconn.Timeout(err) {
		return true
	}
	return slices.ContainsFunc([]error{
		driver.ErrBadConn, sql.ErrConnDone, net.ErrClosed, io.ErrUnexpectedEOF, context.DeadlineExceeded,
		sqlite3.BUSY, sqlite3.LOCKED, sqlite3.IOERR, sqlite3.FULL, sqlite3.CANTOPEN, sqlite3.READONLY, sqlite3.INTERRUPT,
	}, func(outage error) bool { return errors.Is(err, outage) })
}
