package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// process is a server that runs in a process of its own.
type process struct {
	addr  string
	cmd   *exec.Cmd
	stdin io.Closer // of the bare server, which ends with it
}

// stop ends the process and waits for it. A second call does nothing.
func (p *process) stop() {
	if p.cmd == nil {
		return
	}
	if p.stdin != nil {
		p.stdin.Close()
	} else if p.cmd.Process.Signal(syscall.SIGTERM) != nil { // Windows has no SIGTERM
		p.cmd.Process.Kill()
	}
	killer := time.AfterFunc(15*time.Second, func() { p.cmd.Process.Kill() })
	p.cmd.Wait()
	killer.Stop()
	p.cmd = nil
}

// build compiles cmd/server into dir.
func build(ctx context.Context, dir string) (binary string, err error) {
	binary = filepath.Join(dir, "server")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", binary, "example.com/foyer/cmd/server")
	cmd.Stderr = os.Stderr
	return binary, cmd.Run()
}

// startApp starts the app and returns when it is ready. Rate limits are off, unless env has RATE_LIMIT.
func startApp(ctx context.Context, binary, dir, database string, env ...string) (*process, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, binary)
	cmd.Dir = dir
	cmd.Stderr = os.Stderr // the log goes to /dev/null
	cmd.Env = append(os.Environ(),
		"APP_ENV=development", "RATE_LIMIT=off", "EMAIL_VERIFICATION=off", "APP_SECRET="+rand.Text()+rand.Text(),
		"ADDR="+addr, "APP_URL=http://"+addr, "DATABASE_URL="+database, "LOG_LEVEL=info")
	cmd.Env = append(cmd.Env, env...)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{addr: addr, cmd: cmd}
	if err := p.awaitReady(ctx); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

// awaitReady returns when /readyz answers 200.
func (p *process) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.addr+"/readyz", nil)
		if err != nil {
			return err
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the server did not become ready: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

// startTime returns the time from exec to the first 200 of /readyz, the best of five.
func startTime(ctx context.Context, binary, dir, database string) (best time.Duration, err error) {
	for range 5 {
		begin := time.Now()
		p, err := startApp(ctx, binary, dir, database)
		if err != nil {
			return 0, err
		}
		if took := time.Since(begin); best == 0 || took < best {
			best = took
		}
		p.stop()
	}
	return best, nil
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// page is an answer of the app, which the bare server repeats.
type page struct {
	Header http.Header
	Body   []byte
}

const bareCommand = "bare"

// startBare starts this program as the bare server.
func startBare(ctx context.Context, pages map[string]page) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, bareCommand)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, stdin: stdin}
	if err := json.NewEncoder(stdin).Encode(pages); err != nil {
		p.stop()
		return nil, err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		p.stop()
		return nil, err
	}
	p.addr = strings.TrimSpace(line)
	return p, nil
}

// serveBare reads pages from in, prints its address to out, answers with the pages, and ends when in is closed.
func serveBare(in io.Reader, out io.Writer) error {
	d := json.NewDecoder(in)
	var pages map[string]page
	if err := d.Decode(&pages); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() {
		io.Copy(io.Discard, in)
		l.Close()
	}()
	fmt.Fprintln(out, l.Addr())
	err = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, ok := pages[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		for name, values := range p.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(http.StatusOK)
		w.Write(p.Body)
	}))
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
