package database_test

import (
	"os"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/migrations"
	"gorm.io/gorm"
)

var tables = []string{"users", "sessions", "accounts", "verifications"}

// count returns the number of rows of a table, −1 if it does not exist.
func count(db *gorm.DB, table string) int64 {
	var n int64
	if err := db.Table(table).Count(&n).Error; err != nil {
		return -1
	}
	return n
}

func TestDownAndUp(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		ctx := t.Context()
		state := func(applied bool) {
			t.Helper()
			list, err := database.Migrations(ctx, db, migrations.FS)
			if err != nil || len(list) == 0 {
				t.Fatalf("%d migrations, %v", len(list), err)
			}
			for _, m := range list {
				if m.Applied != applied || m.Name == "" {
					t.Errorf("%q applied: %t, want %t", m.Name, m.Applied, applied)
				}
			}
			if err := database.Ready(ctx, db, migrations.FS); (err == nil) != applied {
				t.Errorf("ready: %v", err)
			}
			for _, table := range tables {
				if exists := count(db, table) == 0; exists != applied {
					t.Errorf("table %s exists: %t, want %t", table, exists, applied)
				}
			}
		}
		state(true)
		if err := database.Migrate(ctx, db, migrations.FS); err != nil {
			t.Errorf("a second time: %v", err)
		}
		list, err := database.Migrations(ctx, db, migrations.FS)
		if err != nil {
			t.Fatal(err)
		}
		for range list {
			if err := database.MigrateDown(ctx, db, migrations.FS); err != nil {
				t.Fatal(err)
			}
		}
		state(false)
		if err := database.Migrate(ctx, db, migrations.FS); err != nil {
			t.Fatal(err)
		}
		state(true)
	})
}

// TestMigrateTogether: several instances start on an empty database at the same time.
func TestMigrateTogether(t *testing.T) {
	t.Parallel()
	// The second one changes data: unlike creating a table, running it twice would not fail.
	files := fstest.MapFS{
		"0001_counter.sql": {Data: []byte("-- +goose Up\nCREATE TABLE counter (n INTEGER);\n" +
			"INSERT INTO counter VALUES (0);\n-- +goose Down\nDROP TABLE counter;\n")},
		"0002_count.sql": {Data: []byte("-- +goose Up\nUPDATE counter SET n = n + 1;\n" +
			"-- +goose Down\nUPDATE counter SET n = n - 1;\n")},
	}
	for name, url := range empty {
		t.Run(name, func(t *testing.T) {
			where := url(t)
			var instances []*gorm.DB
			for range 4 {
				db, err := database.Open(where, 0)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { database.Close(db) })
				instances = append(instances, db)
			}
			start := make(chan struct{})
			var group sync.WaitGroup
			for i, db := range instances {
				group.Go(func() {
					<-start
					if err := database.Migrate(t.Context(), db, files); err != nil {
						t.Errorf("instance %d: %v", i, err)
					}
					if err := database.Ready(t.Context(), db, files); err != nil {
						t.Errorf("instance %d after migrating: %v", i, err)
					}
				})
			}
			close(start)
			group.Wait()
			if n := scan[int](t, instances[0], "SELECT n FROM counter"); n != 1 {
				t.Errorf("a migration ran %d times", n)
			}
			if n := scan[int](t, instances[0], "SELECT count(*) - count(DISTINCT version_id) FROM goose_db_version"); n != 0 {
				t.Errorf("%d migrations are recorded twice", n)
			}
		})
	}
}

// TestBrokenMigration: a failed migration is undone as a whole, reported, and not recorded.
func TestBrokenMigration(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"0001_broken.sql": {Data: []byte("-- +goose Up\nCREATE TABLE half (x TEXT);\n" +
		"INSERT INTO nothing_here VALUES (1);\n-- +goose Down\nDROP TABLE half;\n")}}
	for name, url := range empty {
		t.Run(name, func(t *testing.T) {
			db, err := database.Open(url(t), 0)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { database.Close(db) })
			if err := database.Migrate(t.Context(), db, files); err == nil {
				t.Error("a broken migration is reported as done")
			}
			if count(db, "half") != -1 {
				t.Error("half a migration is left")
			}
			if err := database.Ready(t.Context(), db, files); err == nil {
				t.Error("ready without its schema")
			}
		})
	}
}

// TestReadyOnAnEmptyDatabase: a database without migrations is not ready.
func TestReadyOnAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	for name, url := range empty {
		t.Run(name, func(t *testing.T) {
			db, err := database.Open(url(t), 0)
			if err != nil {
				t.Fatal(err)
			}
			if err := database.Ready(t.Context(), db, migrations.FS); err == nil {
				t.Error("an empty database is ready")
			}
			if err := database.Close(db); err != nil {
				t.Fatal(err)
			}
			if err := database.Ready(t.Context(), db, migrations.FS); err == nil {
				t.Error("a closed database is ready")
			}
		})
	}
}

// TestLostFile: a process whose SQLite file was deleted or replaced is not ready, because its writes would be lost.
func TestLostFile(t *testing.T) {
	t.Parallel()
	where := dbtest.SQLite(t)
	path := strings.TrimPrefix(where, "file:")
	db := dbtest.Open(t, where)
	if err := database.Ready(t.Context(), db, migrations.FS); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Rename(path+suffix, path+".away"+suffix); err != nil {
			t.Fatal(err)
		}
	}
	if err := database.Ready(t.Context(), db, migrations.FS); err == nil {
		t.Error("ready without its file")
	}
	dbtest.Open(t, where)
	if err := database.Ready(t.Context(), db, migrations.FS); err == nil {
		t.Error("ready beside another file")
	}
}
