package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// attacker is the address that the flood comes from.
const attacker = "198.51.100.66"

// flood measures how long signing in takes while one address, which is refused already, keeps many connections that send
// as fast as they are answered; beside it the same load on /healthz, which says what the load alone costs.
func flood(ctx context.Context, o options, stdout io.Writer) error {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if o.database == "" {
		o.database = "file:" + dir + "/bench.db"
	}
	binary, err := build(ctx, dir, false)
	if err != nil {
		return err
	}
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
	refused := signInRequest(app.addr, "nobody@example.com", attacker)
	rows := []floodRow{{name: "alone"}, {"beside /healthz", health, o.flood, nil, nil}, {"beside a refused address", refused, o.flood, nil, nil}}
	for range floodRounds { // in turns, so that what else the machine does falls on all of them
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
	floodSignIns = 3 // of each round
)

// floodRow is what so many clients send, and what came of signing in beside them.
type floodRow struct {
	name, request string
	clients       int
	took          []time.Duration
	rates         []float64 // of the flood's answers in a second, one for each round
}

func signInRequest(addr, email, from string) string {
	body := fmt.Sprintf(`{"email":%q,"password":%q}`, email, password)
	return fmt.Sprintf("POST /api/auth/sign-in/email HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n"+
		"X-Forwarded-For: %s\r\nContent-Length: %d\r\n\r\n%s", addr, from, len(body), body)
}

// measure has the clients send while somebody signs in a few times, each time from another address.
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
	case <-time.After(2 * time.Second): // until every connection is there
	case <-ctx.Done():
		return ctx.Err()
	}
	begin, before := time.Now(), sent.Load()
	for range floodSignIns {
		start := time.Now()
		status, err := signInOnce(addr, signInRequest(addr, email, fmt.Sprintf("203.0.113.%d", sequence.Add(1))))
		if err != nil || status != http.StatusOK {
			return errors.Join(fmt.Errorf("a sign-in is answered %d", status), err)
		}
		f.took = append(f.took, time.Since(start))
	}
	f.rates = append(f.rates, float64(sent.Load()-before)/time.Since(begin).Seconds())
	return nil
}

// sequence gives each sign-in an address of its own.
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

// keepSending sends request again and again on one connection, and on another when the server has closed it.
func keepSending(ctx context.Context, addr, request string, sent *atomic.Int64) {
	for ctx.Err() == nil {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			continue
		}
		end := context.AfterFunc(ctx, func() { conn.Close() })
		c := client{conn: conn, buf: make([]byte, 8<<10)}
		for err == nil {
			if _, err = c.do([]byte(request)); err == nil {
				sent.Add(1)
			}
		}
		end()
		conn.Close()
	}
}
