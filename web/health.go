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

// showHealth says that the process lives.
func (s *Server) showHealth(c *echo.Context) error { return c.String(http.StatusOK, "ok\n") }

// showReady says whether to send visitors here: the server is not on its way out, and the database answers with its
// schema.
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
	pingTime = time.Second // how long the database may take to say that it is ready
	pingKept = time.Second // how long its answer counts
)

// readiness asks whether the app is ready: one question at a time, whose answer all askers share. A flood of /readyz
// therefore costs the database one question a second, and a database that is silent holds no request for longer than
// pingTime.
type readiness struct {
	check func(context.Context) error
	now   func() time.Time

	mu   sync.Mutex
	ping *ping
}

// ping is one question to the database. What the check gave is set before done is closed.
type ping struct {
	done     chan struct{}
	err      error
	at       time.Time
	panicked any
}

var errSilent = errors.New("the database does not answer")

func (r *readiness) ask(ctx context.Context) error {
	p := r.current(ctx)
	limit := time.NewTimer(pingTime)
	defer limit.Stop()
	select {
	case <-p.done:
		if p.panicked != nil {
			panic(p.panicked)
		}
		return p.err
	case <-limit.C:
		return errSilent
	case <-ctx.Done():
		return ctx.Err()
	}
}

// current returns the ping under way, or the last one while its answer counts, or else a new one.
func (r *readiness) current(ctx context.Context) *ping {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ping != nil && !r.ping.stale(r.now()) {
		return r.ping
	}
	p := &ping{done: make(chan struct{})}
	r.ping = p
	ctx = context.WithoutCancel(ctx) // the asker who leaves takes no answer from the others
	go func() {
		defer close(p.done)
		defer func() { p.panicked = recover() }() // for the askers: in a goroutine of its own it would end the process
		ctx, cancel := context.WithTimeout(ctx, pingTime)
		defer cancel()
		p.err = r.check(ctx)
		p.at = r.now()
	}()
	return p
}

// stale reports whether p has been answered, and too long ago.
func (p *ping) stale(now time.Time) bool {
	select {
	case <-p.done:
		return now.Sub(p.at) >= pingKept
	default:
		return false
	}
}
