// Package dbtest gives each test a migrated database of its own. It migrates one database of each kind per package and
// copies that. SQLite is always there. PostgreSQL is used where TEST_DATABASE_URL names a server or a local postgres
// binary can be started; elsewhere those tests skip, which under CI=true is a failure.
package dbtest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"example.com/foyer/internal/database"
	"example.com/foyer/migrations"
	"gorm.io/gorm"
)

// Main runs a package's tests and stops the PostgreSQL that they started.
func Main(m *testing.M) {
	code := m.Run()
	stop()
	os.Exit(code)
}

// Each runs fn as a subtest on SQLite and, beside it, another on PostgreSQL. They start when the test that calls Each
// has nothing more to do itself.
func Each(t *testing.T, fn func(t *testing.T, db *gorm.DB)) {
	t.Helper()
	for name, url := range map[string]func(testing.TB) string{"sqlite": SQLite, "postgres": Postgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fn(t, Open(t, url(t)))
		})
	}
}

// Open opens a database that SQLite or Postgres gave, and closes it with the test.
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

// EmptySQLite returns the URL of a SQLite database that nobody has migrated.
func EmptySQLite(t testing.TB) string { return "file:" + filepath.Join(t.TempDir(), "test.db") }

// migratedFile is what a migrated SQLite database looks like.
var migratedFile = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "foyer-sqlite-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "test.db")
	if err := migrate("file:" + path); err != nil {
		return nil, err
	}
	return os.ReadFile(path) // whole: the last connection that closes empties the log
})

func migrate(url string) error {
	db, err := database.Open(url, 0)
	if err != nil {
		return err
	}
	defer database.Close(db)
	return database.Migrate(context.Background(), db, migrations.FS)
}
