// Package database opens SQLite or PostgreSQL behind one *gorm.DB and applies the migrations. It owns
// connection settings, the time format and what counts as "the database is away"; it knows no table.
package database

import (
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Now is the program's clock: UTC in whole milliseconds, the precision both databases keep and the wire shows.
func Now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// Open connects to postgres://… or file:path (SQLite; the folder is made where missing) with at most maxConns connections;
// 0 means 16, on SQLite 6. Conditions that a later try may cure come out of every query as a 503 errs.Error.
func Open(databaseURL string, maxConns int) (*gorm.DB, error) {
	path, isFile := strings.CutPrefix(databaseURL, "file:")
	dialector, err := dialect{}, error(nil)
	if isFile {
		dialector, err = openSQLite(path, maxConns)
	} else {
		dialector, err = openPostgres(databaseURL, maxConns)
	}
	if err != nil {
		return nil, err
	}
	db, err := gorm.Open(dialector, &gorm.Config{
		NowFunc: Now,
		// GORM's cache of statements is waited for with a connection held, which on PostgreSQL stops all at a cold start.
		// There pgx keeps statements, each connection its own.
		PrepareStmt:            isFile,
		QueryFields:            true, // SELECT * breaks a running process when a migration adds a column
		SkipDefaultTransaction: true,
		TranslateError:         true,
		Logger:                 logger.Discard, // it would print values: addresses, hashes. Errors are returned.
	})
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return db, nil
}

// Close ends every connection of db.
func Close(db *gorm.DB) error {
	pool, err := db.DB()
	if err != nil {
		return err
	}
	return pool.Close()
}
