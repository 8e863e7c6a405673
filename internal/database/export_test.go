package database

import "time"

// NewMigrationLock makes a lock that is tried so often.
func NewMigrationLock(retry time.Duration, tries uint64) (migrationLock, error) {
	return newMigrationLock(retry, tries)
}
