package database_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/errs"
	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// scan reads one value.
func scan[T any](t *testing.T, db *gorm.DB, sql string, args ...any) (v T) {
	t.Helper()
	if err := db.Raw(sql, args...).Scan(&v).Error; err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func exec(t *testing.T, db *gorm.DB, sql string, args ...any) {
	t.Helper()
	if err := db.Exec(sql, args...).Error; err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func TestNow(t *testing.T) {
	now := database.Now()
	if now.Location() != time.UTC || now.Nanosecond()%1e6 != 0 || time.Since(now).Abs() > time.Minute {
		t.Errorf("%s is not now in UTC and whole milliseconds", now)
	}
}

// TestSQLiteVersion: before 3.51.3 a WAL reset could corrupt the file.
func TestSQLiteVersion(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLite(t))
	var major, minor, patch int
	version := scan[string](t, db, "SELECT sqlite_version()")
	if _, err := fmt.Sscanf(version, "%d.%d.%d", &major, &minor, &patch); err != nil {
		t.Fatal(err)
	}
	if major*1_000_000+minor*1_000+patch < 3_051_003 {
		t.Errorf("SQLite %s, want at least 3.51.3", version)
	}
}

// TestSQLiteSettings: every connection of the pool has the settings.
func TestSQLiteSettings(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLite(t))
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		conn, err := pool.Conn(t.Context()) // open until the test ends, so each is a new one
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for pragma, want := range map[string]string{
			"journal_mode": "wal", "foreign_keys": "1", "synchronous": "2", "busy_timeout": "4000",
		} {
			var got string
			if err := conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
				t.Errorf("connection %d: %s is %q, want %q (%v)", i, pragma, got, want, err)
			}
		}
	}
}

func TestSQLiteFile(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new folder")
	for _, name := range []string{"plain.db", "a b.db", "100%.db", "what?.db", "x#y.db", "ä.db"} {
		path := filepath.Join(dir, name)
		db := dbtest.Open(t, "file:"+path)
		exec(t, db, "CREATE TABLE x_here (x TEXT)")
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) < 6 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "-shm") { // it has page numbers and no data
			continue
		}
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s is %v (%v), want readable by its owner alone", name, info.Mode(), err)
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the new folder is %v (%v), want readable by its owner alone", info.Mode(), err)
	}
}

// TestTimes: a stored time is read back in UTC and compares as a time with every fraction.
func TestTimes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		exec(t, db, "CREATE TABLE x_moments (n INTEGER, at TIMESTAMP NOT NULL)")
		noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
		moments := []time.Time{
			noon.Add(-time.Millisecond), noon, noon.Add(5 * time.Millisecond), noon.Add(50 * time.Millisecond),
			noon.Add(500 * time.Millisecond), noon.Add(time.Second), noon.AddDate(0, 0, 1),
		}
		for i, at := range moments {
			exec(t, db, "INSERT INTO x_moments (n, at) VALUES (?, ?)", i, at)
		}
		for i, want := range moments {
			got := scan[time.Time](t, db, "SELECT at FROM x_moments WHERE n = ?", i)
			if !got.Equal(want) || got.Location() != time.UTC {
				t.Errorf("%s comes back as %s", want, got)
			}
			for sql, wantN := range map[string]int{
				"SELECT count(*) FROM x_moments WHERE at < ?":  i,
				"SELECT count(*) FROM x_moments WHERE at = ?":  1,
				"SELECT count(*) FROM x_moments WHERE at >= ?": len(moments) - i,
			} {
				if n := scan[int](t, db, sql, want); n != wantN {
					t.Errorf("%s with %s: %d, want %d", sql, want, n, wantN)
				}
			}
		}
		if db.Name() == "sqlite" {
			if widths := scan[int](t, db, "SELECT count(DISTINCT length(at)) FROM x_moments"); widths != 1 {
				t.Errorf("times are stored in %d widths", widths)
			}
			if text := scan[string](t, db, "SELECT at || '' FROM x_moments WHERE n = 4"); text != "2026-11-23T12:00:00.500Z" {
				t.Errorf("a time is stored as %s", text)
			}
		}
	})
}

