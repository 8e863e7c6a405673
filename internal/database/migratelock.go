package database

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"time"

	"github.com/pressly/goose/v3/lock"
)

// The lock is a row of a table, because behind a pooler a lock of the connection could pass to another client.
const (
	lockLease = 30 * time.Second // a dead holder blocks the others so long; a living one renews it
	lockRetry = 500 * time.Millisecond
	lockTries = 120 // a minute in all: longer than the lease
)

// migrationLock is goose's lock with an error that names the holder.
type migrationLock struct{ lock.Locker }

func newMigrationLock(retry time.Duration, tries uint64) (migrationLock, error) {
	locker, err := lock.NewPostgresTableLocker(
		lock.WithTableLeaseDuration(lockLease), lock.WithTableHeartbeatInterval(lockLease/6),
		lock.WithTableLockTimeout(retry, tries), lock.WithTableUnlockTimeout(lockRetry, 10),
		lock.WithTableLogger(slog.New(slog.DiscardHandler)), // errors are returned
	)
	return migrationLock{locker}, err
}

// Lock implements lock.Locker.
func (l migrationLock) Lock(ctx context.Context, pool *sql.DB) error {
	err := l.Locker.Lock(ctx, pool)
	if err == nil || ctx.Err() != nil {
		return err
	}
	var holder string
	var since, until time.Time
	row := pool.QueryRowContext(ctx, `
		SELECT locked_by, locked_at, lease_expires_at FROM goose_lock WHERE locked AND lease_expires_at > now()`)
	if row.Scan(&holder, &since, &until) != nil {
		return err
	}
	return fmt.Errorf("%s (host, process) migrates since %s, and its lock expires at %s: %w",
		holder, since.UTC().Format(time.DateTime), until.UTC().Format(time.DateTime), err)
}
