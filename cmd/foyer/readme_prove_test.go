//go:build prove && unix

package main

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestReadmeRuns runs each block of README that is marked "sh test", in a copy of its own. A server is run until it
// answers.
func TestReadmeRuns(t *testing.T) {
	root := projectRoot(t)
	fences, _ := fencesOf(root.tree(t)["README.md"])
	ran := 0
	for _, f := range fences {
		if f.language != "sh" || f.info != "test" {
			continue
		}
		ran++
		t.Run(strings.TrimSpace(f.text), func(t *testing.T) {
			dir := folder(filepath.Join(t.TempDir(), "copy"))
			if _, err := root.git(t.Context(), "clone", "--quiet", string(root), string(dir)); err != nil {
				t.Fatal(err)
			}
			dir.do(t, "config", "user.name", "Ada")
			dir.do(t, "config", "user.email", "ada@example.com")
			for line := range strings.Lines(f.text) {
				dir.sh(t, strings.TrimSpace(line))
			}
		})
	}
	if ran == 0 && root.tree(t)[projectFile] == "" {
		t.Error("no block of README is marked")
	}
}

// sh runs a line of a block. A server that answers is stopped.
func (f folder) sh(t *testing.T, line string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-ec", line)
	cmd.Dir = string(f)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	command, _, _ := strings.Cut(line, "#")
	if strings.TrimSpace(command) != "go run ./cmd/server" {
		if err := cmd.Run(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out.String())
		}
		return
	}
	addr := freeAddr(t)
	cmd.Env = append(os.Environ(), "ADDR="+addr)
	must(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		if answer, err := http.Get("http://" + addr + "/healthz"); err == nil {
			answer.Body.Close()
			if answer.StatusCode != http.StatusOK {
				t.Errorf("/healthz answers %d", answer.StatusCode)
			}
			break
		}
		select {
		case err := <-ended:
			t.Fatalf("%s: %v\n%s", line, err, out.String())
		case <-time.After(100 * time.Millisecond):
		}
	}
	must(t, syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM))
	<-ended
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().String()
}
