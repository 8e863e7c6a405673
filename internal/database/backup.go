package database

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"

	"github.com/ncruces/go-sqlite3"
	"gorm.io/gorm"
)

// Backup copies the SQLite file at path to target, which must not exist. Other processes may write to path meanwhile:
// the copy has every transaction that was committed before Backup began. Only a copy that is whole, accepted by check
// and written to the disk gets the name target. On Unix a file of another user is refused.
func Backup(ctx context.Context, path, target string, check func(*gorm.DB) error) error {
	if err := errors.Join(mustOwn(path), mustBeFree(target)); err != nil {
		return err
	}
	part, err := copyChecked(ctx, path, target, check)
	if err != nil {
		return err
	}
	defer removeDatabase(part)
	err = os.Link(part, target) // a rename would replace a file that was made meanwhile
	if errors.Is(err, fs.ErrExist) {
		return mustBeFree(target)
	}
	if err != nil { // a file system without links
		if err := os.Rename(part, target); err != nil {
			return err
		}
	}
	return syncFolder(target)
}

func mustBeFree(target string) error {
	_, err := os.Lstat(target)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("%s exists already: a backup replaces no file", target)
}

// copyChecked copies the SQLite file at path to a new file beside target, which only its owner can read.
func copyChecked(ctx context.Context, path, target string, check func(*gorm.DB) error) (part string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is no file", path)
	}
	file, err := os.CreateTemp(filepath.Dir(target), filepath.Base(target)+".*.partial")
	if err != nil {
		return "", fmt.Errorf("a file beside %s: %w", target, err)
	}
	file.Close()
	part = file.Name()
	defer func() {
		if err != nil {
			removeDatabase(part)
		}
	}()
	if err := copyPages(ctx, path, part); err != nil {
		return part, fmt.Errorf("copy %s: %w", path, err)
	}
	if err := checkCopy(ctx, part, check); err != nil {
		return part, fmt.Errorf("the copy of %s: %w", path, err)
	}
	if err := mergeLog(part); err != nil {
		return part, fmt.Errorf("the copy of %s: %w", path, err)
	}
	return part, syncFile(part)
}

// copyPages copies in steps, so that the end of ctx ends it. The transaction keeps writers from changing the source
// between two steps, which would restart the copy. An interrupted copy is deleted, so it needs no journal.
func copyPages(ctx context.Context, from, to string) error {
	source, err := sqlite3.OpenFlags(sqliteURI(from, url.Values{"modeof": {from}, "_pragma": {"busy_timeout(4000)"}}),
		sqlite3.OPEN_READONLY|sqlite3.OPEN_URI)
	if err != nil {
		return err
	}
	defer source.Close()
	if err := source.Exec("BEGIN; SELECT count(*) FROM sqlite_schema"); err != nil {
		return err
	}
	backup, err := source.BackupInit("main",
		sqliteURI(to, url.Values{"_pragma": {"journal_mode(OFF)", "synchronous(OFF)"}}))
	if err != nil {
		return err
	}
	defer backup.Close()
	for done := false; !done; {
		if err := ctx.Err(); err != nil {
			return err
		}
		if done, err = backup.Step(1000); err != nil {
			return err
		}
	}
	return backup.Close()
}

// checkCopy checks the structure of the SQLite file at path, then runs check.
func checkCopy(ctx context.Context, path string, check func(*gorm.DB) error) error {
	db, err := Open("file:"+path, 0)
	if err != nil {
		return err
	}
	defer Close(db)
	var found string
	if err := db.WithContext(ctx).Raw("PRAGMA integrity_check(1)").Scan(&found).Error; err != nil {
		return err
	}
	if found != "ok" {
		return fmt.Errorf("it is damaged: %s", found)
	}
	var table []string
	err = db.WithContext(ctx).Raw(`SELECT "table" FROM pragma_foreign_key_check LIMIT 1`).Scan(&table).Error
	if err != nil {
		return err
	}
	if len(table) > 0 {
		return fmt.Errorf("it is damaged: a row of %s refers to one that is missing", table[0])
	}
	return check(db)
}

// mergeLog makes the SQLite file at path whole without the log beside it. It fails with BUSY if another process has
// the file open.
func mergeLog(path string) error {
	conn, err := sqlite3.OpenFlags(sqliteURI(path, url.Values{"_pragma": {"busy_timeout(1000)"}}),
		sqlite3.OPEN_READWRITE|sqlite3.OPEN_URI)
	if err != nil {
		return err
	}
	return errors.Join(conn.Exec("PRAGMA journal_mode=DELETE"), conn.Close())
}

// logSuffixes name the files that SQLite has beside an open one.
var logSuffixes = []string{"-wal", "-shm", "-journal"}

func removeDatabase(path string) {
	os.Remove(path)
	for _, suffix := range logSuffixes {
		os.Remove(path + suffix)
	}
}

func syncFile(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// syncFolder writes the name of a file to the disk. Windows does so by itself, and cannot sync a folder.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
