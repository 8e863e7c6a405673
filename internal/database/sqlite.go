package database

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/ncruces/go-sqlite3/gormlite"
	"gorm.io/gorm"
)

// openSQLite makes the folder and the file where they are missing, for their owner alone. WAL lets readers and one writer
// run side by side; each connection costs memory, so a handful.
func openSQLite(path string, maxConns int) (dialect, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return dialect{}, fmt.Errorf("database folder: %w", err)
	}
	made, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		err = made.Close()
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return dialect{}, fmt.Errorf("database file: %w", err)
	}
	file, err := os.Stat(path)
	if err != nil {
		return dialect{}, fmt.Errorf("database file: %w", err)
	}
	return dialect{gormlite.Open(sqliteDSN(path, fixedWidth)), cmp.Or(maxConns, 6), 1, nil, opened{path, file}}, nil
}

// fixedWidth keeps times as text of one width, so that comparing text compares time (the driver's default
// drops trailing zeros, which puts 12:00:00Z after 12:00:00.5Z).
const fixedWidth = "2006-01-02T15:04:05.000Z07:00"

// sqliteDSN names a file and how its connections behave; an empty timeFormat is the driver's default.
func sqliteDSN(path, timeFormat string) string {
	q := url.Values{
		"_txlock": {"immediate"},
		"modeof":  {path}, // the log beside the file holds the same, and is as private
		"_pragma": {"busy_timeout(4000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)"},
	}
	if timeFormat != "" {
		q.Set("_timefmt", timeFormat)
	}
	return sqliteURI(path, q)
}

func sqliteURI(path string, q url.Values) string {
	params := strings.ReplaceAll(q.Encode(), "+", "%20") // SQLite reads no + as a space
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + params
}

// sqlitePath is where the file of db is.
func sqlitePath(db *gorm.DB) (path string, err error) {
	err = db.Raw("SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&path).Error
	return path, err
}
