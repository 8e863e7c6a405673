package main

import (
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/migrations"
	"example.com/foyer/web"
	"gorm.io/gorm"
)

// part:betterauth

func signUp(c *authtest.Client, i int) bool {
	body := fmt.Sprintf(`{"name":"P","email":"person%d@example.com","password":%q}`, i, authtest.Password)
	res, err := c.Client.Post(c.Base+"/api/auth/sign-up/email", "application/json", strings.NewReader(body))
	if err != nil {
		return false
	}
	defer res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// end:betterauth

// TestMistakes: every fault is one line on standard error, without a stack or a secret.
func TestMistakes(t *testing.T) {
	t.Parallel()
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		args []string
		env  []string
		want string
	}{
		{name: "unknown command", args: []string{"fly"}, want: "unknown command"},
		{name: "too many words", args: []string{"serve", "now"}, want: "unknown command"},
		{name: "bad flag", args: []string{"--fast"}, want: "unknown command"},
		{name: "migrate nowhere", args: []string{"migrate", "sideways"}, want: "unknown command"},
		{name: "user without address", args: []string{"user", "create"}, want: "unknown command"},
		{
			name: "password on the command line", args: []string{"user", "create", "a@example.com", "hunter2hunter2"},
			want: "unknown command",
		},
		{name: "audit nothing", args: []string{"audit"}, want: "unknown command"},                            // part:audit
		{name: "a head that is none", args: []string{"audit", "verify", "7"}, want: "unknown command"},       // part:audit
		{name: "prune without a day", args: []string{"audit", "prune"}, want: "unknown command"},             // part:audit
		{name: "a day that is none", args: []string{"audit", "prune", "yesterday"}, want: "unknown command"}, // part:audit
		{name: "busy port", env: []string{"ADDR=" + busy.Addr().String()}, want: "address already in use"},
		{name: "bad address", env: []string{"ADDR=8080"}, want: "ADDR"},
		{name: "bad database", env: []string{"DATABASE_URL=mysql://root:hunter2@db/x"}, want: "DATABASE_URL"},
		{name: "database away", env: []string{"DATABASE_URL=postgres://app:hunter2@127.0.0.1:1/x?connect_timeout=2"},
			want: "connection refused"},
		{name: "folder that cannot be made", env: []string{"DATABASE_URL=file:" + file + "/x/app.db"},
			want: "not a directory"},
		{name: "open to all without secret", env: []string{"ADDR=0.0.0.0:0"}, want: "APP_SECRET"},
		{name: "weak secret", env: []string{"APP_ENV=production", "APP_SECRET=hunter2"}, want: "shorter than 32"},
		{name: "every fault at once", env: []string{"LOG_LEVEL=loud", "APP_ENV=moon", "APP_URL=nowhere"}, want: "APP_URL"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			stdout, stderr, code := result(t, dir, "hunter2hunter2\n", test.env, test.args...)
			if left, _ := os.ReadDir(dir); test.want == "unknown command" && len(left) > 0 {
				t.Errorf("a command that is none left %v", left)
			}
			if code == 0 || !strings.Contains(stderr, test.want) {
				t.Errorf("exit status %d, %q; want %q", code, stderr, test.want)
			}
			if strings.Count(stderr, "\n") != 1 || strings.Contains(stderr, "goroutine") ||
				strings.Contains(stdout+stderr, "hunter2") {
				t.Errorf("not one clear line without secrets: %q %q", stdout, stderr)
			}
		})
	}
}

// part:betterauth

