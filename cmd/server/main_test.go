package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/config"
	"example.com/foyer/internal/database/dbtest"
)

// TestMain makes the test binary run as the program, so that tests use real processes, signals and exit codes.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_AS_SERVER") == "1" {
		main()
		os.Exit(0)
	}
	dbtest.Main(m)
}

// databaseFile is the path of the database below the folder that a server runs in.
var databaseFile = strings.TrimPrefix(config.DefaultDatabase, "file:")

// databaseIn is the address of the database of a server that runs in dir.
func databaseIn(dir string) string { return "file:" + filepath.Join(dir, databaseFile) }

// production is what it requires, besides mail.
var production = []string{"APP_ENV=production", "APP_SECRET=" + authtest.Secret, "APP_URL=https://app.example"}

func process(ctx context.Context, t *testing.T, dir string, env []string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Dir = dir
	// Most tests sign up and have no load balancer. The last value of a variable takes effect.
	cmd.Env = append([]string{
		"EMAIL_VERIFICATION=off", "DRAIN_DELAY=0s", "RUN_AS_SERVER=1", "NO_COLOR=1", "PATH=" + os.Getenv("PATH"),
		"HOME=" + dir,
	}, env...)
	return cmd
}

// result runs a command that ends by itself.
func result(t *testing.T, dir, stdin string, env []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a server that should have refused to start
	defer cancel()
	cmd := process(ctx, t, dir, env, args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// running is a server under test.
type running struct {
	*exec.Cmd
	url  string
	mu   sync.Mutex
	text strings.Builder
	up   chan struct{} // closed when it says where it is
	done chan struct{} // closed when all output is read
}

// start runs the server in dir on a free port and returns when it has printed its address.
func start(t *testing.T, dir string, env ...string) *running {
	t.Helper()
	s := launch(t, dir, freeAddr(t), env...)
	s.await(t)
	return s
}

// port counts the ports that freeAddr tries, so that no two tests get the same one.
var port atomic.Int32

func init() { port.Store(rand.Int32N(12000)) }

// freeAddr is an address for a server. Linux gives outgoing connections ports from 32768 on, so none takes it
// meanwhile.
func freeAddr(t *testing.T) string {
	t.Helper()
	for range 100 {
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20000+port.Add(1)%12000)); err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no port is free")
	return ""
}

// launch runs the server in dir at addr. await returns when it has printed its address.
func launch(t *testing.T, dir, addr string, env ...string) *running {
	t.Helper()
	s := &running{
		Cmd: process(t.Context(), t, dir, append(env, "ADDR="+addr)), url: "http://" + addr,
		up: make(chan struct{}), done: make(chan struct{}),
	}
	out, err := s.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.Stderr = os.Stderr
	if err := s.Cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go s.read(out)
	t.Cleanup(func() { s.Process.Kill() })
	return s
}

func (s *running) await(t *testing.T) {
	t.Helper()
	select {
	case <-s.up:
	case <-s.done:
		t.Fatalf("server ended: %s", s.output())
	}
}

func (s *running) read(out io.Reader) {
	defer close(s.done)
	up := s.up
	for lines := bufio.NewScanner(out); lines.Scan(); {
		s.mu.Lock()
		s.text.WriteString(lines.Text() + "\n")
		s.mu.Unlock()
		if up != nil && (strings.Contains(lines.Text(), "user@example.com") ||
			strings.Contains(lines.Text(), `"listening"`)) {
			close(up)
			up = nil
		}
	}
}

func (s *running) output() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// end waits for the process and returns its exit code, -1 for a signal.
func (s *running) end() int {
	<-s.done
	s.Cmd.Wait()
	return s.ProcessState.ExitCode()
}

func (s *running) stop(t *testing.T) {
	t.Helper()
	s.Process.Signal(syscall.SIGTERM)
	if code := s.end(); code != 0 {
		t.Fatalf("exit status %d after SIGTERM:\n%s", code, s.output())
	}
}

func password(t *testing.T, output, email string) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(email) + `\s+password\s+(\S+)$`).FindStringSubmatch(output)
	if found == nil {
		t.Fatalf("no line with the password of %s in:\n%s", email, output)
	}
	return found[1]
}

// part:betterauth

// TestFirstRun starts without configuration in an empty folder.
func TestFirstRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, dir)
	if !strings.Contains(s.output(), "http://localhost:"+s.url[strings.LastIndex(s.url, ":")+1:]) {
		t.Errorf("the address is not printed:\n%s", s.output())
	}
	adminPassword := password(t, s.output(), "admin@example.com")
	for email, want := range map[string]int{"admin@example.com": 200, "user@example.com": 403} {
		c := authtest.NewClient(t, s.url)
		c.SignIn(email, password(t, s.output(), email))
		if res := c.Get("/admin"); res.StatusCode != want {
			t.Errorf("/admin as %s: %d, want %d", email, res.StatusCode, want)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "data", "development.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("development secrets: %v, %v; want mode 0600", info, err)
	}

	stays, leaves := authtest.NewClient(t, s.url), authtest.NewClient(t, s.url)
	stays.SignUp("stays@example.com")
	leaves.SignUp("leaves@example.com")
	copied := leaves.Copy()
	leaves.PostForm("/logout", nil)
	s.stop(t)

	s = start(t, dir)
	if again := password(t, s.output(), "admin@example.com"); again != adminPassword {
		t.Errorf("password after a restart is %s, was %s", again, adminPassword)
	}
	stays.Base, copied.Base = s.url, s.url
	if res := stays.Get("/dashboard"); res.StatusCode != 200 {
		t.Errorf("dashboard after a restart: %d", res.StatusCode)
	}
	// The next process must not accept the cached copy of a session that was ended in this one.
	if res := copied.Get("/dashboard"); res.StatusCode != 303 {
		t.Errorf("dashboard with a logged-out session's cookies after a restart: %d", res.StatusCode)
	}
	s.stop(t)
}

// end:betterauth

func TestProductionPrintsNoPasswords(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, dir, production...)
	s.stop(t)
	if out := s.output(); strings.Contains(out, "password") || strings.Contains(out, authtest.Secret) {
		t.Errorf("output of production:\n%s", out)
	}
	if _, err := os.Stat(filepath.Join(dir, "data", "development.json")); err == nil {
		t.Error("production made development secrets")
	}
	_, stderr, code := result(t, dir, "", production, "seed")
	if code == 0 || !strings.Contains(stderr, "development") {
		t.Errorf("seed in production: %d %s", code, stderr)
	}
}
