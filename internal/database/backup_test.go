package database_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

func accept(*gorm.DB) error { return nil }

// pairs makes a database whose writers insert a parent and its child in one transaction.
func pairs(t *testing.T) (db *gorm.DB, path string) {
	t.Helper()
	url := dbtest.EmptySQLite(t)
	db = open(t, url)
	exec(t, db, "CREATE TABLE x_parents (id INTEGER PRIMARY KEY, text TEXT)")
	exec(t, db, "CREATE TABLE x_children (id INTEGER PRIMARY KEY REFERENCES x_parents (id))")
	return db, strings.TrimPrefix(url, "file:")
}

func insertPair(db *gorm.DB, id int64) error {
	return db.Transaction(func(tx *gorm.DB) error {
		if err := tx.Exec("INSERT INTO x_parents VALUES (?, ?)", id, strings.Repeat("x", 3000)).Error; err != nil {
			return err
		}
		return tx.Exec("INSERT INTO x_children VALUES (?)", id).Error
	})
}

// files lists the names in a folder.
func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		names = append(names, f.Name())
	}
	return names
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestBackupUnderWrites: a backup has every pair that was acknowledged before it began, and no half.
func TestBackupUnderWrites(t *testing.T) {
	t.Parallel()
	db, path := pairs(t)
	var next, acknowledged atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for range 3 {
		writers.Go(func() {
			for ctx.Err() == nil {
				if err := insertPair(db, next.Add(1)); err != nil {
					t.Error(err)
					return
				}
				acknowledged.Add(1)
			}
		})
	}
	dir := t.TempDir()
	for _, name := range []string{"one.db", "two.db", "three.db"} {
		for begin := acknowledged.Load(); acknowledged.Load() < begin+50 && ctx.Err() == nil; {
		}
		before := acknowledged.Load()
		if err := database.Backup(t.Context(), path, filepath.Join(dir, name), accept); err != nil {
			t.Fatal(err)
		}
		copied := open(t, "file:"+filepath.Join(dir, name))
		parents := scan[int64](t, copied, "SELECT count(*) FROM x_parents")
		children := scan[int64](t, copied, "SELECT count(*) FROM x_children")
		if parents < before || children != parents {
			t.Errorf("%s: %d parents and %d children of %d pairs", name, parents, children, before)
		}
		database.Close(copied)
	}
	stop()
	writers.Wait()
	if got := files(t, dir); len(got) != 3 {
		t.Errorf("the folder has %v", got)
	}
}

// TestBackupIsNotRestarted: what another connection writes between two steps of a copy does not restart it.
func TestBackupIsNotRestarted(t *testing.T) {
	t.Parallel()
	db, path := pairs(t)
	exec(t, db, "INSERT INTO x_parents VALUES (1, hex(zeroblob(2500000)))")
	if n := scan[int64](t, db, "PRAGMA page_count"); n <= 1000 {
		t.Fatalf("%d pages are one step", n)
	}
	ctx := &asked{Context: t.Context(), do: func() {
		if err := insertPair(db, 2); err != nil {
			t.Error(err)
		}
	}}
	target := filepath.Join(t.TempDir(), "b.db")
	if err := database.Backup(ctx, path, target, accept); err != nil {
		t.Fatal(err)
	}
	wantPairs(t, path, 1)
	wantPairs(t, target, 0)
}

// asked is a context that runs do when it is asked for the second time whether it has ended.
type asked struct {
	context.Context
	times atomic.Int64
	do    func()
}

func (a *asked) Err() error {
	if a.times.Add(1) == 2 {
		a.do()
	}
	return a.Context.Err()
}

// TestBackupIsOneFile that only its owner can read, without a log beside it.
func TestBackupIsOneFile(t *testing.T) {
	t.Parallel()
	db, path := pairs(t)
	if err := insertPair(db, 1); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	target := filepath.Join(dir, "a #1 in 100%.db")
	if err := database.Backup(t.Context(), path, target, accept); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(target)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	const writeVersion = 18 // in the header of the file; 2 needs a log
	if got := files(t, dir); len(got) != 1 || read(t, target)[writeVersion] != 1 {
		t.Errorf("%v, write version %d", got, read(t, target)[writeVersion])
	}
}

// TestBackupRefuses: a refused backup leaves nothing behind.
func TestBackupRefuses(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused by the check")
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for name, test := range map[string]struct {
		ctx     context.Context
		prepare func(t *testing.T, db *gorm.DB, path string)
		check   func(*gorm.DB) error
		want    string
	}{
		"a check": {check: func(*gorm.DB) error { return refused }, want: refused.Error()},
		"an end":  {ctx: over, want: "context canceled"},
		"no file": {prepare: func(_ *testing.T, _ *gorm.DB, path string) { os.Remove(path) }, want: "no such file"},
		"a folder": {prepare: func(_ *testing.T, _ *gorm.DB, path string) {
			os.Remove(path)
			os.Mkdir(path, 0o700)
		}, want: "is no file"},
		"other text": {prepare: func(t *testing.T, db *gorm.DB, path string) {
			database.Close(db)
			overwrite(t, path, 0, "hello")
		}, want: "not a database"},
		"a lost row": {prepare: func(t *testing.T, db *gorm.DB, _ string) {
			err := db.Connection(func(one *gorm.DB) error {
				exec(t, one, "PRAGMA foreign_keys=OFF")
				return one.Exec("INSERT INTO x_children VALUES (7)").Error
			})
			if err != nil {
				t.Fatal(err)
			}
		}, want: "a row of x_children refers to one that is missing"},
		"a damaged page": {prepare: func(t *testing.T, db *gorm.DB, path string) {
			for id := range int64(50) {
				if err := insertPair(db, id); err != nil {
					t.Fatal(err)
				}
			}
			database.Close(db)
			overwrite(t, path, 20*4096, strings.Repeat("damage", 600))
		}, want: "it is damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, path := pairs(t)
			if test.prepare != nil {
				test.prepare(t, db, path)
			}
			if test.check == nil {
				test.check = accept
			}
			if test.ctx == nil {
				test.ctx = t.Context()
			}
			dir := t.TempDir()
			err := database.Backup(test.ctx, path, filepath.Join(dir, "b.db"), test.check)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
			if left := files(t, dir); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// overwrite replaces bytes of a file.
func overwrite(t *testing.T, path string, at int64, text string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteAt([]byte(text), at); err != nil {
		t.Fatal(err)
	}
}

// TestBackupReplacesNoFile, also none that is made while it copies.
func TestBackupReplacesNoFile(t *testing.T) {
	t.Parallel()
	_, path := pairs(t)
	dir := t.TempDir()
	target := filepath.Join(dir, "b.db")
	late := func(*gorm.DB) error { return os.WriteFile(target, []byte("mine"), 0o600) }
	for name, check := range map[string]func(*gorm.DB) error{"made meanwhile": late, "there before": accept} {
		if name == "there before" {
			late(nil)
		}
		err := database.Backup(t.Context(), path, target, check)
		if err == nil || !strings.Contains(err.Error(), "exists already") {
			t.Errorf("%s: %v", name, err)
		}
		if got := files(t, dir); len(got) != 1 || !bytes.Equal(read(t, target), []byte("mine")) {
			t.Errorf("%s: the folder has %v", name, got)
		}
		os.Remove(target)
	}
	if err := database.Backup(t.Context(), path, filepath.Join(dir, "none", "b.db"), accept); err == nil {
		t.Error("a folder that is missing was made")
	}
}
