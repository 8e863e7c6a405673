//go:build unix

package dbtest

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Bouncer returns the URL of a PostgreSQL database by way of PgBouncer in transaction mode with so many connections behind
// it: each transaction may run on another one. Where PgBouncer is not installed, or the server is not one of ours, the test
// skips. Its params, names and values in turn, become parameters of the URL.
func Bouncer(t testing.TB, database string, behind int, params ...string) string {
	t.Helper()
	binary, err := exec.LookPath("pgbouncer")
	if err != nil {
		if binary, err = exec.LookPath("/usr/sbin/pgbouncer"); err != nil {
			t.Skip("no PgBouncer: ", err)
		}
	}
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if q.Get("host") == "" {
		t.Skip("PgBouncer is put before a PostgreSQL that was started for the test only")
	}
	dir, err := os.MkdirTemp("", "foyer-pgbouncer-") // a short name: the socket's may have 107 characters
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	attr, err := unprivileged(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"users": fmt.Sprintf("%q \"\"\n", u.User.Username()),
		"ini": fmt.Sprintf("[databases]\n* = host=%s\n[pgbouncer]\nlisten_addr =\nlisten_port = 6432\nunix_socket_dir = %s\nauth_type = trust\n"+
			"auth_file = %s/users\npool_mode = transaction\ndefault_pool_size = %d\nmax_client_conn = 200\n", q.Get("host"), dir, dir, behind),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	bouncer := exec.Command(binary, filepath.Join(dir, "ini"))
	bouncer.SysProcAttr, bouncer.Dir = attr, dir
	if err := bouncer.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		bouncer.Process.Signal(syscall.SIGTERM)
		bouncer.Wait()
	})
	awaitSocket(t, filepath.Join(dir, ".s.PGSQL.6432"))
	q.Set("host", dir)
	q.Set("port", "6432")
	for i := 0; i < len(params); i += 2 {
		q.Set(params[i], params[i+1])
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// awaitSocket waits until somebody listens there.
func awaitSocket(t testing.TB, path string) {
	t.Helper()
	for range 500 {
		if conn, err := net.Dial("unix", path); err == nil {
			conn.Close()
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("PgBouncer did not get ready")
}
