package database

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"gorm.io/gorm"
)

// Ready returns why the database cannot serve: it does not answer, refuses writes or lacks a migration of files. Ready
// takes no lock that blocks others.
func Ready(ctx context.Context, db *gorm.DB, files fs.FS) error {
	names, err := numbered(files)
	if err != nil {
		return err
	}
	if err := writable(ctx, db); err != nil {
		return err
	}
	applied, err := recorded(ctx, db)
	if err != nil {
		return err
	}
	for number, name := range names {
		if !slices.Contains(applied, number) {
			return fmt.Errorf("migration %s is not applied", name)
		}
	}
	return nil
}

// writable refuses a read-only PostgreSQL, whose connection is then dropped, and an SQLite file that was replaced at
// its path: all writes to it would be lost at the end of the process.
func writable(ctx context.Context, db *gorm.DB) error {
	if db.Name() == "postgres" {
		var none []int
		return db.WithContext(ctx).Raw("SELECT 1 FROM goose_db_version WHERE FALSE FOR SHARE").Scan(&none).Error
	}
	file := writerPoolOf(db).file
	now, err := os.Stat(file.path)
	if err != nil {
		return fmt.Errorf("the database file: %w", err)
	}
	if !os.SameFile(file.info, now) {
		return errors.New("the database file was replaced after it was opened")
	}
	return nil
}
