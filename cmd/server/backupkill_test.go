//go:build prove

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

const kills = 100

// killed runs a command and kills it after a random time up to limit. ended is true if the command was faster.
func killed(t *testing.T, dir string, limit time.Duration, args ...string) (ended bool) {
	t.Helper()
	cmd := process(t.Context(), t, dir, nil, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(rand.N(limit)) // the random time is what is tried
	cmd.Process.Kill()
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code > 0 {
		t.Fatalf("%v: exit status %d", args, code)
	}
	return cmd.ProcessState.Success()
}

// signUp makes person number i by the page.
func (s *running) signUp(t *testing.T, i int64) {
	form := url.Values{"name": {"P"}, "email": {fmt.Sprintf("person%d@example.com", i)}, "password": {authtest.Password}}
	if got := authtest.NewClient(t, s.url).PostForm("/signup", form); got.StatusCode != 303 {
		t.Errorf("/signup: %d", got.StatusCode)
	}
}

// duration is how long a command takes that is not killed.
func duration(t *testing.T, dir string, args ...string) time.Duration {
	t.Helper()
	began := time.Now()
	if _, stderr, code := result(t, dir, "", nil, args...); code != 0 {
		t.Fatalf("%v: %d %s", args, code, stderr)
	}
	return time.Since(began)
}

// writers insert a parent and its child in one transaction, until stop.
type writers struct {
	next, acknowledged atomic.Int64
}

func (w *writers) run(ctx context.Context, db *gorm.DB) error {
	for ctx.Err() == nil {
		id := w.next.Add(1)
		err := db.Transaction(func(tx *gorm.DB) error {
			if err := tx.Exec("INSERT INTO x_parents VALUES (?, ?)", id, strings.Repeat("x", 500)).Error; err != nil {
				return err
			}
			return tx.Exec("INSERT INTO x_children VALUES (?)", id).Error
		})
		if err != nil {
			return err
		}
		w.acknowledged.Add(1)
	}
	return nil
}

// large makes a database of some 20 MB in dir that the server can serve.
func large(t *testing.T, dir string) *gorm.DB {
	t.Helper()
	succeed(t, dir, nil, "applied", "migrate", "up")
	db := dbtest.Open(t, databaseIn(dir))
	for _, sql := range []string{
		"CREATE TABLE x_parents (id INTEGER PRIMARY KEY, text TEXT)",
		"CREATE TABLE x_children (id INTEGER PRIMARY KEY REFERENCES x_parents (id))",
		"CREATE TABLE x_filler (data BLOB)",
		`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
			INSERT INTO x_filler SELECT randomblob(60000) FROM n`,
	} {
		if err := db.Exec(sql).Error; err != nil {
			t.Fatal(err)
		}
	}
	return db
}

func count(t *testing.T, db *gorm.DB, table string) (n int64) {
	t.Helper()
	if err := db.Table(table).Count(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}

// TestKilledBackups: backups of a served database are killed while a server and others write to it. A file with the
// final name can be restored and has every row and sign-up that was acknowledged before the backup began.
func TestKilledBackups(t *testing.T) {
	dir := t.TempDir()
	k := &killing{dir: dir, db: large(t, dir)}
	k.limit = 3 * duration(t, dir, "backup", "first.db")
	for range kills / 10 {
		k.round(t)
	}
	t.Logf("%d kills within %v: %d backups were finished and restored whole, %d were partial, %d had not begun; "+
		"%d rows and %d sign-ups were written meanwhile",
		kills, k.limit, k.finished, k.partial, k.none, k.acknowledged.Load(), k.people.Load())
	if k.finished < kills/20 || k.partial < kills/5 {
		t.Error("the kills were not in the middle of the backups")
	}
}

type killing struct {
	writers
	dir                     string
	db                      *gorm.DB
	limit                   time.Duration
	people                  atomic.Int64
	finished, partial, none int
}

// round kills ten backups of a server, which process lets run for a minute.
func (k *killing) round(t *testing.T) {
	t.Helper()
	s := start(t, k.dir, "RATE_LIMIT=off", "LOG_LEVEL=warn")
	defer s.stop(t)
	ctx, stop := context.WithCancel(t.Context())
	var working sync.WaitGroup
	defer working.Wait()
	defer stop()
	for range 2 {
		working.Go(func() {
			if err := k.run(ctx, k.db); err != nil {
				t.Error(err)
			}
		})
	}
	working.Go(func() {
		for ctx.Err() == nil {
			s.signUp(t, k.people.Load())
			k.people.Add(1)
		}
	})
	for range 10 {
		k.kill(t)
	}
}

func (k *killing) kill(t *testing.T) {
	t.Helper()
	rows, users := k.acknowledged.Load(), k.people.Load()
	ended := killed(t, k.dir, k.limit, "backup", "b.db")
	left, err := filepath.Glob(filepath.Join(k.dir, "*.partial*"))
	if err != nil {
		t.Fatal(err)
	}
	target := filepath.Join(k.dir, "b.db")
	switch _, err := os.Stat(target); {
	case err == nil:
		k.finished++
		restoresWhole(t, target, rows, users)
	case ended:
		t.Fatal("the backup ended without its file")
	case len(left) > 0:
		k.partial++
	default:
		k.none++
	}
	for _, name := range append(left, target) {
		os.Remove(name)
	}
}

func restoresWhole(t *testing.T, backup string, rows, users int64) {
	t.Helper()
	dir := t.TempDir()
	secrets, err := os.ReadFile(filepath.Join(filepath.Dir(backup), "data", "development.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data", "development.json"), secrets, 0o600); err != nil {
		t.Fatal(err)
	}
	succeed(t, dir, nil, "is restored from", "restore", backup, "--keep-sessions")
	db, err := database.Open(databaseIn(dir), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	defer database.Close(db)
	parents, children := count(t, db, "x_parents"), count(t, db, "x_children")
	if parents < rows || children != parents || count(t, db, "users") < users {
		t.Errorf("%d parents and %d children of %d, %d users of %d", parents, children, rows,
			count(t, db, "users"), users)
	}
}

// TestKilledRestores: after a kill the database is the one before or the restored one, and whole.
func TestKilledRestores(t *testing.T) {
	dir := t.TempDir()
	db := large(t, dir)
	succeed(t, dir, nil, "checked", "backup", "b.db")
	database.Close(db)
	path := filepath.Join(dir, databaseFile)
	limit := 2 * duration(t, dir, "restore", "b.db")
	var before, restored int
	for range kills {
		mark(t, path)
		killed(t, dir, limit, "restore", "b.db")
		if mark(t, path) == 1 {
			before++
		} else {
			restored++
		}
		left, err := filepath.Glob(path + ".*")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range left {
			os.Remove(name)
		}
	}
	t.Logf("%d kills within %v: %d times the database before, %d times the restored one, always whole", kills, limit,
		before, restored)
	if before < kills/20 || restored < kills/20 {
		t.Error("the kills were not in the middle of the restores")
	}
}

// mark checks that the database at path is whole, returns how many rows of marks it has, and makes it one.
func mark(t *testing.T, path string) (rows int64) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	db, err := database.Open("file:"+path, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close(db)
	var found string
	if err := db.Raw("PRAGMA integrity_check").Scan(&found).Error; err != nil || found != "ok" {
		t.Fatal(found, err)
	}
	if count(t, db, "x_filler") != 300 {
		t.Fatal("rows are missing")
	}
	rows = count(t, db, "x_parents")
	if err := db.Exec("INSERT OR IGNORE INTO x_parents VALUES (1, 'marked')").Error; err != nil {
		t.Fatal(err)
	}
	return rows
}
