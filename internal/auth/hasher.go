package auth

import (
	"context"
	"errors"
	"runtime"
	"runtime/metrics"
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
	defer tidy()
	defer func() { <-h.workers }()
	fn()
	return nil
}

// tidy collects the 19 MiB that a hash leaves behind, once its worker is free again. Left to itself the collector lets
// the heap grow to twice what lived while a hash was at work: blocks that a small app has no other use for. One that
// holds more than three blocks itself pays for no collection beyond its own.
func tidy() {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	if metrics.Read(live); live[0].Value.Uint64() < 3*argonMemory*1024 {
		runtime.GC()
	}
}
