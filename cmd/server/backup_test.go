package main

import (
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
)

// logIn logs the demo user of s in by the page.
func (s *running) logIn(t *testing.T) *authtest.Client {
	t.Helper()
	c := authtest.NewClient(t, s.url)
	form := url.Values{"email": {"user@example.com"}, "password": {password(t, s.output(), "user@example.com")}}
	if got := c.PostForm("/login", form); got.StatusCode != 303 {
		t.Fatalf("/login: %d %s", got.StatusCode, got.Text)
	}
	return c
}

// succeed runs a command, whose output must match pattern.
func succeed(t *testing.T, dir string, env []string, pattern string, args ...string) {
	t.Helper()
	stdout, stderr, code := result(t, dir, "", env, args...)
	if code != 0 || stderr != "" || !regexp.MustCompile(pattern).MatchString(stdout) {
		t.Fatalf("%v: exit status %d, %q %q", args, code, stdout, stderr)
	}
}

// refuse runs a command that must fail with one line.
func refuse(t *testing.T, dir string, env []string, want string, args ...string) {
	t.Helper()
	stdout, stderr, code := result(t, dir, "", env, args...)
	if code != 1 || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, want) {
		t.Errorf("%v: exit status %d, %q %q; want %q", args, code, stdout, stderr, want)
	}
}

// TestBackupAndRestore: a backup of a served database is restored after the server has stopped. Then no session of
// before is accepted, from the cache neither. With --keep-sessions the sessions are as they were.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, dir, "RATE_LIMIT=off")
	stays, leaves := s.logIn(t), s.logIn(t)
	copied := leaves.Copy()
	succeed(t, dir, nil, `^b\.db has \d+ bytes and the schema \d+_\w+\.sql; checked: integrity, foreign keys.*\n$`,
		"backup", "b.db")
	if got := leaves.PostForm("/logout", nil); got.StatusCode != 303 {
		t.Fatalf("/logout: %d", got.StatusCode)
	}
	refuse(t, dir, nil, "another process serves this file", "restore", "b.db")
	refuse(t, dir, nil, "another process serves this file", "sessions", "end")
	s.stop(t)

	visit := func(want int) {
		t.Helper()
		s := start(t, dir, "RATE_LIMIT=off")
		defer s.stop(t)
		for name, c := range map[string]*authtest.Client{"stays": stays.Copy(), "leaves": copied.Copy()} {
			c.Base = s.url
			if got := c.Get("/dashboard"); got.StatusCode != want {
				t.Errorf("/dashboard of who %s: %d, want %d", name, got.StatusCode, want)
			}
		}
		if got := s.logIn(t).Get("/dashboard"); got.StatusCode != 200 {
			t.Errorf("/dashboard after a new log-in: %d", got.StatusCode)
		}
	}
	file := regexp.QuoteMeta(filepath.Join(filepath.Base(dir), databaseFile)) // the end of an absolute path
	succeed(t, dir, nil, `(?s)^\S+`+file+` is restored from b\.db and has .*
2 sessions and 0 mailed links are ended
the database that was there is now \S+`+file+`\.before-\S+\n$`, "restore", "b.db")
	succeed(t, dir, []string{"DATABASE_URL=file:data/new.db"}, "\nthere was no database before\n$", "restore", "b.db")
	visit(303)
	succeed(t, dir, nil, "sessions and mailed links are valid as they were", "restore", "b.db", "--keep-sessions")
	visit(200)
	succeed(t, dir, nil, "3 sessions and 0 mailed links are ended\n$", "sessions", "end")
	visit(303)
	if found, err := filepath.Glob(filepath.Join(dir, databaseFile+".before-*")); len(found) != 2 {
		t.Errorf("kept: %v, %v", found, err)
	}
}

