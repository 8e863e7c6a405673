package database

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ncruces/go-sqlite3"
	"gorm.io/gorm"
)

// Restore replaces the SQLite file at path by a copy of from, after prepare has accepted or changed the copy. kept is
// the new name of the file that was at path, "" if there was none. Restore changes nothing if it fails, if a process
// serves path or has it open, or on Unix if the file, or without one its folder, belongs to another user.
func Restore(ctx context.Context, from, path string, prepare func(*gorm.DB) error) (kept string, err error) {
	source, err := os.Stat(from)
	if err != nil {
		return "", err
	}
	if path, err = resolve(path); err != nil {
		return "", err
	}
	if present, _ := os.Stat(path); os.SameFile(source, present) {
		return "", fmt.Errorf("%s is the database itself", from)
	}
	if err := mustOwn(path); err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("database folder: %w", err)
	}
	release, err := lockFile(ctx, path, 0, func() {})
	if err != nil {
		return "", err
	}
	defer release()
	part, err := copyChecked(ctx, from, path, prepare)
	if err != nil {
		return "", err
	}
	defer removeDatabase(part)
	if kept, err = keep(path); err != nil {
		return "", err
	}
	if err := os.Rename(part, path); err != nil {
		return "", err
	}
	return kept, syncFolder(path)
}

// resolve returns the file that path links to, so that the file is replaced and not the link.
func resolve(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		return path, nil
	}
	return real, err
}

// keep gives the file at path a second name, so that there is a file at path at any time. The log of a file that is too
// damaged to be merged moves along first: SQLite would apply it to the next file at path.
func keep(path string) (kept string, err error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err := mergeLog(path); errors.Is(err, sqlite3.BUSY) {
		return "", fmt.Errorf("another process has %s open; end it first", path)
	}
	kept = path + ".before-" + Now().Format("20060102T150405.000Z")
	if err := mustBeFree(kept); err != nil {
		return "", err
	}
	for _, suffix := range logSuffixes {
		if err := os.Rename(path+suffix, kept+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	if os.Link(path, kept) == nil {
		return kept, nil
	}
	return kept, os.Rename(path, kept) // a file system without links
}
