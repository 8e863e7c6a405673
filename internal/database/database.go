// Package database opens SQLite or PostgreSQL behind one *gorm.DB and applies the migrations. It owns
// connection settings, the time format and what counts as "the database is away"; it knows no table.
package database

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3/gormlite"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Now is the program's clock: UTC in whole milliseconds, the precision both databases keep and the wire shows.
func Now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// Open connects to postgres://… or file:path (SQLite; the folder is made where missing) with at most maxConns connections;
// 0 means 16, on SQLite 6. Conditions that a later try may cure come out of every query as a 503 errs.Error.
func Open(databaseURL string, maxConns int) (*gorm.DB, error) {
	dialector, usual := dialect{postgres.Open(databaseURL)}, 16
	path, isFile := strings.CutPrefix(databaseURL, "file:")
	if isFile {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, fmt.Errorf("database folder: %w", err)
		}
		// WAL lets readers and one writer run side by side; each connection costs memory, so a handful.
		dialector, usual = dialect{gormlite.Open(sqliteDSN(path, fixedWidth))}, 6
	}
	if maxConns == 0 {
		maxConns = usual
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
	pool, err := db.DB()
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	pool.SetMaxOpenConns(maxConns)
	pool.SetMaxIdleConns(maxConns)
	pool.SetConnMaxIdleTime(5 * time.Minute)
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

// fixedWidth keeps times as text of one width, so that comparing text compares time (the driver's default
// drops trailing zeros, which puts 12:00:00Z after 12:00:00.5Z).
const fixedWidth = "2006-01-02T15:04:05.000Z07:00"

// sqliteDSN names a file and how its connections behave; an empty timeFormat is the driver's default.
func sqliteDSN(path, timeFormat string) string {
	q := url.Values{
		"_txlock": {"immediate"},
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(ON)"},
	}
	if timeFormat != "" {
		q.Set("_timefmt", timeFormat)
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}