func TestUserCommands(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, stderr, code := result(t, dir, authtest.Password+"\n", nil, "user", "create", "--admin", "Boss@Example.com")
	if code != 0 {
		t.Fatal(stderr)
	}
	result(t, dir, authtest.Password+"\n", nil, "user", "create", "worker@example.com")
	for name, test := range map[string]struct{ stdin, email, want string }{
		"taken address":   {authtest.Password + "\n", "boss@example.com", "already exists"},
		"short password":  {"short\n", "new@example.com", "at least 8"},
		"common password": {"password1\n", "new@example.com", "most common"},
		"no password":     {"", "new@example.com", "no password"},
		"no address":      {authtest.Password + "\n", "nobody", "address"},
	} {
		t.Run(name, func(t *testing.T) {
			_, stderr, code := result(t, dir, test.stdin, nil, "user", "create", test.email)
			if code == 0 || !strings.Contains(stderr, test.want) {
				t.Errorf("exit status %d, %q; want %q", code, stderr, test.want)
			}
		})
	}
	if _, stderr, code := result(t, dir, "", nil, "user", "promote", "nobody@example.com"); code == 0 ||
		stderr != "server: no user has the address nobody@example.com\n" {
		t.Errorf("promote nobody: %d %q", code, stderr)
	}
	s := start(t, dir, "LOG_LEVEL=error")
	defer s.stop(t)
	boss, worker := authtest.NewClient(t, s.url), authtest.NewClient(t, s.url)
	boss.SignIn("boss@example.com", authtest.Password)
	var cheap int64 // hashes below what OWASP asks for
	db := dbtest.Open(t, databaseIn(dir))
	err := db.Raw("SELECT count(*) FROM accounts WHERE password NOT LIKE '$argon2id$v=19$m=19456,t=2,p=1$%'").Scan(&cheap).Error
	if err != nil || cheap > 0 {
		t.Errorf("%d cheap hashes, %v", cheap, err)
	}
	worker.SignIn("worker@example.com", authtest.Password)
	if b, w := boss.Get("/admin").StatusCode, worker.Get("/admin").StatusCode; b != 200 || w != 403 {
		t.Errorf("/admin as boss %d, as worker %d", b, w)
	}
	// Another process promotes the user: the admin door reads the database, so it opens at once.
	if _, stderr, code := result(t, dir, "", nil, "user", "promote", "worker@example.com"); code != 0 {
		t.Fatal(stderr)
	}
	if got := worker.Get("/admin").StatusCode; got != 200 {
		t.Errorf("/admin as promoted worker: %d", got)
	}
	if inbox := boss.Get("/dev/mail").Text; !strings.Contains(inbox, "worker@example.com is now an admin of "+web.AppName) ||
		!strings.Contains(inbox, "To <bdi>boss@example.com</bdi>") {
		t.Errorf("the other admin is not told: %s", inbox)
	}
	for roles, want := range map[string]string{"user,admin": "now has role user,admin\n", "owner,admin": "non-existent role"} {
		stdout, stderr, _ := result(t, dir, "", nil, "user", "promote", "worker@example.com", roles)
		if !strings.Contains(stdout+stderr, want) {
			t.Errorf("promote to %s: %q %q", roles, stdout, stderr)
		}
	}
}

// end:betterauth

// part:betterauth,admin

// TestStepUpIsOn: the wire and the JSON door require a fresh session too.
func TestStepUpIsOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, stderr, code := result(t, dir, authtest.Password+"\n", nil, "user", "create", "--admin",
		"boss@example.com"); code != 0 {
		t.Fatal(stderr)
	}
	s := start(t, dir, "LOG_LEVEL=error")
	defer s.stop(t)
	boss := authtest.NewClient(t, strings.Replace(s.url, "127.0.0.1", "localhost", 1)) // its own origin
	boss.SignIn("boss@example.com", authtest.Password)
	boss.Forget("session_data")
	db := dbtest.Open(t, databaseIn(dir))
	if res := db.Exec("UPDATE sessions SET created_at = ?", time.Now().UTC().Add(-11*time.Minute)); res.Error != nil ||
		res.RowsAffected != 1 {
		t.Fatal(res.Error, res.RowsAffected)
	}
	for path, body := range map[string]map[string]string{
		"/api/admin/users":               {"name": "Eve", "email": "eve@example.com"},
		"/api/auth/revoke-sessions":      {},
		"/api/auth/admin/has-permission": nil,
	} {
		got := boss.PostJSON(path, body, "Origin", boss.Base)
		if stale := got.StatusCode == 403 && strings.Contains(got.Text, "SESSION_NOT_FRESH"); stale != (body != nil) {
			t.Errorf("%s: %d %s", path, got.StatusCode, got.Text)
		}
	}
	if got := boss.Get("/admin/users.csv"); got.StatusCode != 303 ||
		!strings.HasPrefix(got.Header.Get("Location"), "/reauth") {
		t.Errorf("export: %d %s", got.StatusCode, got.Header.Get("Location"))
	}
}

