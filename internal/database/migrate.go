package database

import (
	"context"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"gorm.io/gorm"
)

// Migration is one file of the schema and whether it is applied.
type Migration struct {
	Name    string
	Applied bool
}

// Migrate applies every pending migration. Several instances may start at once: PostgreSQL serialises them
// by an advisory lock, SQLite by its write lock, where the loser looks again.
func Migrate(ctx context.Context, db *gorm.DB, files fs.FS) error {
	p, err := provider(db, files)
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		if _, err = p.Up(ctx); err == nil || try == 3 || ctx.Err() != nil {
			break
		}
		time.Sleep(time.Duration(try) * 100 * time.Millisecond)
	}
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// MigrateDown takes the newest applied migration back.
func MigrateDown(ctx context.Context, db *gorm.DB, files fs.FS) error {
	p, err := provider(db, files)
	if err != nil {
		return err
	}
	if _, err := p.Down(ctx); err != nil {
		return fmt.Errorf("migrate down: %w", err)
	}
	return nil
}

// Migrations lists every migration in order.
func Migrations(ctx context.Context, db *gorm.DB, files fs.FS) ([]Migration, error) {
	p, err := provider(db, files)
	if err != nil {
		return nil, err
	}
	status, err := p.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("migration status: %w", err)
	}
	list := make([]Migration, len(status))
	for i, s := range status {
		list[i] = Migration{Name: s.Source.Path, Applied: s.State == goose.StateApplied}
	}
	return list, nil
}

// Ready reports whether the database answers and holds the schema of files.
func Ready(ctx context.Context, db *gorm.DB, files fs.FS) error {
	list, err := Migrations(ctx, db, files)
	if err != nil {
		return err
	}
	for _, m := range list {
		if !m.Applied {
			return fmt.Errorf("migration %s is pending", m.Name)
		}
	}
	return nil
}

func provider(db *gorm.DB, files fs.FS) (*goose.Provider, error) {
	pool, err := db.DB()
	if err != nil {
		return nil, err
	}
	if db.Name() == "sqlite" {
		return goose.NewProvider(goose.DialectSQLite3, pool, files)
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, pool, files, goose.WithSessionLocker(locker))
}
