package auth

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"time"

	"example.com/foyer/internal/errs"
)

const (
	maxWaiting = 64              // hashes that may wait for a worker
	maxWait    = 5 * time.Second // how long one may
)

// hasher bounds how many passwords are hashed at once: each takes 19 MiB and a core, so a login storm would
// otherwise take all memory and starve everyone who is already signed in.
type hasher struct {
	workers chan struct{}
	waiting atomic.Int64
}

func newHasher(workers int) *hasher { return &hasher{workers: make(chan struct{}, workers)} }

// defaultHashWorkers leaves one core to everything else.
func defaultHashWorkers() int { return max(1, runtime.GOMAXPROCS(0)-1) }

// do runs fn on a worker. Where the queue is full or too slow it answers 503 with Retry-After and fn never runs.
func (h *hasher) do(ctx context.Context, fn func()) error {
	if h.waiting.Add(1) > maxWaiting {
		h.waiting.Add(-1)
		return errs.Unavailable(errors.New("password queue is full"))
	}
	timer := time.NewTimer(maxWait)
	defer timer.Stop()
	select {
	case h.workers <- struct{}{}:
		h.waiting.Add(-1)
	case <-timer.C:
		h.waiting.Add(-1)
		return errs.Unavailable(errors.New("password queue is too slow"))
	case <-ctx.Done():
		h.waiting.Add(-1)
		return errs.Unavailable(ctx.Err())
	}
	defer func() { <-h.workers }()
	fn()
	return nil
}
