package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// attacker is the address of the flood.
const attacker = "198.51.100.66"

// flood measures how long signing in takes while a refused address sends requests on many connections. The same load on
// /healthz shows the cost of the load itself.
func flood(ctx context.Context, o options, binary, dir string, stdout io.Writer) error {
	app, err := startApp(ctx, binary, dir, o.database, "RATE_LIMIT=on", "TRUSTED_PROXIES=127.0.0.1")
	if err != nil {
		return err
	}
	defer app.stop()
	email := strings.ToLower(rand.Text()) + "@example.com"
	if _, err := signUp(ctx, app.addr, email); err != nil {
		return err
	}
	health := "GET /healthz HTTP/1.1\r\nHost: " + app.addr + "\r\n\r\n"
	refused := signInRequest(app.addr, "nobody@example.com", "X-Forwarded-For: "+attacker)
	rows := []floodRow{
		{name: "alone"},
		{name: "beside /healthz", request: health, clients: o.flood},
		{name: "beside a refused address", request: refused, clients: o.flood},
	}
	for range floodRounds { // in turns, so that other work of the machine slows down all
		for i := range rows {
			if err := rows[i].measure(ctx, app.addr, email); err != nil {
				return fmt.Errorf("%s: %w", rows[i].name, err)
			}
		}
	}
	fmt.Fprintf(stdout, "%-34s %10s %10s %12s\n", "a sign-in from another address", "median", "slowest", "flood/s")
	for _, row := range rows {
		slices.Sort(row.took)
		slices.Sort(row.rates)
		fmt.Fprintf(stdout, "%-34s %7d ms %7d ms %12.0f\n", row.name,
			row.took[len(row.took)/2].Milliseconds(), row.took[len(row.took)-1].Milliseconds(), row.rates[len(row.rates)/2])
	}
	return nil
}

const (
	floodRounds  = 5
	floodSignIns = 3 // per round
)

// floodRow is the request that clients repeat, and the results of signing in beside them.
type floodRow struct {
	name, request string
	clients       int
	took          []time.Duration
	rates         []float64 // answers to the flood per second, one per round
}

func signInRequest(addr, email, header string) string {
	body := fmt.Sprintf(`{"email":%q,"password":%q}`, email, password)
	return fmt.Sprintf("POST /api/auth/sign-in/email HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n"+
		"%s\r\nContent-Length: %d\r\n\r\n%s", addr, header, len(body), body)
}

// measure signs in a few times, each time from another address, while the clients send.
func (f *floodRow) measure(ctx context.Context, addr, email string) error {
	ctx, stop := context.WithCancel(ctx)
	var sent atomic.Int64
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	for range f.clients {
		wg.Go(func() { keepSending(ctx, addr, f.request, &sent) })
	}
	select {
	case <-time.After(2 * time.Second): // until all connections are made
	case <-ctx.Done():
		return ctx.Err()
	}
	begin, before := time.Now(), sent.Load()
	for range floodSignIns {
		start := time.Now()
		from := fmt.Sprintf("X-Forwarded-For: 203.0.113.%d", sequence.Add(1))
		status, err := signInOnce(addr, signInRequest(addr, email, from))
		if err != nil || status != http.StatusOK {
			return errors.Join(fmt.Errorf("a sign-in is answered %d", status), err)
		}
		f.took = append(f.took, time.Since(start))
	}
	f.rates = append(f.rates, float64(sent.Load()-before)/time.Since(begin).Seconds())
	return nil
}

// sequence makes the addresses of sign-ins.
var sequence atomic.Int64

func signInOnce(addr, request string) (status int, err error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	c := client{conn: conn, buf: make([]byte, 64<<10)}
	return c.do([]byte(request))
}

// keepSending repeats request on one connection. When the server closes it, it opens another.
func keepSending(ctx context.Context, addr, request string, sent *atomic.Int64) {
	for ctx.Err() == nil {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			continue
		}
		end := context.AfterFunc(ctx, func() { conn.Close() })
		c := client{conn: conn, buf: make([]byte, 8<<10)}
		for {
			if _, err := c.do([]byte(request)); err != nil {
				break
			}
			sent.Add(1)
		}
		end()
		conn.Close()
	}
}
