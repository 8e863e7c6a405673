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

// openSQLite makes a missing folder or file, readable by its owner only. With WAL, readers and one writer run
// concurrently. Each connection costs memory, so the default is a handful.
func openSQLite(path string, maxConns int) (dialect, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return dialect{}, fmt.Errorf("database folder: %w", err)
	}
	if err := createPrivate(path); err != nil {
		return dialect{}, fmt.Errorf("database file: %w", err)
	}
	file, err := os.Stat(path)
	if err != nil {
		return dialect{}, fmt.Errorf("database file: %w", err)
	}
	gorms := gormlite.Open(sqliteDSN(path, fixedWidth)).(dialector)
	return dialect{gorms, cmp.Or(maxConns, 6), 1, nil, sqliteFile{path, file}}, nil
}

// createPrivate makes an empty file that only its owner can read, unless it exists. The driver would let others read
// it.
func createPrivate(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return file.Close()
}

// fixedWidth stores times as text of one width, so that comparing texts compares times. The default of the driver omits
// trailing zeros, which sorts 12:00:00Z after 12:00:00.5Z.
const fixedWidth = "2006-01-02T15:04:05.000Z07:00"

// sqliteDSN returns the address of a file with the settings of its connections; "" is the time format of the driver.
func sqliteDSN(path, timeFormat string) string {
	q := url.Values{
		"_txlock": {"immediate"},
		"modeof":  {path}, // so that the log beside the file is as private
		"_pragma": {"busy_timeout(4000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)"},
	}
	if timeFormat != "" {
		q.Set("_timefmt", timeFormat)
	}
	return sqliteURI(path, q)
}

func sqliteURI(path string, q url.Values) string {
	params := strings.ReplaceAll(q.Encode(), "+", "%20") // SQLite does not read + as a space
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + params
}

// sqlitePath returns the path of the file of db.
func sqlitePath(db *gorm.DB) (path string, err error) {
	err = db.Raw("SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&path).Error
	return path, err
}
