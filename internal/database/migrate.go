package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"time"

	"github.com/ncruces/go-sqlite3/driver"
	"github.com/pressly/goose/v3"
	"gorm.io/gorm"
)

// Migration is one step of the schema: a file, or a number that the database holds and no file has, as after a step back
// to an older build. Name is the number then.
type Migration struct {
	Name    string
	Applied bool
	NoFile  bool
}

// Migrate applies every pending migration, each once and in the order of their numbers; one that came in with an update is
// applied after those that were there already. Several instances may start at once: on PostgreSQL one holds a lock, by a
// lease in the table goose_lock, and the others wait for up to a minute; on SQLite the loser's work is undone and it looks
// again.
func Migrate(ctx context.Context, db *gorm.DB, files fs.FS) error {
	return withGoose(db, files, func(p *goose.Provider) error {
		tries := 1
		if db.Name() == "sqlite" {
			tries = min(len(p.ListSources()), 8) + 2 // another instance may win the race for each
		}
		for try := 1; ; try++ {
			err := up(ctx, db, p)
			if err == nil || try == tries || ctx.Err() != nil {
				return err
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
}

func up(ctx context.Context, db *gorm.DB, p *goose.Provider) error {
	if err := recordOnce(ctx, db, p); err != nil {
		return err
	}
	_, err := p.Up(ctx)
	return err
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

// MigrateDown takes back the migration that was applied last, of those that have a file.
func MigrateDown(ctx context.Context, db *gorm.DB, files fs.FS) error {
	return withGoose(db, files, func(p *goose.Provider) error {
		if _, err := p.HasPending(ctx); err != nil { // makes goose's table
			return err
		}
		applied, err := recorded(ctx, db)
		if err != nil {
			return err
		}
		names, err := numbered(files)
		if err != nil {
			return err
		}
		for _, number := range applied {
			if names[number] != "" {
				_, err := p.ApplyVersion(ctx, number, false)
				return err
			}
		}
		return errors.New("none is applied that could be taken back")
	})
}

// Migrations lists every migration in the order of their numbers. It takes no lock.
func Migrations(ctx context.Context, db *gorm.DB, files fs.FS) (list []Migration, err error) {
	err = withGoose(db, files, func(p *goose.Provider) error {
		if _, err := p.HasPending(ctx); err != nil { // makes goose's table
			return err
		}
		applied, err := recorded(ctx, db)
		if err != nil {
			return err
		}
		names, err := numbered(files)
		if err != nil {
			return err
		}
		for _, number := range sortedNumbers(names, applied) {
			m := Migration{Name: names[number], Applied: slices.Contains(applied, number)}
			if m.Name == "" {
				m.Name, m.NoFile = strconv.FormatInt(number, 10), true
			}
			list = append(list, m)
		}
		return nil
	})
	return list, err
}

// sortedNumbers are those of all files and of all that is applied.
func sortedNumbers(names map[int64]string, applied []int64) []int64 {
	all := slices.Clone(applied)
	for number := range names {
		all = append(all, number)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// recorded lists the numbers of what is applied, the last first.
func recorded(ctx context.Context, db *gorm.DB) (numbers []int64, err error) {
	err = db.WithContext(ctx).Table("goose_db_version").Where("version_id > 0 AND is_applied").Order("id DESC").Pluck("version_id", &numbers).Error
	return numbers, err
}

// numbered gives the names of migrations by their numbers, and refuses those that have none or one that is taken.
func numbered(files fs.FS) (map[int64]string, error) {
	found, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, err
	}
	names := map[int64]string{}
	for _, name := range found {
		number, err := goose.NumericComponent(name)
		if err != nil {
			return nil, fmt.Errorf("%s does not begin with a number and _", name)
		}
		if other := names[number]; other != "" {
			return nil, fmt.Errorf("%s and %s have the same number; give yours the time it was made at, such as %s_", other, name,
				time.Now().UTC().Format("20060102150405"))
		}
		names[number] = name
	}
	return names, nil
}

// withGoose runs fn with goose set up for db. On SQLite that is a connection of its own: goose writes times in
// SQLite's form, which connections of Open do not read.
func withGoose(db *gorm.DB, files fs.FS, fn func(*goose.Provider) error) error {
	if err := runGoose(db, files, fn); err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	return nil
}

func runGoose(db *gorm.DB, files fs.FS, fn func(*goose.Provider) error) error {
	if _, err := numbered(files); err != nil {
		return err
	}
	pool, err := db.DB()
	if err != nil {
		return err
	}
	dialect, options := goose.DialectPostgres, []goose.ProviderOption{goose.WithAllowOutofOrder(true)}
	if db.Name() == "sqlite" {
		if pool, err = driverDefaults(db); err != nil {
			return err
		}
		defer pool.Close()
		dialect, files = goose.DialectSQLite3, binaryOrder{files}
	} else {
		locker, err := newMigrationLock(lockRetry, lockTries)
		if err != nil {
			return err
		}
		options = append(options, goose.WithLocker(locker))
	}
	p, err := goose.NewProvider(dialect, pool, files, options...)
	if err != nil {
		return err
	}
	return fn(p)
}

// driverDefaults opens the file of db once more, without our time format.
func driverDefaults(db *gorm.DB) (*sql.DB, error) {
	path, err := sqlitePath(db)
	if err != nil {
		return nil, err
	}
	return driver.Open(sqliteDSN(path, ""))
}
