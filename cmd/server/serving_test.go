package main

import (
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/foyer/internal/auth/authtest"
)

const waiting = "waiting for another process that serves this database"

// saysItWaits returns when the server has logged that it waits.
func (s *running) saysItWaits(t *testing.T) {
	t.Helper()
	for !strings.Contains(s.output(), waiting) {
		select {
		case <-s.up:
			t.Fatalf("it serves beside the other:\n%s", s.output())
		case <-s.done:
			t.Fatalf("it ended:\n%s", s.output())
		case <-time.After(10 * time.Millisecond): // what it says is all there is to see
		}
	}
}

// part:betterauth

// TestOneServesASQLiteFile: a second server waits until the first has stopped, also at the same address, as a reload
// under `task dev` does. Commands that do not serve do not wait.
func TestOneServesASQLiteFile(t *testing.T) {
	t.Parallel()
	dir, addr := t.TempDir(), freeAddr(t)
	one := launch(t, dir, addr)
	one.await(t)
	browser := authtest.NewClient(t, one.url)
	browser.SignUp("ada@example.com")
	two := launch(t, dir, addr, "DRAIN_DELAY=30s") // it waits for longer
	two.saysItWaits(t)
	if _, stderr, code := result(t, dir, authtest.Password+"\n", nil, "user", "create", "bob@example.com"); code != 0 {
		t.Errorf("user create beside a server: %d %s", code, stderr)
	}
	slow := slowRequest(t, one, "1s")
	defer slow.Body.Close()
	one.Process.Signal(syscall.SIGTERM)
	page, err := io.ReadAll(slow.Body)
	if err != nil || !strings.HasSuffix(string(page), "</html>") {
		t.Errorf("the request under way was cut off: %v, %d bytes", err, len(page))
	}
	if code := one.end(); code != 0 {
		t.Errorf("exit status %d", code)
	}
	two.await(t)
	if got := browser.Get("/dashboard"); got.StatusCode != 200 {
		t.Errorf("/dashboard of the second: %d", got.StatusCode)
	}
	if n := strings.Count(two.output(), waiting); n != 1 {
		t.Errorf("it says %d times that it waits:\n%s", n, two.output())
	}

	two.Process.Kill()
	three := launch(t, dir, addr) // at once
	three.await(t)
	three.stop(t)
}

// end:betterauth

// TestASecondServerGivesUp if the first does not stop, and leaves the database unchanged.
func TestASecondServerGivesUp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one := start(t, dir)
	_, stderr, code := result(t, dir, "", []string{"ADDR=" + freeAddr(t)}, "serve")
	if code != 1 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "another process serves this file") {
		t.Errorf("exit status %d: %s", code, stderr)
	}
	one.stop(t)
}

// TestAWaitingServerCanBeStopped: a signal ends the wait.
func TestAWaitingServerCanBeStopped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one := start(t, dir)
	two := launch(t, dir, freeAddr(t))
	two.saysItWaits(t)
	two.stop(t)
	one.stop(t)
}
