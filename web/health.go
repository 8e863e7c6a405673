package web

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"example.com/foyer/internal/errs"
	"github.com/labstack/echo/v5"
)

// showHealth answers while the process runs.
func (s *Server) showHealth(c *echo.Context) error { return c.String(http.StatusOK, "ok\n") }

// showReady answers 200 if the server is not shutting down and the database answers with the right schema, else 503.
// Load balancers ask it where to send visitors.
func (s *Server) showReady(c *echo.Context) error {
	select {
	case <-s.draining:
		return errs.Unavailable(errors.New("shutting down"))
	default:
	}
	if err := s.readiness.ask(c.Request().Context()); err != nil {
		return errs.Unavailable(err)
	}
	ready := "ready\n"
	if off := s.Auth.CacheOff(); off != "" {
		ready += off + "\n"
	}
	return c.String(http.StatusOK, ready)
}

const (
	pingTime = time.Second // how long the database may take to answer
	pingKept = time.Second // how long an answer is reused
)

// readiness pings the database: one ping at a time, whose answer all requests share. So a flood of /readyz pings the
// database once a second, and a database that does not answer delays no request for longer than pingTime.
type readiness struct {
	check func(context.Context) error
	now   func() time.Time

	mu   sync.Mutex
	ping *ping
}

// ping is one check of the database. Its other fields are set before done is closed.
type ping struct {
	done     chan struct{}
	err      error
	at       time.Time
	panicked any
}

var errSilent = errors.New("the database does not answer")

func (r *readiness) ask(ctx context.Context) error {
	p := r.current(ctx)
	ctx, cancel := context.WithTimeoutCause(ctx, pingTime, errSilent)
	defer cancel()
	select {
	case <-p.done:
		if p.panicked != nil {
			panic(p.panicked)
		}
		return p.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// current returns the running ping, or the last one within pingKept, or else a new one.
func (r *readiness) current(ctx context.Context) *ping {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ping != nil && !r.ping.stale(r.now()) {
		return r.ping
	}
	p := &ping{done: make(chan struct{})}
	r.ping = p
	ctx = context.WithoutCancel(ctx) // other requests wait for this ping, too
	go func() {
		defer close(p.done)
		defer func() { p.panicked = recover() }() // ask repeats the panic, which here would end the process
		ctx, cancel := context.WithTimeout(ctx, pingTime)
		defer cancel()
		p.err = r.check(ctx)
		p.at = r.now()
	}()
	return p
}

// stale reports whether p was answered longer than pingKept ago.
func (p *ping) stale(now time.Time) bool {
	select {
	case <-p.done:
		return now.Sub(p.at) >= pingKept
	default:
		return false
	}
}
