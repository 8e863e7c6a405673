// Package database opens SQLite or PostgreSQL as a *gorm.DB and applies the migrations. It owns connection settings,
// the time format, backups and the definition of an outage. It knows no table.
package database

import (
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Now is the clock of the program: UTC in whole milliseconds, the precision of both databases and of the wire.
func Now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// Open connects to postgres://… or file:path (SQLite; a missing folder is made) with at most maxConns connections; 0
// means 16, on SQLite 6. Every query returns an outage as errs.Unavailable.
func Open(databaseURL string, maxConns int) (*gorm.DB, error) {
	path, isFile := strings.CutPrefix(databaseURL, "file:")
	open, address := openPostgres, databaseURL
	if isFile {
		open, address = openSQLite, path
	}
	dialector, err := open(address, maxConns)
	if err != nil {
		return nil, err
	}
	db, err := gorm.Open(dialector, &gorm.Config{
		NowFunc: Now,
		// On PostgreSQL, callers that wait for GORM's statement cache occupy all connections at a cold start: a deadlock.
		// pgx caches statements per connection there.
		PrepareStmt:            isFile,
		QueryFields:            true, // SELECT * breaks a running process when a migration adds a column
		SkipDefaultTransaction: true,
		TranslateError:         true,
		Logger:                 logger.Discard, // it would log values such as addresses and hashes; errors are returned
	})
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return db, nil
}

// Close closes every connection of db.
func Close(db *gorm.DB) error {
	pool, err := db.DB()
	if err != nil {
		return err
	}
	return pool.Close()
}
