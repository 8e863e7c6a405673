package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
	"gorm.io/gorm"
)

// LockForServing makes this process the only one that serves the SQLite file of db, until release or the end of the
// process. Two of them would accept sessions that the other has ended, because revocations are exchanged on PostgreSQL
// only. While another process serves, LockForServing calls onWait once and retries; it fails after limit, and if
// Restore replaced the file during the wait. On PostgreSQL it does nothing.
func LockForServing(
	ctx context.Context, db *gorm.DB, limit time.Duration, onWait func(),
) (release func(), err error) {
	if db.Name() != "sqlite" {
		return func() {}, nil
	}
	path, err := sqlitePath(db)
	if err != nil {
		return nil, err
	}
	if release, err = lockFile(ctx, path, limit, onWait); err != nil {
		return nil, err
	}
	if err := writable(ctx, db); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// lockFile is LockForServing for the file at path, which need not exist.
func lockFile(ctx context.Context, path string, limit time.Duration, onWait func()) (release func(), err error) {
	lock, err := openLock(path + ".serve")
	if err != nil {
		return nil, fmt.Errorf("lock for serving: %w", err)
	}
	held, err := takeLock(ctx, lock, limit, onWait)
	if err != nil {
		lock.Close()
		return nil, fmt.Errorf("lock for serving %s: %w", path, err)
	}
	return func() { held.Rollback(); lock.Close() }, nil
}

// openLock opens an empty database, because its lock works on every system and ends with the process.
func openLock(path string) (*sql.DB, error) {
	if err := createPrivate(path); err != nil { // other users could lock a file that they can read
		return nil, err
	}
	q := url.Values{"_txlock": {"exclusive"}, "_pragma": {"busy_timeout(0)"}}
	return driver.Open(sqliteURI(path, q))
}

// takeLock retries until it has an exclusive transaction, ctx ends or limit is over.
func takeLock(ctx context.Context, lock *sql.DB, limit time.Duration, onWait func()) (*sql.Tx, error) {
	over := time.After(limit)
	for first := true; ; first = false {
		held, err := lock.Begin() // not with ctx: the lock outlives the signal to stop
		if !errors.Is(err, sqlite3.BUSY) {
			return held, err
		}
		if first {
			onWait()
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-over:
			return nil, errors.New("another process serves this file; stop it, or use PostgreSQL")
		}
	}
}
