package dbtest

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Pooler starts a PgBouncer for the PostgreSQL at databaseURL until the test ends, and returns its URL. In mode
// "session" a connection keeps its backend. In mode "transaction" each transaction may use another one of so many
// backends. exec is pgx's default_query_exec_mode. Without PgBouncer the test skips; under CI=true it fails.
func Pooler(t testing.TB, databaseURL, mode string, backends int, exec string) string {
	t.Helper()
	program, err := pgbouncer()
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal("PgBouncer is required under CI=true: ", err)
	} else if err != nil {
		t.Skip("no PgBouncer: ", err)
	}
	server, err := pgconn.ParseConfig(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "dbtest-pgbouncer-") // the path of t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	password := ""
	if server.Password != "" {
		password = " password='" + strings.ReplaceAll(server.Password, "'", "''") + "'"
	}
	config := filepath.Join(dir, "pgbouncer.ini")
	text := fmt.Sprintf(`[databases]
%[1]s = host=%[2]s port=%[3]d dbname=%[1]s user=%[4]s%[5]s
[pgbouncer]
listen_port = 6432
unix_socket_dir = %[6]s
auth_type = any
pool_mode = %[7]s
default_pool_size = %[8]d
max_client_conn = 200
ignore_startup_parameters = extra_float_digits
`, server.Database, server.Host, server.Port, server.User, password, dir, mode, backends)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	output := run(t, program, dir, config)
	awaitSocket(t, filepath.Join(dir, ".s.PGSQL.6432"), output)
	u := url.URL{
		Scheme: "postgres", User: url.User(server.User), Path: "/" + server.Database,
		RawQuery: url.Values{"host": {dir}, "port": {"6432"}, "default_query_exec_mode": {exec}}.Encode(),
	}
	return u.String()
}

// pgbouncer finds the program. Debian installs it in a folder that may not be in PATH.
func pgbouncer() (string, error) {
	if program, err := exec.LookPath("pgbouncer"); err == nil {
		return program, nil
	}
	return exec.LookPath("/usr/sbin/pgbouncer")
}

// run runs a program until the test ends or output is called, which returns its standard error.
func run(t testing.TB, program, dir, config string) (output func() string) {
	t.Helper()
	cmd := exec.Command(program, config)
	var err error
	if cmd.SysProcAttr, err = unprivileged(dir); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Dir, cmd.Stderr = dir, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	end := sync.OnceFunc(func() { cmd.Process.Kill(); cmd.Wait() })
	t.Cleanup(end)
	return func() string { end(); return stderr.String() }
}

// awaitSocket returns when a program listens at a socket.
func awaitSocket(t testing.TB, path string, output func() string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("unix", path)
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err, output())
		}
	}
}
