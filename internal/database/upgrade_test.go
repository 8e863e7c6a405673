package database_test

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// empty makes a database of each kind without migrations.
var empty = map[string]func(testing.TB) string{"sqlite": dbtest.EmptySQLite, "postgres": dbtest.EmptyPostgres}

// each runs fn on an empty database of each kind.
func each(t *testing.T, fn func(t *testing.T, db *gorm.DB, where string)) {
	for name, url := range empty {
		t.Run(name, func(t *testing.T) {
			where := url(t)
			fn(t, open(t, where), where)
		})
	}
}

func open(t *testing.T, where string) *gorm.DB {
	t.Helper()
	db, err := database.Open(where, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { database.Close(db) })
	return db
}

// steps are migrations; each makes a table with the name in its file name.
func steps(names ...string) fstest.MapFS {
	files := fstest.MapFS{}
	for _, name := range names {
		_, table, _ := strings.Cut(strings.TrimSuffix(name, ".sql"), "_")
		text := "-- +goose Up\nCREATE TABLE " + table + " (x TEXT);\n-- +goose Down\nDROP TABLE " + table + ";\n"
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

// shown is the output of migrate status.
func shown(t *testing.T, db *gorm.DB, files fstest.MapFS) (list []string) {
	t.Helper()
	all, err := database.Migrations(t.Context(), db, files)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		state := map[bool]string{true: "+", false: "-"}[m.Applied]
		if m.NoFile {
			state = "?"
		}
		list = append(list, state+m.Name)
	}
	return list
}

// TestUpdateOfAClone: later migrations of the template are applied to a clone with its own, numbered by time.
func TestUpdateOfAClone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *gorm.DB, _ string) {
		clone := steps("0001_first.sql", "0002_second.sql", "20260131120000_projects.sql")
		updated := maps.Clone(clone)
		maps.Copy(updated, steps("0003_third.sql"))
		if err := database.Migrate(t.Context(), db, clone); err != nil {
			t.Fatal(err)
		}
		if err := database.Ready(t.Context(), db, updated); err == nil || !strings.Contains(err.Error(), "0003_third.sql") {
			t.Errorf("ready before the update is migrated: %v", err)
		}
		want := []string{"+0001_first.sql", "+0002_second.sql", "-0003_third.sql", "+20260131120000_projects.sql"}
		if got := shown(t, db, updated); !slices.Equal(got, want) {
			t.Errorf("before: %v, want %v", got, want)
		}
		if err := database.Migrate(t.Context(), db, updated); err != nil {
			t.Fatalf("the update: %v", err)
		}
		if err := database.Ready(t.Context(), db, updated); err != nil || count(db, "third") != 0 {
			t.Errorf("ready: %v, rows of its table: %d", err, count(db, "third"))
		}
		if err := database.Ready(t.Context(), db, clone); err != nil {
			t.Errorf("the instance from before the update: %v", err)
		}
		err := database.MigrateDown(t.Context(), db, updated)
		if err != nil || count(db, "third") != -1 || count(db, "projects") != 0 {
			t.Errorf("%v: what was applied last is taken back first", err)
		}
	})
}

// TestStepBack: the database has a migration for which this build has no file.
func TestStepBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *gorm.DB, _ string) {
		older := steps("0001_first.sql", "0002_second.sql")
		newer := maps.Clone(older)
		maps.Copy(newer, steps("20260131120000_projects.sql"))
		if err := database.Migrate(t.Context(), db, newer); err != nil {
			t.Fatal(err)
		}
		if err := database.Ready(t.Context(), db, older); err != nil {
			t.Errorf("the older build is not ready: %v", err)
		}
		if err := database.Migrate(t.Context(), db, older); err != nil {
			t.Errorf("the older build does not start: %v", err)
		}
		if err := database.MigrateDown(t.Context(), db, older); err != nil {
			t.Fatalf("down: %v", err)
		}
		want := []string{"+0001_first.sql", "-0002_second.sql", "?20260131120000"}
		if got := shown(t, db, older); !slices.Equal(got, want) || count(db, "second") != -1 || count(db, "projects") != 0 {
			t.Errorf("%v, want %v", got, want)
		}
		if err := database.Ready(t.Context(), db, older); err == nil || !strings.Contains(err.Error(), "0002_second.sql") {
			t.Errorf("ready without the second: %v", err)
		}
		if err := database.MigrateDown(t.Context(), db, older); err != nil || count(db, "first") != -1 {
			t.Errorf("down again: %v", err)
		}
		if err := database.MigrateDown(t.Context(), db, older); err == nil {
			t.Error("nothing is left, and was taken back")
		}
	})
}

