// Package dbtest gives each test a migrated database of its own: a copy of one that was migrated once per package. For
// PostgreSQL it uses the server of TEST_DATABASE_URL or starts a local binary. Without either, tests on PostgreSQL
// skip; under CI=true they fail.
package dbtest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"example.com/foyer/internal/database"
	"example.com/foyer/migrations"
	"gorm.io/gorm"
)

// Main runs the tests of a package and stops the PostgreSQL that they started.
func Main(m *testing.M) {
	code := m.Run()
	stop()
	os.Exit(code)
}

// Each runs fn as two parallel subtests, on SQLite and on PostgreSQL. They start after the calling test function
// returns.
func Each(t *testing.T, fn func(t *testing.T, db *gorm.DB)) {
	t.Helper()
	for name, url := range map[string]func(testing.TB) string{"sqlite": SQLite, "postgres": Postgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fn(t, Open(t, url(t)))
		})
	}
}

// AwaitLocks returns when n transactions wait for a lock. On SQLite it returns at once, because a transaction waits
// there before it reads anything.
func AwaitLocks(t testing.TB, db *gorm.DB, n int) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for waiting := 0; db.Name() == "postgres" && waiting < n; time.Sleep(time.Millisecond) {
		err := db.Raw(`SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting).Error
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("%d transactions wait for a lock, want %d: %v", waiting, n, err)
		}
	}
}

// Open opens the database at url and closes it with the test.
func Open(t testing.TB, url string) *gorm.DB {
	t.Helper()
	db, err := database.Open(url, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { database.Close(db) })
	return db
}

// SQLite returns the URL of a migrated SQLite database that lives as long as the test.
func SQLite(t testing.TB) string {
	t.Helper()
	file, err := migratedFile()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return "file:" + path
}

// EmptySQLite returns the URL of an SQLite database without migrations.
func EmptySQLite(t testing.TB) string { return "file:" + filepath.Join(t.TempDir(), "test.db") }

// migratedFile is the content of a migrated SQLite database.
var migratedFile = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "dbtest-sqlite-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "test.db")
	if err := migrate("file:" + path); err != nil {
		return nil, err
	}
	return os.ReadFile(path) // complete, because closing the last connection empties the log
})

func migrate(url string) error {
	db, err := database.Open(url, 0)
	if err != nil {
		return err
	}
	defer database.Close(db)
	return database.Migrate(context.Background(), db, migrations.FS)
}
