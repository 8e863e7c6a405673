package database

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/ncruces/go-sqlite3/driver"
	"github.com/pressly/goose/v3"
	"gorm.io/gorm"
)

// Migration is one step of the schema. NoFile means that the database has it but this build does not, as after a
// return to an older build; its Name is the number.
type Migration struct {
	Name    string
	Applied bool
	NoFile  bool
}

// Migrate applies every pending migration once, in the order of their numbers. One that an update adds may have a
// lower number than those that are applied. Several instances may call it at the same time. On PostgreSQL one of them
// has a lease in the table goose_lock, and the others wait for up to a minute. On SQLite the slower one is undone and
// retries.
func Migrate(ctx context.Context, db *gorm.DB, files fs.FS) error {
	return withGoose(db, files, func(p *goose.Provider, _ map[int64]string) error {
		tries := 1
		if db.Name() == "sqlite" {
			tries = min(len(p.ListSources()), 8) + 2 // another instance may be faster with each
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

// up makes SQLite refuse a second record of a migration, which undoes its second run. goose looks for pending
// migrations before it has the write lock, so two instances may run the same one.
func up(ctx context.Context, db *gorm.DB, p *goose.Provider) error {
	if db.Name() == "sqlite" {
		if _, err := p.GetDBVersion(ctx); err != nil { // creates goose's table
			return err
		}
		const once = "CREATE UNIQUE INDEX IF NOT EXISTS goose_db_version_once ON goose_db_version (version_id)"
		if err := db.WithContext(ctx).Exec(once).Error; err != nil {
			return err
		}
	}
	_, err := p.Up(ctx)
	return err
}

// MigrateDown reverts the migration that was applied last and has a file.
func MigrateDown(ctx context.Context, db *gorm.DB, files fs.FS) error {
	return withGoose(db, files, func(p *goose.Provider, names map[int64]string) error {
		applied, err := known(ctx, db, p)
		if err != nil {
			return err
		}
		for _, number := range applied {
			if names[number] != "" {
				_, err := p.ApplyVersion(ctx, number, false)
				return err
			}
		}
		return errors.New("no applied migration can be reverted")
	})
}

// Migrations lists every migration in the order of their numbers. It takes no lock.
func Migrations(ctx context.Context, db *gorm.DB, files fs.FS) (list []Migration, err error) {
	err = withGoose(db, files, func(p *goose.Provider, names map[int64]string) error {
		applied, err := known(ctx, db, p)
		if err != nil {
			return err
		}
		numbers := slices.Concat(applied, slices.Collect(maps.Keys(names)))
		slices.Sort(numbers)
		for _, number := range slices.Compact(numbers) {
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

// Schema returns the name of the newest migration that db records, or its number where files lacks it. newer lists the
// numbers by which db is of a newer build than files: above all of files, and applied after all of them. Other numbers
// that files lacks are of migrations that were taken out of it. A database without migrations is refused.
func Schema(ctx context.Context, db *gorm.DB, files fs.FS) (newest string, newer []int64, err error) {
	names, err := numbered(files)
	if err != nil {
		return "", nil, err
	}
	var applied []int64
	if db.Migrator().HasTable("goose_db_version") {
		applied, err = recorded(ctx, db)
	}
	if err != nil {
		return "", nil, err
	}
	if len(applied) == 0 {
		return "", nil, errors.New("it records no migration, so it is no database of this app")
	}
	highest := slices.Max(append(slices.Collect(maps.Keys(names)), 0))
	for _, number := range applied {
		if names[number] != "" {
			break
		}
		if number > highest {
			newer = append(newer, number)
		}
	}
	last := slices.Max(applied)
	return cmp.Or(names[last], strconv.FormatInt(last, 10)), newer, nil
}

// known is recorded for a database that may never have been migrated.
func known(ctx context.Context, db *gorm.DB, p *goose.Provider) ([]int64, error) {
	if _, err := p.HasPending(ctx); err != nil { // creates goose's table
		return nil, err
	}
	return recorded(ctx, db)
}

// recorded returns the numbers of the applied migrations, the last one first.
func recorded(ctx context.Context, db *gorm.DB) (numbers []int64, err error) {
	err = db.WithContext(ctx).Table("goose_db_version").Where("version_id > 0 AND is_applied").
		Order("id DESC").Pluck("version_id", &numbers).Error
	return numbers, err
}

// numbered returns the names of the migrations by number. It refuses a file without a number and two with the same.
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
			return nil, fmt.Errorf("%s and %s have the same number; use the present time for yours, such as %s_",
				other, name, time.Now().UTC().Format("20060102150405"))
		}
		names[number] = name
	}
	return names, nil
}

// withGoose runs fn with goose set up for db, and the names of files by number. On SQLite goose has a connection of its
// own with the driver's format of times, because it writes times that connections of Open cannot read.
func withGoose(db *gorm.DB, files fs.FS, fn func(*goose.Provider, map[int64]string) error) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("migrations: %w", err)
		}
	}()
	names, err := numbered(files)
	if err != nil {
		return err
	}
	pool, err := db.DB()
	if err != nil {
		return err
	}
	dialect, options := goose.DialectPostgres, []goose.ProviderOption{goose.WithAllowOutofOrder(true)}
	if db.Name() == "sqlite" {
		if pool, err = driver.Open(sqliteDSN(writerPoolOf(db).file.path, "")); err != nil {
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
	return fn(p, names)
}