// TestNumbers: two migrations with one number, and one without a number, are refused before anything changes.
func TestNumbers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *gorm.DB, _ string) {
		for _, c := range []struct {
			files fstest.MapFS
			named []string
		}{
			{steps("0001_first.sql", "0006_projects.sql", "0006_x.sql"), []string{"0006_projects.sql", "0006_x.sql"}},
			{steps("0001_first.sql", "6_projects.sql", "0006_x.sql"), []string{"6_projects.sql", "0006_x.sql"}},
			{steps("0001_first.sql", "projects_.sql"), []string{"projects_.sql"}},
		} {
			_, listed := database.Migrations(t.Context(), db, c.files)
			for what, err := range map[string]error{
				"up": database.Migrate(t.Context(), db, c.files), "down": database.MigrateDown(t.Context(), db, c.files),
				"status": listed, "ready": database.Ready(t.Context(), db, c.files),
			} {
				for _, name := range c.named {
					if err == nil || !strings.Contains(err.Error(), name) {
						t.Errorf("%s: %v, want %s named", what, err, name)
					}
				}
			}
		}
		if count(db, "first") != -1 {
			t.Error("something was migrated")
		}
	})
}

// TestMigrationLock: a start waits for another one that migrates, and takes over the lease of a dead one.
func TestMigrationLock(t *testing.T) {
	t.Parallel()
	where := dbtest.EmptyPostgres(t)
	db, files := open(t, where), steps("0001_first.sql")
	if err := database.Migrate(t.Context(), db, files); err != nil {
		t.Fatal(err)
	}
	later := steps("0001_first.sql", "0002_second.sql")
	exec(t, db, `UPDATE goose_lock SET locked = TRUE, locked_by = 'otherhost-4711-beef', locked_at = now(),
		lease_expires_at = now() + interval '1 second'`)
	if err := database.Migrate(t.Context(), db, later); err != nil || count(db, "second") != 0 {
		t.Errorf("after the lease of one that died: %v", err)
	}
	if held := scan[bool](t, db, "SELECT locked FROM goose_lock"); held {
		t.Error("the lock is still held")
	}
}

// TestMigrationLockNamesItsHolder: the error after a wait names the holder of the lock.
func TestMigrationLockNamesItsHolder(t *testing.T) {
	t.Parallel()
	db := open(t, dbtest.EmptyPostgres(t))
	if err := database.Migrate(t.Context(), db, steps("0001_first.sql")); err != nil {
		t.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	exec(t, db, `UPDATE goose_lock SET locked = TRUE, locked_by = 'otherhost-4711-beef', locked_at = now(),
		lease_expires_at = now() + interval '1 hour'`)
	lock, err := database.NewMigrationLock(time.Millisecond, 3)
	if err != nil {
		t.Fatal(err)
	}
	err = lock.Lock(t.Context(), pool)
	if err == nil || !strings.Contains(err.Error(), "otherhost-4711-beef") || !strings.Contains(err.Error(), "since 20") {
		t.Errorf("%v, want the holder named", err)
	}
	exec(t, db, "UPDATE goose_lock SET locked = FALSE")
	if err := lock.Lock(t.Context(), pool); err != nil {
		t.Error(err)
	} else if err := lock.Unlock(t.Context(), pool); err != nil {
		t.Error(err)
	}
}

// TestMigrateThroughAPooler: four instances start at once on an empty database through a pooler in transaction mode,
// with and without prepared statements.
func TestMigrateThroughAPooler(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"exec", "simple_protocol"} {
		t.Run(mode, func(t *testing.T) {
			direct := dbtest.EmptyPostgres(t)
			where := dbtest.Pooler(t, direct, "transaction", 3, mode)
			files := steps("0001_first.sql", "0002_second.sql", "0003_third.sql")
			var instances []*gorm.DB
			for range 4 {
				instances = append(instances, open(t, where))
			}
			var group sync.WaitGroup
			for i, db := range instances {
				group.Go(func() {
					if err := database.Migrate(t.Context(), db, files); err != nil {
						t.Errorf("instance %d: %v", i, err)
					}
					if err := database.Ready(t.Context(), db, files); err != nil {
						t.Errorf("instance %d after migrating: %v", i, err)
					}
				})
			}
			group.Wait()
			straight := open(t, direct) // the lock is free without the pooler too
			all := steps("0001_first.sql", "0002_second.sql", "0003_third.sql", "0004_fourth.sql")
			if err := database.Migrate(t.Context(), straight, all); err != nil {
				t.Error(err)
			}
		})
	}
}
