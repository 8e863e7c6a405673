package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
	"gorm.io/gorm"
)

// LockForServing makes this process the only one that serves db's SQLite file, until release or the end of the
// process, however that ends. Instances on PostgreSQL tell each other what is revoked; on SQLite nothing does, so
// two of them would honour each other's ended sessions. While another process serves, LockForServing calls waits
// once and tries again; after patience it fails. Commands that do not serve take no lock. On PostgreSQL there is
// none to take.
func LockForServing(
	ctx context.Context, db *gorm.DB, patience time.Duration, waits func(),
) (release func(), err error) {
	if db.Name() != "sqlite" {
		return func() {}, nil
	}
	path, err := sqlitePath(db)
	if err != nil {
		return nil, err
	}
	lock, err := openLock(path + ".serve")
	if err != nil {
		return nil, fmt.Errorf("lock for serving: %w", err)
	}
	held, err := takeLock(ctx, lock, patience, waits)
	if err != nil {
		lock.Close()
		return nil, fmt.Errorf("lock for serving %s: %w", path, err)
	}
	return func() { held.Rollback(); lock.Close() }, nil
}

// openLock opens a database that stays empty. Its lock is one that the driver takes on every system, and the system
// drops it with the process.
func openLock(path string) (*sql.DB, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // the driver would let others read it, that is lock it
	if err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	q := url.Values{"_txlock": {"exclusive"}, "_pragma": {"busy_timeout(0)"}}
	return driver.Open(sqliteURI(path, q))
}

// takeLock tries until it is in a transaction that excludes all others, ctx ends or patience is over.
func takeLock(ctx context.Context, lock *sql.DB, patience time.Duration, waits func()) (*sql.Tx, error) {
	over := time.After(patience)
	for first := true; ; first = false {
		held, err := lock.Begin() // not with ctx: the lock outlives the signal to stop
		if !errors.Is(err, sqlite3.BUSY) {
			return held, err
		}
		if first {
			waits()
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-over:
			return nil, errors.New("another process serves this file, and only one can; stop it, or use PostgreSQL")
		}
	}
}
