// Package clienttest holds the official better-auth client against live servers.
package clienttest

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/admin"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/ratelimit"
	"example.com/foyer/web"
	"gorm.io/gorm"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const (
	adminEmail    = "admin@example.com"
	adminPassword = "admin-password-1"
	appOrigin     = "http://localhost:3000" // a second trusted origin
)

// TestClient runs the suite of this folder, or the one CONFORMANCE_DIR names, with Node: one line a scenario.
func TestClient(t *testing.T) {
	dir := os.Getenv("CONFORMANCE_DIR")
	if dir == "" {
		dir = "."
	}
	if _, err := exec.LookPath("node"); err != nil {
		missing(t, "Node is not installed")
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "better-auth")); err != nil {
		missing(t, "the client is not installed; run: npm ci --prefix internal/auth/clienttest")
	}
	for name, database := range map[string]func(testing.TB) string{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		t.Run(name, func(t *testing.T) { client(t, dir, database) })
	}
}

func client(t *testing.T, dir string, database func(testing.TB) string) {
	on := func(o auth.Options) instance { return start(t, dbtest.Open(t, database(t)), o) }
	main := on(auth.Options{})
	short := on(auth.Options{ExpiresIn: 8 * time.Second, UpdateAge: 2 * time.Second, CacheMaxAge: 2 * time.Second})
	verify := on(auth.Options{
		RequireEmailVerification: true, AutoSignInAfterVerification: true, ConfirmEmailChange: true, ConfirmDeletion: true, FreshAge: 2 * time.Second,
	})
	limitedDB := dbtest.Open(t, database(t))
	rate := start(t, limitedDB, auth.Options{RateLimit: auth.RateLimit{Limiter: ratelimit.New(limitedDB, func() time.Time { return time.Now().UTC() })}})
	run(t, dir, append(os.Environ(),
		"BASE_URL="+main.url, "MAIL_DIR="+main.mails, "SHORT_URL="+short.url, "VERIFY_URL="+verify.url, "VERIFY_MAIL_DIR="+verify.mails, "RATE_URL="+rate.url,
		"ADMIN_EMAIL="+adminEmail, "ADMIN_PASSWORD="+adminPassword, "APP_ORIGIN="+appOrigin, "COOKIE_PREFIX=better-auth",
		"TOKEN_HANDLES=1", "ALLOW_STRICT_REVOCATION=1"))
}

// missing skips, except where everything has to be there.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// run prints the suite's own lines and fails when it does, or when it tried nothing.
func run(t *testing.T, dir string, env []string) {
	cmd := exec.CommandContext(t.Context(), "node", "run.mjs")
	cmd.Dir, cmd.Env, cmd.Stderr = dir, env, os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	passed := 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		line := lines.Text()
		io.WriteString(os.Stdout, line+"\n")
		switch word, _, _ := strings.Cut(line, " "); word {
		case "ok":
			passed++
		case "FAIL", "skip":
			t.Error(line)
		}
	}
	if err := cmd.Wait(); err != nil || passed == 0 {
		t.Errorf("%d scenarios passed; node: %v", passed, err)
	}
}

type instance struct{ url, mails string }

// start runs the whole app on an address of its own.
func start(t *testing.T, db *gorm.DB, o auth.Options) instance {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	i := instance{url: "http://" + listener.Addr().String(), mails: t.TempDir()}
	o.BaseURL, o.TrustedOrigins, o.AllowCommonPasswords = i.url, []string{appOrigin}, true
	o.Plugins = []auth.Plugin{admin.Endpoints}
	o.Mailer = authtest.MailDir(i.mails)
	provider := authtest.NewOn(t, db, o)
	u, err := provider.CreateUser(t.Context(), nil, auth.NewUser{Name: "Admin", Email: adminEmail, Password: adminPassword, Role: "admin"})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Exec("UPDATE users SET email_verified = TRUE WHERE id = ?", u.ID).Error; err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() { defer close(stopped); provider.Run(ctx) }()
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: web.New(web.Config{
		Auth: provider, AppURL: i.url, Logger: slog.New(slog.DiscardHandler), Ready: func(context.Context) error { return nil },
	})}}
	server.Start()
	t.Cleanup(func() { server.Close(); stop(); <-stopped })
	return i
}
