package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/argon2"
)

// bench holds what the measurements share and prints each result as a row.
type bench struct {
	options
	ctx       context.Context
	out       io.Writer
	app, bare *process
	visitor   *visitor
	workers   int // that may hash passwords at the same time
	headed    bool
}

// rounds is how often real and bare server take turns.
const rounds = 3

func (b *bench) measure(pages map[string]page) error {
	requests := b.visitor.paths()
	for _, m := range []struct {
		name, key string
		target    float64
	}{
		{"get-session, cached", "/cached", 0.40},
		{"get-session, store", "/store", 0.20},
		{"GET /login", "/login", 0.35},
		{"GET /dashboard", "/dashboard", 0.20},
	} {
		name := fmt.Sprintf("%s (%d B)", m.name, len(pages[m.key].Body))
		if err := b.read(name, m.key, requests[m.key], m.target); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	if err := b.signIn(); err != nil {
		return fmt.Errorf("sign-in: %w", err)
	}
	if err := b.storm(requests["/cached"]); err != nil {
		return fmt.Errorf("login storm: %w", err)
	}
	b.memory()
	return nil
}

// read compares one path. The bare server gets a request of the same size and answers the same bytes.
func (b *bench) read(name, key string, request []byte, target float64) error {
	_, rest, _ := strings.Cut(string(request), " HTTP/1.1\r\n")
	bareRequest := []byte("GET " + key + " HTTP/1.1\r\n" + rest)
	defer b.profile(strings.TrimPrefix(key, "/"))()
	var app, bare figures
	for round := range rounds + 1 {
		f, err := load{b.app.addr, [][]byte{request}, b.clients, b.duration() / rounds}.run(b.ctx)
		if err != nil {
			return err
		}
		g, err := load{b.bare.addr, [][]byte{bareRequest}, b.clients, b.duration() / rounds}.run(b.ctx)
		if err != nil {
			return fmt.Errorf("bare: %w", err)
		}
		if round > 0 { // the first warms up
			app.add(f)
			bare.add(g)
		}
	}
	b.compare(name, app.rate(), bare.rate(), target)
	return nil
}

func (b *bench) compare(name string, app, bare, target float64) {
	ratio := app / bare
	b.row(name, fmt.Sprintf("%.0f/s", app), fmt.Sprintf("%.0f/s", bare), fmt.Sprintf("%.2f", ratio), verdict(ratio >= target, "≥ %.2f", target))
}

// signIn compares sign-ins with how many hashes the workers alone manage.
func (b *bench) signIn() error {
	defer b.profile("sign-in")()
	var app figures
	var raw float64
	for range rounds {
		raw += b.hashRate(b.duration()/rounds) / rounds
		f, err := load{b.app.addr, b.visitor.signIns(), stormClients, b.duration() / rounds}.run(b.ctx)
		if err != nil {
			return err
		}
		app.add(f)
	}
	b.compare("sign-in, against argon2id alone", app.rate(), raw, 0.90)
	return nil
}

// hashRate is how many password hashes a second the workers make with nothing else to do.
func (b *bench) hashRate(d time.Duration) float64 {
	counts := make([]int, b.workers)
	start := time.Now()
	var wg sync.WaitGroup
	for i := range counts {
		wg.Go(func() {
			for time.Since(start) < d {
				argon2.IDKey([]byte(password), make([]byte, 16), 2, 19*1024, 1, 32) // as internal/auth does
				counts[i]++
			}
		})
	}
	wg.Wait()
	sum := 0
	for _, n := range counts {
		sum += n
	}
	return float64(sum) / time.Since(start).Seconds()
}

// storm looks at cached reads while many sign in without pause.
func (b *bench) storm(request []byte) error {
	defer b.profile("storm")()
	ctx, cancel := context.WithCancel(b.ctx)
	defer cancel()
	var signIns, reads figures
	var signInErr, readErr error
	var wg sync.WaitGroup
	wg.Go(func() {
		signIns, signInErr = load{b.app.addr, b.visitor.signIns(), stormClients, b.duration()}.run(ctx)
	})
	wg.Go(func() { reads, readErr = load{b.app.addr, [][]byte{request}, b.clients, b.duration()}.run(ctx) })
	wg.Wait()
	if signInErr != nil || readErr != nil {
		return fmt.Errorf("sign-ins: %v, reads: %v", signInErr, readErr)
	}
	p99 := reads.percentile(0.99)
	b.row(fmt.Sprintf("cached p99, %d signing in (%.0f/s)", stormClients, signIns.rate()), fmt.Sprintf("%.0f/s", reads.rate()), "",
		fmt.Sprintf("%.1f ms", p99.Seconds()*1000), verdict(p99 <= 25*time.Millisecond, "≤ 25 ms"))
	return nil
}

// memory reads what the real server holds after all of the above, and what it held at most.
func (b *bench) memory() {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.app.cmd.Process.Pid))
	if err != nil {
		b.row("memory", "", "", "", "not to be read on this system")
		return
	}
	limit := 64 + 19*b.workers
	for _, line := range strings.Split(string(status), "\n") {
		name, value, _ := strings.Cut(line, ":")
		title := map[string]string{"VmRSS": "resident memory, now", "VmHWM": "resident memory, at most"}[name]
		kib, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(value, " kB")))
		if title != "" && err == nil {
			b.row(title, "", "", fmt.Sprintf("%d MB", kib>>10), verdict(kib>>10 <= limit, "≤ %d MB", limit))
		}
	}
}

func verdict(met bool, format string, args ...any) string {
	if met {
		return fmt.Sprintf(format, args...)
	}
	return fmt.Sprintf(format, args...) + "  MISSED"
}

func (b *bench) row(name, rate, bare, ratio, target string) {
	if !b.headed {
		b.headed = true
		b.row("", "app", "bare", "ratio", "target")
	}
	fmt.Fprintf(b.out, "%-40s %10s %10s %8s  %s\n", name, rate, bare, ratio, target)
}

// profile writes the app's CPU profile from now until the returned function is called.
func (b *bench) profile(name string) (done func()) {
	if b.profiles == "" {
		return func() {}
	}
	finished := make(chan error, 1)
	go func() { finished <- b.fetchProfile(name) }()
	return func() {
		if err := <-finished; err != nil {
			fmt.Fprintln(b.out, "profile:", err)
		}
	}
}

func (b *bench) fetchProfile(name string) error {
	seconds := max(1, int(b.duration().Seconds()))
	res, err := http.Get(fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", b.app.profile, seconds))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if err := os.MkdirAll(b.profiles, 0o755); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(b.profiles, name+".pprof"))
	if err != nil {
		return err
	}
	_, err = io.Copy(f, res.Body)
	return errors.Join(err, f.Close())
}
