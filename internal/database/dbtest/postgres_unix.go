//go:build unix

package dbtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

var stop = func() {}

// start runs a private PostgreSQL on a Unix socket in a temporary folder, without a port and without durability.
func start() (url string, err error) {
	bin, err := binaries()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "dbtest-postgres-")
	if err != nil {
		return "", err
	}
	stop = func() { os.RemoveAll(dir) }
	attr, err := unprivileged(dir)
	if err != nil {
		return "", err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "--no-sync", "--auth=trust", "--username=test",
		"--encoding=UTF8", "--locale=C.UTF-8", "-D", data)
	initdb.SysProcAttr, initdb.Dir = attr, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return "", fmt.Errorf("initdb: %w: %s", err, out)
	}
	server := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-c", "listen_addresses=",
		"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=300")
	server.SysProcAttr, server.Dir = attr, dir
	if err := server.Start(); err != nil {
		return "", err
	}
	stop = func() {
		server.Process.Signal(syscall.SIGQUIT) // immediate shutdown: no data must survive
		server.Wait()
		os.RemoveAll(dir)
	}
	for range 1500 {
		if exec.Command(filepath.Join(bin, "pg_isready"), "-q", "-h", dir).Run() == nil {
			return "postgres://test@/postgres?host=" + dir, nil
		}
		time.Sleep(20 * time.Millisecond) // pg_isready cannot wait
	}
	return "", errors.New("postgres did not get ready")
}

// unprivileged makes programs started by root run as user postgres, because initdb refuses root. It gives dir to
// postgres.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

// binaries finds PostgreSQL: in PATH, or the newest in the folder of Debian.
func binaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return "", errors.New("no postgres binary found; install it or set TEST_DATABASE_URL")
	}
	return strings.TrimSuffix(found[len(found)-1], "/initdb"), nil
}