func TestTranslation(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		exec(t, db, "CREATE TABLE x_parents (id TEXT PRIMARY KEY, name TEXT UNIQUE)")
		exec(t, db, `CREATE TABLE x_children (
			id TEXT PRIMARY KEY, parent TEXT NOT NULL REFERENCES x_parents (id) ON DELETE CASCADE)`)
		exec(t, db, "INSERT INTO x_parents VALUES ('1', 'a')")
		for _, sql := range []string{"INSERT INTO x_parents VALUES ('1', 'b')", "INSERT INTO x_parents VALUES ('2', 'a')"} {
			err := db.Exec(sql).Error
			if !errors.Is(err, gorm.ErrDuplicatedKey) || unavailable(err) {
				t.Errorf("%s: %v, want a duplicate key", sql, err)
			}
		}
		const orphan = "INSERT INTO x_children VALUES ('1', 'nobody')"
		if err := db.Exec(orphan).Error; !errors.Is(err, gorm.ErrForeignKeyViolated) || unavailable(err) {
			t.Errorf("%s: %v, want a violated foreign key", orphan, err)
		}
		exec(t, db, "CREATE TABLE x_wards (parent TEXT REFERENCES x_parents (id) ON DELETE RESTRICT)")
		exec(t, db, "INSERT INTO x_parents VALUES ('3', 'c')")
		exec(t, db, "INSERT INTO x_wards VALUES ('3')")
		if err := db.Exec("DELETE FROM x_parents").Error; !errors.Is(err, gorm.ErrForeignKeyViolated) || unavailable(err) {
			t.Errorf("RESTRICT: %v, want a violated foreign key", err)
		}
		version18 := &pgconn.PgError{Code: "23001"}
		if err := db.Dialector.(gorm.ErrorTranslator).Translate(version18); !errors.Is(err, gorm.ErrForeignKeyViolated) {
			t.Errorf("RESTRICT on PostgreSQL 18: %v, want a violated foreign key", err)
		}
		exec(t, db, "DELETE FROM x_wards")
		for _, sql := range []string{
			"INSERT INTO x_children VALUES ('1', NULL)",
			"INSERT INTO x_parents VALUES (", "SELECT * FROM nothing_here",
		} {
			if err := db.Exec(sql).Error; err == nil || unavailable(err) || errors.Is(err, gorm.ErrDuplicatedKey) {
				t.Errorf("%s: %v, want a mistake, neither an outage nor a duplicate", sql, err)
			}
		}
		exec(t, db, "INSERT INTO x_children VALUES ('1', '1')")
		exec(t, db, "DELETE FROM x_parents")
		if n := scan[int](t, db, "SELECT count(*) FROM x_children"); n != 0 {
			t.Errorf("%d children outlive their parent", n)
		}
	})
}

func unavailable(err error) bool {
	var e *errs.Error
	return errors.As(err, &e) && e.Status == 503 && e.RetryAfter > 0
}

// TestNestedTransaction: a failed inner transaction undoes only itself.
func TestNestedTransaction(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		exec(t, db, "CREATE TABLE x_things (id TEXT PRIMARY KEY)")
		err := db.Transaction(func(tx *gorm.DB) error {
			exec(t, tx, "INSERT INTO x_things VALUES ('outer')")
			inner := tx.Transaction(func(tx *gorm.DB) error {
				exec(t, tx, "INSERT INTO x_things VALUES ('inner')")
				return tx.Exec("INSERT INTO x_things VALUES ('outer')").Error
			})
			if !errors.Is(inner, gorm.ErrDuplicatedKey) {
				t.Errorf("inner: %v", inner)
			}
			return nil
		})
		if got := scan[string](t, db, "SELECT id FROM x_things"); err != nil || got != "outer" {
			t.Errorf("%q is kept, %v", got, err)
		}
	})
}

// TestParallelWriters: the writers of two pools lose no write and get no SQLITE_BUSY.
func TestParallelWriters(t *testing.T) {
	t.Parallel()
	const writers, rounds = 4, 15
	for name, url := range map[string]func(testing.TB) string{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		t.Run(name, func(t *testing.T) {
			where := url(t)
			pools := []*gorm.DB{dbtest.Open(t, where), dbtest.Open(t, where)}
			exec(t, pools[0], "CREATE TABLE x_counters (id TEXT PRIMARY KEY, n INTEGER NOT NULL)")
			exec(t, pools[0], "INSERT INTO x_counters VALUES ('x', 0)")
			lock := " FOR UPDATE"
			if name == "sqlite" {
				lock = "" // its transactions take the write lock at their beginning
			}
			var group sync.WaitGroup
			for i := range writers * len(pools) {
				group.Go(func() {
					for range rounds {
						err := pools[i%len(pools)].Transaction(func(tx *gorm.DB) error {
							var n int
							if err := tx.Raw("SELECT n FROM x_counters WHERE id = 'x'" + lock).Scan(&n).Error; err != nil {
								return err
							}
							return tx.Exec("UPDATE x_counters SET n = ? WHERE id = 'x'", n+1).Error
						})
						if err != nil {
							t.Errorf("writer %d: %v", i, err)
							return
						}
					}
				})
			}
			group.Wait()
			if n := scan[int](t, pools[1], "SELECT n FROM x_counters"); n != writers*rounds*len(pools) {
				t.Errorf("%d of %d changes are kept", n, writers*rounds*len(pools))
			}
		})
	}
}

// TestOpenFails: the error has the reason and not the password.
func TestOpenFails(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	text := []byte("this is no database, but long enough to be read as one")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, url := range map[string]string{
		"no listener":      "postgres://app:zebra-7@127.0.0.1:1/app?connect_timeout=2",
		"no such socket":   "postgres://app:zebra-7@/app?host=" + dir,
		"folder is a file": "file:" + filepath.Join(file, "x.db"),
		"not a database":   "file:" + file,
	} {
		db, err := database.Open(url, 0)
		if err == nil {
			database.Close(db)
			t.Errorf("%s: opened", name)
		} else if strings.Contains(err.Error(), "zebra-7") {
			t.Errorf("%s: the password is in the error: %v", name, err)
		}
	}
}
