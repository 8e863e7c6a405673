// Package dbtest gives tests a fresh, migrated database of each kind. SQLite is always there. PostgreSQL is
// used where TEST_DATABASE_URL names a server or a local postgres binary can be started; elsewhere those tests
// skip, which under CI=true is a failure.
package dbtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"example.com/foyer/internal/database"
	"example.com/foyer/migrations"
	"gorm.io/gorm"
)

// Main runs a package's tests and stops the PostgreSQL that Each or Postgres started for them.
func Main(m *testing.M) {
	code := m.Run()
	stop()
	os.Exit(code)
}

// Each runs fn as a subtest on SQLite and, beside it, another on PostgreSQL: much of either is waiting. They start when
// the test that calls Each has nothing more to do itself.
func Each(t *testing.T, fn func(t *testing.T, db *gorm.DB)) {
	t.Helper()
	for name, url := range map[string]func(testing.TB) string{"sqlite": SQLite, "postgres": Postgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fn(t, Open(t, url(t)))
		})
	}
}

// SQLite returns the URL of an empty SQLite database that lives as long as the test.
func SQLite(t testing.TB) string { return "file:" + filepath.Join(t.TempDir(), "test.db") }

// Postgres returns the URL of an empty PostgreSQL database that lives as long as the test.
func Postgres(t testing.TB) string {
	t.Helper()
	admin, err := server()
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal("PostgreSQL is required under CI=true: ", err)
	} else if err != nil {
		t.Skip("no PostgreSQL: ", err)
	}
	name := "test_" + strings.ToLower(rand.Text())
	execute(t, admin, "CREATE DATABASE "+name)
	t.Cleanup(func() { execute(t, admin, "DROP DATABASE "+name+" WITH (FORCE)") })
	u, err := url.Parse(admin)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// Open opens a database, migrates it and closes it with the test.
func Open(t testing.TB, url string) *gorm.DB {
	t.Helper()
	db, err := database.Open(url, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { database.Close(db) })
	if err := database.Migrate(t.Context(), db, migrations.FS); err != nil {
		t.Fatal(err)
	}
	return db
}

func execute(t testing.TB, url, sql string) {
	t.Helper()
	db, err := database.Open(url, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close(db)
	pool, err := db.DB()
	if err == nil {
		_, err = pool.ExecContext(context.Background(), sql)
	}
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", sql, err))
	}
}

// server returns the URL of a PostgreSQL whose user may create databases, starting a private one at most once.
var server = sync.OnceValues(func() (string, error) {
	if url := os.Getenv("TEST_DATABASE_URL"); url != "" {
		return url, nil
	}
	return start()
})
