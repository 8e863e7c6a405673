package database

import "time"

// NewMigrationLock makes a lock with its own retries.
func NewMigrationLock(retry time.Duration, tries uint64) (migrationLock, error) {
	return newMigrationLock(retry, tries)
}
