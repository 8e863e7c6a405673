package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"
)

// load sends requests as fast as they are answered: each client keeps one connection and sends its next request after
// the answer to the last one.
type load struct {
	addr     string
	requests [][]byte // client i sends requests[i % len]
	clients  int
	time     time.Duration
	busy     bool // 503 is accepted: the queue for passwords is full or slow
}

// figures is the result of a load.
type figures struct {
	n         int
	time      time.Duration
	cpu       time.Duration   // of the server, if known
	latencies []time.Duration // sorted
}

func (f *figures) add(g figures) { f.n, f.time, f.cpu = f.n+g.n, f.time+g.time, f.cpu+g.cpu }

func (f figures) rate() float64 { return float64(f.n) / f.time.Seconds() }

func (f figures) percentile(p float64) time.Duration {
	return f.latencies[min(len(f.latencies)-1, int(p*float64(len(f.latencies))))]
}

// maxRequests is the most that one client sends, which limits the memory for latencies.
const maxRequests = 1_000_000

// run sends until the time is over or ctx ends. An answer other than 200 is an error, because it may be faster.
func (l load) run(ctx context.Context) (figures, error) {
	ctx, cancel := context.WithTimeout(ctx, l.time)
	defer cancel()
	results, failures := make([][]time.Duration, l.clients), make([]error, l.clients)
	start := time.Now()
	var wg sync.WaitGroup
	for i := range l.clients {
		wg.Go(func() { results[i], failures[i] = l.client(ctx, l.requests[i%len(l.requests)]) })
	}
	wg.Wait()
	f := figures{time: time.Since(start)}
	for _, r := range results {
		f.n += len(r)
		f.latencies = append(f.latencies, r...)
	}
	slices.Sort(f.latencies)
	if err := errors.Join(failures...); err != nil {
		return f, err
	}
	if f.n == 0 {
		return f, errors.New("no request was answered in time")
	}
	return f, nil
}

func (l load) client(ctx context.Context, request []byte) ([]time.Duration, error) {
	conn, err := net.Dial("tcp", l.addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	c := client{conn: conn, buf: make([]byte, 64<<10)}
	latencies := make([]time.Duration, 0, 1<<16)
	for ctx.Err() == nil && len(latencies) < maxRequests {
		start := time.Now()
		conn.SetDeadline(start.Add(20 * time.Second))
		status, err := c.do(request)
		if err != nil {
			return nil, err
		}
		if status == 503 && l.busy {
			continue
		}
		if status != 200 {
			return nil, fmt.Errorf("%s answers %d", bytes.SplitN(request, []byte(" HTTP"), 2)[0], status)
		}
		latencies = append(latencies, time.Since(start))
	}
	return latencies, nil
}

// client knows enough HTTP/1.1 to find the end of an answer. A complete client would cost more than the measured
// handlers.
type client struct {
	conn net.Conn
	buf  []byte
}

var (
	headEnd   = []byte("\r\n\r\n")
	lengthKey = []byte("\r\nContent-Length: ")
	chunked   = []byte("\r\nTransfer-Encoding: chunked\r\n")
	lastChunk = []byte("\r\n0\r\n\r\n")
)

// do sends a request and reads its answer to the end.
func (c *client) do(request []byte) (status int, err error) {
	if _, err := c.conn.Write(request); err != nil {
		return 0, err
	}
	n, head := 0, -1
	for head < 0 {
		if n, err = c.more(n); err != nil {
			return 0, err
		}
		head = bytes.Index(c.buf[:n], headEnd)
	}
	if status, err = strconv.Atoi(string(c.buf[9:12])); err != nil {
		return 0, err
	}
	end, err := bodyEnd(c.buf[:head+2])
	if err != nil {
		return 0, err
	}
	// Requests are not pipelined, so a chunked answer ends with the last chunk.
	for end >= 0 && n < head+4+end || end < 0 && !bytes.HasSuffix(c.buf[:n], lastChunk) {
		if n, err = c.more(n); err != nil {
			return 0, err
		}
	}
	return status, nil
}

func (c *client) more(n int) (int, error) {
	if n == len(c.buf) {
		return n, errors.New("answer larger than 64 KiB")
	}
	read, err := c.conn.Read(c.buf[n:])
	return n + read, err
}

// bodyEnd returns the length of the body, -1 for a chunked one.
func bodyEnd(head []byte) (int, error) {
	if bytes.Contains(head, chunked) {
		return -1, nil
	}
	i := bytes.Index(head, lengthKey)
	if i < 0 {
		return 0, errors.New("answer without a length")
	}
	value := head[i+len(lengthKey):]
	return strconv.Atoi(string(value[:bytes.IndexByte(value, '\r')]))
}
