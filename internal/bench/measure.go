package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/argon2"
)

// bench is shared by the measurements and prints each result as a row.
type bench struct {
	options
	ctx       context.Context
	out       io.Writer
	app, bare *process
	visitor   *visitor
	workers   int // that hash passwords at the same time
	headed    bool
}

// rounds is how often app and bare server take turns.
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
		if !strings.Contains(m.name, b.only) {
			continue
		}
		name := fmt.Sprintf("%s (%d B)", m.name, len(pages[m.key].Body))
		if err := b.read(name, m.key, requests[m.key], m.target); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	if b.only != "" {
		return nil
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

// read compares one path. The bare server gets the same headers and answers the same bytes.
func (b *bench) read(name, key string, request []byte, target float64) error {
	_, rest, _ := strings.Cut(string(request), " HTTP/1.1\r\n")
	bareRequest := []byte("GET " + key + " HTTP/1.1\r\n" + rest)
	var app, bare figures
	for round := range rounds + 1 {
		f, err := b.turn(b.app, request)
		if err != nil {
			return err
		}
		g, err := b.turn(b.bare, bareRequest)
		if err != nil {
			return fmt.Errorf("bare: %w", err)
		}
		if round > 0 { // the first warms up
			app.add(f)
			bare.add(g)
		}
	}
	b.compare(name, app, bare.rate(), target)
	return nil
}

// turn measures one round of one server and its processor time.
func (b *bench) turn(p *process, request []byte) (figures, error) {
	before := p.cpu()
	f, err := load{addr: p.addr, requests: [][]byte{request}, clients: b.clients, time: b.duration() / rounds}.run(b.ctx)
	f.cpu = p.cpu() - before
	return f, err
}

func (b *bench) compare(name string, app figures, bare, target float64) {
	cpu, ratio := "", app.rate()/bare
	if app.cpu > 0 {
		cpu = fmt.Sprintf("%.0f µs", app.cpu.Seconds()*1e6/float64(app.n))
	}
	b.row(name, cpu, fmt.Sprintf("%.0f/s", app.rate()), fmt.Sprintf("%.0f/s", bare), fmt.Sprintf("%.2f", ratio),
		verdict(ratio >= target, "≥ %.2f", target))
}

// signIn compares the rate of sign-ins with the rate of hashes without the app.
func (b *bench) signIn() error {
	var app figures
	var raw float64
	for range rounds {
		raw += b.hashRate(b.duration()/rounds) / rounds
		f, err := b.signIns(b.duration() / rounds).run(b.ctx)
		if err != nil {
			return err
		}
		app.add(f)
	}
	b.compare("sign-in, against argon2id alone", app, raw, 0.90)
	return nil
}

// signIns is a load of sign-ins of different users.
func (b *bench) signIns(d time.Duration) load {
	return load{addr: b.app.addr, requests: b.visitor.signIns(), clients: stormClients, time: d, busy: true}
}

// hashRate returns how many password hashes per second the workers make without the app.
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

// storm measures cached reads while many users sign in.
func (b *bench) storm(request []byte) error {
	ctx, cancel := context.WithCancel(b.ctx)
	defer cancel()
	var signIns, reads figures
	var signInErr, readErr error
	var wg sync.WaitGroup
	wg.Go(func() { signIns, signInErr = b.signIns(b.duration()).run(ctx) })
	wg.Go(func() {
		reads, readErr = load{addr: b.app.addr, requests: [][]byte{request}, clients: b.clients, time: b.duration()}.run(ctx)
	})
	wg.Wait()
	if signInErr != nil || readErr != nil {
		return fmt.Errorf("sign-ins: %v, reads: %v", signInErr, readErr)
	}
	p99 := reads.percentile(0.99)
	name := fmt.Sprintf("cached p99, %d signing in (%.0f/s)", stormClients, signIns.rate())
	b.row(name, "", fmt.Sprintf("%.0f/s", reads.rate()), "",
		fmt.Sprintf("%.1f ms", p99.Seconds()*1000), verdict(p99 <= 25*time.Millisecond, "≤ 25 ms"))
	return nil
}

func verdict(met bool, format string, args ...any) string {
	if met {
		return fmt.Sprintf(format, args...)
	}
	return fmt.Sprintf(format, args...) + "  MISSED"
}

func (b *bench) row(name, cpu, rate, bare, ratio, target string) {
	if !b.headed {
		b.headed = true
		b.row("", "cpu each", "app", "bare", "ratio", "target")
	}
	fmt.Fprintf(b.out, "%-36s %9s %9s %9s %8s  %s\n", name, cpu, rate, bare, ratio, target)
}