// end:betterauth,admin

func TestMigrateCommand(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil || len(names) < 3 {
		t.Fatal(names, err)
	}
	list := func(pending int) (text string) { // how many, from the end
		for i, name := range names {
			text += fmt.Sprintf("%-8s %s\n", map[bool]string{true: "pending", false: "applied"}[i >= len(names)-pending], name)
		}
		return text
	}
	dir := t.TempDir()
	for _, step := range []struct{ direction, want string }{
		{"status", list(len(names))}, {"up", list(0)}, {"up", list(0)}, {"status", list(0)}, {"down", list(1)},
	} {
		stdout, stderr, code := result(t, dir, "", nil, "migrate", step.direction)
		if code != 0 || stdout != step.want {
			t.Errorf("migrate %s: %d %q %q", step.direction, code, stdout, stderr)
		}
	}
}

func TestRoutesCommandNamesEveryDoor(t *testing.T) {
	t.Parallel()
	stdout, stderr, code := result(t, t.TempDir(), "", nil, "routes")
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if code != 0 || len(lines) < 10 {
		t.Fatalf("%d %q %q", code, stdout, stderr)
	}
	for _, line := range lines {
		words := strings.Fields(line)
		if len(words) != 3 || !strings.HasPrefix(words[2], "role:") &&
			!strings.Contains(" public anyone guest user fresh admin freshAdmin service dev ", " "+words[2]+" ") {
			t.Errorf("no method, path, door: %q", line)
		}
	}
	for _, path := range []string{
		"/dev/mail",                     // of development only
		"/api/auth/*",                   // part:betterauth
		"/login/link/code",              // part:magiclink
		"/api/service/whoami",           // part:servicetoken
		"/settings/security/two-factor", // part:twofactor
	} {
		if !strings.Contains(stdout, " "+path+" ") {
			t.Errorf("%s is missing", path)
		}
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"help"}, {"-h"}, {"--help"}} {
		stdout, _, code := result(t, t.TempDir(), "", nil, args...)
		if code != 0 || !strings.HasPrefix(stdout, "usage:") {
			t.Errorf("%v: %d %q", args, code, stdout)
		}
		for _, c := range commands {
			if !strings.Contains(stdout, "\n  "+c.name+" "+c.args) || !strings.Contains(stdout, c.does+"\n") {
				t.Errorf("%v does not explain %s: %s", args, c.name, stdout)
			}
		}
	}
}

// TestSeedingAtOnce: seed succeeds if another instance makes the demo users at the same time.
func TestSeedingAtOnce(t *testing.T) {
	t.Chdir(t.TempDir())
	a := &app{getenv: func(string) string { return "" }, stdout: io.Discard}
	defer a.close()
	if err := a.prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	others := a.dev.users()
	err := a.db.Callback().Create().Before("gorm:create").Register("test:other", func(tx *gorm.DB) {
		made := others
		others = nil
		for _, u := range made {
			row := auth.User{ID: u.Email, Name: u.Name, Email: u.Email, Role: u.Role}
			tx.AddError(tx.Session(&gorm.Session{NewDB: true}).Create(&row).Error)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.seed(t.Context()); err != nil {
		t.Error(err)
	}
}