// TestBackupMistakes change nothing.
func TestBackupMistakes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	refuse(t, dir, nil, "no such file", "backup", "b.db")
	if _, err := os.Stat(filepath.Join(dir, databaseFile)); err == nil {
		t.Error("a backup made the database")
	}
	succeed(t, dir, nil, "applied", "migrate", "up")
	succeed(t, dir, nil, "checked", "backup", "b.db")
	if err := os.WriteFile(filepath.Join(dir, "text"), []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	dbtest.Open(t, "file:"+filepath.Join(dir, "empty.db")).Exec("CREATE TABLE mine (x)")
	succeed(t, dir, nil, "checked", "backup", "newer.db")
	newer := dbtest.Open(t, "file:"+filepath.Join(dir, "newer.db"))
	err := newer.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (20990101000000, true)").Error
	if err != nil {
		t.Fatal(err)
	}
	succeed(t, dir, []string{"DATABASE_URL=file:newer.db"}, "lacks its migrations .20990101000000. and cannot restore it",
		"backup", "copy.db")
	before, err := os.ReadFile(filepath.Join(dir, databaseFile))
	if err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"b.db exists already":                 {"backup", "b.db"},
		"beside none/b.db":                    {"backup", "none/b.db"},
		"unknown command":                     {"backup", "--online"},
		"unknown command or":                  {"backup"},
		"unknown command or wrong arguments":  {"restore", "b.db", "--keep"},
		"unknown command or wrong arguments;": {"restore", "--keep-sessions"},
		"no such file":                        {"restore", "none.db"},
		"not a database":                      {"restore", "text"},
		"empty.db: it records no migrat":      {"restore", "empty.db"},
		"lacks the migrations [20990101":      {"restore", "newer.db"},
		"itself":                              {"restore", databaseFile},
	} {
		refuse(t, dir, nil, want, args...)
	}
	after, err := os.ReadFile(filepath.Join(dir, databaseFile))
	if err != nil || string(after) != string(before) {
		t.Errorf("the database was changed: %v", err)
	}
	if left, _ := filepath.Glob(dir + "/*/*.before-*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if left, _ := filepath.Glob(dir + "/data/*.partial*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestBackupNeedsNoKeys: a file of keys that cannot be read fails no backup, because no check uses it.
func TestBackupNeedsNoKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	succeed(t, dir, nil, "applied", "migrate", "up")
	env := []string{"SERVICE_KEY_FILE=" + dir} // a folder
	checked := "foreign keys"
	checked += ", audit trail" // part:auditchain
	succeed(t, dir, env, "; checked: integrity, "+checked+`\n$`, "backup", "b.db")
	succeed(t, dir, env, "has .*"+checked, "restore", "b.db", "--keep-sessions")
}

// TestRestoreOfAnOlderSchema: its pending migrations are applied.
func TestRestoreOfAnOlderSchema(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	succeed(t, dir, nil, "applied", "migrate", "up")
	succeed(t, dir, nil, "pending", "migrate", "down")
	succeed(t, dir, nil, `foreign keys, no more because migration \d+_\w+\.sql is not applied\n$`, "backup", "b.db")
	succeed(t, dir, nil, "ended", "restore", "b.db")
	if stdout, _, _ := result(t, dir, "", nil, "migrate", "status"); strings.Contains(stdout, "pending ") {
		t.Error(stdout)
	}
}

// TestRestoreAfterUndo: a migration that left the program, as by feature --undo, is no newer schema.
func TestRestoreAfterUndo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	succeed(t, dir, nil, "applied", "migrate", "up")
	succeed(t, dir, nil, "pending", "migrate", "down")
	db := dbtest.Open(t, databaseIn(dir))
	err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (20990101000000, true)").Error
	if err := errors.Join(err, database.Close(db)); err != nil {
		t.Fatal(err)
	}
	succeed(t, dir, nil, "no file  20990101000000", "migrate", "up")
	checked := "integrity, foreign keys"
	checked += ", audit trail" // part:auditchain
	succeed(t, dir, nil, "; checked: "+checked+`\n$`, "backup", "b.db")
	succeed(t, dir, nil, "; checked: "+checked+`\n`, "restore", "b.db")
}

// TestBackupOfPostgreSQL runs the commands that backup and restore print.
func TestBackupOfPostgreSQL(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"pg_dump", "pg_restore", "createdb"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("no PostgreSQL programs: ", err)
		}
	}
	dir, address := t.TempDir(), dbtest.Postgres(t)
	env := []string{"DATABASE_URL=" + address}
	named := func(want string, args ...string) []string {
		t.Helper()
		stdout, stderr, code := result(t, dir, "", env, args...)
		if code != 1 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, want) {
			t.Fatalf("%v: exit status %d, %q %q", args, code, stdout, stderr)
		}
		return strings.Split(strings.TrimSpace(stdout), "\n")
	}
	shell := func(command string) {
		t.Helper()
		cmd := exec.Command("sh", "-c", command)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", command, err, out)
		}
	}
	s := start(t, dir, env...)
	visitor := s.logIn(t)
	dump := named("no backup is made yet", "backup", "it's.dump")
	shell(dump[0])
	succeed(t, dir, env, `^it's\.dump has \d+ bytes; checked: pg_restore reads all of it\n$`, "backup", "it's.dump")
	s.stop(t)

	archive, err := os.ReadFile(filepath.Join(dir, "it's.dump"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "half.dump"), archive[:len(archive)-5000], 0o600); err != nil {
		t.Fatal(err)
	}
	refuse(t, dir, env, "half.dump cannot be restored: pg_restore: error", "backup", "half.dump")
	refuse(t, dir, env, "half.dump cannot be restored: pg_restore: error", "restore", "half.dump")
	refuse(t, dir, env, "no such file", "restore", "none.dump")

	restore := named("nothing is restored yet", "restore", "it's.dump")
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	restored := strings.TrimPrefix(u.Path, "/") + "_restored"
	db := dbtest.Open(t, address)
	t.Cleanup(func() { db.Exec("DROP DATABASE IF EXISTS " + restored + " WITH (FORCE)") })
	shell(restore[0])
	shell(restore[1])
	u.Path = "/" + restored
	env = []string{"DATABASE_URL=" + u.String()}
	succeed(t, dir, env, `1 sessions and 0 mailed links are ended\n$`, strings.Fields(restore[2])[1:]...)
	s = start(t, dir, env...)
	defer s.stop(t)
	visitor.Base = s.url
	if got := visitor.Get("/dashboard"); got.StatusCode != 303 {
		t.Errorf("/dashboard after the restore: %d", got.StatusCode)
	}
	if got := s.logIn(t).Get("/dashboard"); got.StatusCode != 200 {
		t.Errorf("/dashboard after a new log-in: %d", got.StatusCode)
	}
}

// TestLibpq: the address for the programs of PostgreSQL has no password and nothing that they refuse.
func TestLibpq(t *testing.T) {
	for _, test := range []struct{ in, name, want, database string }{
		{"postgres://app:hunter2@db:5432/x?sslmode=verify-full", "", "postgres://app@db:5432/x?sslmode=verify-full", "x"},
		{"postgres://app@db/x?default_query_exec_mode=exec&password=hunter2", "", "postgres://app@db/x", "x"},
		{"postgresql://app@/x?host=/run/my%20pg", "y z", "postgresql://app@/y%20z?host=%2Frun%2Fmy%20pg", "y z"},
		{"postgres://db", "", "postgres://db", ""},
	} {
		if got, database := libpq(test.in, test.name); got != test.want || database != test.database {
			t.Errorf("%s: %s %s", test.in, got, database)
		}
	}
	if got := quote("it's"); got != `'it'\''s'` {
		t.Error(got)
	}
}
