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
	addr    string
	profile string // where its CPU profile can be asked for, "" for none
	cmd     *exec.Cmd
	stdin   io.Closer // the bare server ends when this is closed
}

// stop ends the process by its own id and waits for it; a second call does nothing.
func (p *process) stop() {
	if p.cmd == nil {
		return
	}
	if p.stdin != nil {
		p.stdin.Close()
	} else if p.cmd.Process.Signal(syscall.SIGTERM) != nil { // not known everywhere
		p.cmd.Process.Kill()
	}
	killer := time.AfterFunc(15*time.Second, func() { p.cmd.Process.Kill() })
	p.cmd.Wait()
	killer.Stop()
	p.cmd = nil
}

// profiler is added to the server only when profiles are asked for.
const profiler = `package main

import (
	"net/http"
	_ "net/http/pprof"
	"os"
)

func init() { go http.ListenAndServe(os.Getenv("BENCH_PROFILE_ADDR"), nil) }
`

// build compiles cmd/server into dir.
func build(ctx context.Context, dir string, profiled bool) (string, error) {
	binary := filepath.Join(dir, "server")
	args := []string{"build", "-o", binary}
	if profiled {
		overlay, err := writeOverlay(ctx, dir)
		if err != nil {
			return "", err
		}
		args = append(args, "-overlay", overlay)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, "example.com/foyer/cmd/server")...)
	cmd.Stderr = os.Stderr
	return binary, cmd.Run()
}

// writeOverlay makes the compiler see one more file in cmd/server.
func writeOverlay(ctx context.Context, dir string) (string, error) {
	folder, err := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", "example.com/foyer/cmd/server").Output()
	if err != nil {
		return "", err
	}
	source, overlay := filepath.Join(dir, "profiler.go"), filepath.Join(dir, "overlay.json")
	mapping, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(strings.TrimSpace(string(folder)), "profiler.go"): source}})
	if err == nil {
		err = errors.Join(os.WriteFile(source, []byte(profiler), 0o600), os.WriteFile(overlay, mapping, 0o600))
	}
	return overlay, err
}

// startApp starts the real server, without rate limits unless env says otherwise, and returns when it is ready.
func startApp(ctx context.Context, binary, dir, database string, env ...string) (*process, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	profile, err := freeAddr()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, binary)
	cmd.Dir = dir
	cmd.Stderr = os.Stderr // the log goes to /dev/null, written in full
	cmd.Env = append(os.Environ(),
		"APP_ENV=development", "RATE_LIMIT=off", "EMAIL_VERIFICATION=off", "APP_SECRET="+rand.Text()+rand.Text(), "ADDR="+addr, "APP_URL=http://"+addr,
		"DATABASE_URL="+database, "LOG_LEVEL=info", "BENCH_PROFILE_ADDR="+profile)
	cmd.Env = append(cmd.Env, env...)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{addr: addr, profile: profile, cmd: cmd}
	if err := p.awaitReady(ctx); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

// awaitReady asks until /readyz answers 200.
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

// startTime is how long the server takes from exec to its first 200, the best of five.
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

// page is an answer of the real server, for the bare one to repeat.
type page struct {
	Header http.Header
	Body   []byte
}

const bareCommand = "bare"

// startBare starts this program again as the bare server.
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
	if err = json.NewEncoder(stdin).Encode(pages); err == nil {
		p.addr, err = bufio.NewReader(stdout).ReadString('\n')
	}
	if err != nil {
		p.stop()
		return nil, err
	}
	p.addr = strings.TrimSpace(p.addr)
	return p, nil
}

// serveBare answers with the pages it reads from in, says on out where, and ends with in.
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
