package database_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
)

// saved is a database with the pairs 1 and 2, and its backup with pair 1.
func saved(t *testing.T) (path, backup string) {
	t.Helper()
	db, path := pairs(t)
	backup = filepath.Join(t.TempDir(), "backup.db")
	if err := insertPair(db, 1); err != nil {
		t.Fatal(err)
	}
	if err := database.Backup(t.Context(), path, backup, accept); err != nil {
		t.Fatal(err)
	}
	if err := insertPair(db, 2); err != nil {
		t.Fatal(err)
	}
	database.Close(db)
	return path, backup
}

func wantPairs(t *testing.T, path string, want int64) {
	t.Helper()
	db := open(t, "file:"+path)
	defer database.Close(db)
	if got := scan[int64](t, db, "SELECT count(*) FROM x_children"); got != want {
		t.Errorf("%s has %d pairs, want %d", path, got, want)
	}
}

func TestRestore(t *testing.T) {
	t.Parallel()
	path, backup := saved(t)
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	before := read(t, backup)
	kept, err := database.Restore(t.Context(), backup, link, accept)
	if err != nil || !strings.HasPrefix(kept, path+".before-") {
		t.Fatal(kept, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	want := []string{filepath.Base(path), filepath.Base(kept), filepath.Base(path) + ".serve"}
	if got := files(t, filepath.Dir(path)); !slices.Equal(got, want) {
		t.Errorf("the folder has %v, want %v", got, want)
	}
	wantPairs(t, path, 1)
	wantPairs(t, kept, 2)
	if !bytes.Equal(before, read(t, backup)) {
		t.Error("the backup was changed")
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v, %v", info, err)
	}

	fresh := filepath.Join(t.TempDir(), "data", "app.db")
	if kept, err := database.Restore(t.Context(), backup, fresh, accept); err != nil || kept != "" {
		t.Errorf("to a machine without a database: %q, %v", kept, err)
	}
	wantPairs(t, fresh, 1)
}

// TestRestoreRefuses: a refused restore leaves the database as it is.
func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		prepare func(t *testing.T, path string) (backup string)
		want    string
	}{
		"no file":    {func(t *testing.T, path string) string { return path + ".none" }, "no such file"},
		"itself":     {func(t *testing.T, path string) string { return path }, "is the database itself"},
		"other text": {func(t *testing.T, path string) string { return "restore_test.go" }, "not a database"},
		"a server": {func(t *testing.T, path string) string {
			release, err := database.LockForServing(t.Context(), open(t, "file:"+path), 0, func() {})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(release)
			return ""
		}, "another process serves this file"},
		"a command": {func(t *testing.T, path string) string {
			scan[int64](t, open(t, "file:"+path), "SELECT count(*) FROM x_children")
			return ""
		}, "another process has"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, backup := saved(t)
			if other := test.prepare(t, path); other != "" {
				backup = other
			}
			if _, err := database.Restore(t.Context(), backup, path, accept); err == nil ||
				!strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
			wantPairs(t, path, 2)
			for _, left := range files(t, filepath.Dir(path)) {
				if strings.Contains(left, "before") || strings.Contains(left, "partial") {
					t.Errorf("left behind: %s", left)
				}
			}
		})
	}
}

// TestRestoreOverDamage: SQLite does not apply the log of a damaged database to the restored one. A log that cannot be
// merged is kept with the database.
func TestRestoreOverDamage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		damage func(t *testing.T, path string)
		left   bool // the log
	}{
		"overwritten": {func(t *testing.T, path string) {
			overwrite(t, path, 0, strings.Repeat("damage", 1000))
		}, false},
		"cut off": {func(t *testing.T, path string) { // the log does not have enough of the pages that are gone
			if err := os.Truncate(path, 4096); err != nil {
				t.Fatal(err)
			}
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, backup := saved(t)
			db := open(t, "file:"+path)
			for id := range int64(50) {
				if err := insertPair(db, 10+id); err != nil {
					t.Fatal(err)
				}
			}
			database.Close(db)
			db = open(t, "file:"+path)
			exec(t, db, "UPDATE x_parents SET text = 'in the log' WHERE id = 1")
			log := read(t, path+"-wal")
			database.Close(db)
			if err := os.WriteFile(path+"-wal", log, 0o600); err != nil {
				t.Fatal(err)
			}
			test.damage(t, path)
			damaged := read(t, path)[:4096]
			kept, err := database.Restore(t.Context(), backup, path, accept)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.HasPrefix(read(t, kept), damaged) {
				t.Errorf("%s is not what was there", kept)
			}
			if got, _ := os.ReadFile(kept + "-wal"); bytes.Equal(got, log) != test.left {
				t.Errorf("%d bytes of the log are kept, want all %d: %v", len(got), len(log), test.left)
			}
			if _, err := os.Stat(path + "-wal"); err == nil {
				t.Error("the log is still beside the restored database")
			}
			wantPairs(t, path, 1)
			restored := open(t, "file:"+path)
			if scan[int64](t, restored, "SELECT count(*) FROM x_parents WHERE text = 'in the log'") != 0 {
				t.Error("the log was applied")
			}
		})
	}
}

// TestServerDuringRestore: a server that opened the file before a restore replaced it does not serve the old one.
func TestServerDuringRestore(t *testing.T) {
	t.Parallel()
	path := strings.TrimPrefix(dbtest.EmptySQLite(t), "file:")
	db := open(t, "file:"+path)
	other, err := os.Create(path + ".restored")
	if err != nil {
		t.Fatal(err)
	}
	other.Close()
	if err := os.Rename(other.Name(), path); err != nil {
		t.Fatal(err)
	}
	_, _, err = lockForServing(t.Context(), db, 0)
	if err == nil || !strings.Contains(err.Error(), "was replaced") {
		t.Errorf("%v", err)
	}
	release, _, err := lockForServing(t.Context(), open(t, "file:"+path), time.Minute)
	if err != nil {
		t.Fatal("the lock is not free: ", err)
	}
	release()
}

// TestSchema: a database is newer by what was applied last, with numbers above all that the program has.
func TestSchema(t *testing.T) {
	t.Parallel()
	first, second, third := "0001_first.sql", "0002_second.sql", "0003_third.sql"
	all := steps(first, second, third)
	for i, order := range [][]fstest.MapFS{{all}, {steps(first, third), all}} {
		db := open(t, dbtest.EmptySQLite(t))
		if _, _, err := database.Schema(t.Context(), db, steps(first)); err == nil {
			t.Error("a database without migrations is accepted")
		}
		for _, files := range order {
			if err := database.Migrate(t.Context(), db, files); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			has    fstest.MapFS
			newest string
			newer  [][]int64
		}{
			{steps(first, third), third, [][]int64{nil, nil}},
			{steps(first, second), "3", [][]int64{{3}, nil}},
			{steps(first), "3", [][]int64{{3, 2}, {2, 3}}},
		} {
			newest, newer, err := database.Schema(t.Context(), db, c.has)
			if newest != c.newest || !slices.Equal(newer, c.newer[i]) || err != nil {
				t.Errorf("a program with %d, order %d: %s %v %v", len(c.has), i, newest, newer, err)
			}
		}
	}
}
