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

// Open connects to postgres://… or file:path (SQLite; the folder is made where missing). Conditions that
// a later try may cure come out of every query as a 503 errs.Error.
func Open(databaseURL string) (*gorm.DB, error) {
	dialector := dialect{postgres.Open(databaseURL)}
	maxConns := 16
	if path, ok := strings.CutPrefix(databaseURL, "file:"); ok {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, fmt.Errorf("database folder: %w", err)
		}
		// WAL lets readers and one writer run side by side; each connection costs memory, so a handful.
		dialector, maxConns = dialect{gormlite.Open(sqliteDSN(path, fixedWidth))}, 6
	}
	db, err := gorm.Open(dialector, &gorm.Config{
		NowFunc:                Now,
		PrepareStmt:            strings.HasPrefix(databaseURL, "file:"),
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
	return sqliteURI(path, q)
}

func sqliteURI(path string, q url.Values) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// sqlitePath is where the file of db is.
func sqlitePath(db *gorm.DB) (path string, err error) {
	err = db.Raw("SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&path).Error
	return path, err
}
