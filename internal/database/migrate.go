package database

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"time"

	"github.com/ncruces/go-sqlite3/driver"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"gorm.io/gorm"
)

// Migration is one file of the schema and whether it is applied.
type Migration struct {
	Name    string
	Applied bool
}

// Migrate applies every pending migration, each once. Several instances may start at once: PostgreSQL serialises
// them by an advisory lock; on SQLite the loser's work is undone and it looks again.
func Migrate(ctx context.Context, db *gorm.DB, files fs.FS) error {
	return withGoose(db, files, func(p *goose.Provider) error {
		tries := min(len(p.ListSources()), 8) + 2 // another instance may win the race for each
		for try := 1; ; try++ {
			err := recordOnce(ctx, db, p)
			if err == nil {
				_, err = p.Up(ctx)
			}
			if err == nil || try == tries || ctx.Err() != nil {
				return err
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
}

// recordOnce makes SQLite refuse to record a migration twice, which undoes what the second run of it changed:
// goose decides what is pending before it holds the write lock.
func recordOnce(ctx context.Context, db *gorm.DB, p *goose.Provider) error {
	if db.Name() != "sqlite" {
		return nil
	}
	if _, err := p.GetDBVersion(ctx); err != nil { // makes goose's table
		return err
	}
	return db.WithContext(ctx).Exec("CREATE UNIQUE INDEX IF NOT EXISTS goose_db_version_once ON goose_db_version (version_id)").Error
}

// MigrateDown takes the newest applied migration back.
func MigrateDown(ctx context.Context, db *gorm.DB, files fs.FS) error {
	return withGoose(db, files, func(p *goose.Provider) error {
		_, err := p.Down(ctx)
		return err
	})
}

// Migrations lists every migration in order.
func Migrations(ctx context.Context, db *gorm.DB, files fs.FS) (list []Migration, err error) {
	err = withGoose(db, files, func(p *goose.Provider) error {
		status, err := p.Status(ctx)
		for _, s := range status {
			list = append(list, Migration{Name: s.Source.Path, Applied: s.State == goose.StateApplied})
		}
		return err
	})
	return list, err
}

// Ready reports whether the database answers and holds every migration of files. It takes no lock.
func Ready(ctx context.Context, db *gorm.DB, files fs.FS) error {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return err
	}
	var applied int64
	err = db.WithContext(ctx).Table("goose_db_version").Where("version_id > 0 AND is_applied").Distinct("version_id").Count(&applied).Error
	if err == nil && applied < int64(len(names)) {
		err = fmt.Errorf("%d of %d migrations are applied", applied, len(names))
	}
	return err
}

// withGoose runs fn with goose set up for db. On SQLite that is a connection of its own: goose writes times in
// SQLite's form, which connections of Open do not read.
func withGoose(db *gorm.DB, files fs.FS, fn func(*goose.Provider) error) error {
	pool, err := db.DB()
	if err != nil {
		return err
	}
	dialect, options := goose.DialectPostgres, []goose.ProviderOption(nil)
	if db.Name() == "sqlite" {
		if pool, err = driverDefaults(db); err != nil {
			return err
		}
		defer pool.Close()
		dialect, files = goose.DialectSQLite3, binaryOrder{files}
	} else {
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(dialect, pool, files, options...)
	if err == nil {
		err = fn(p)
	}
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	return nil
}

// driverDefaults opens the file of db once more, without our time format.
func driverDefaults(db *gorm.DB) (*sql.DB, error) {
	path, err := sqlitePath(db)
	if err != nil {
		return nil, err
	}
	return driver.Open(sqliteDSN(path, ""))
}
