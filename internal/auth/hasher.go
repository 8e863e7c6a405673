package auth

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"runtime/metrics"
	"sync"
	"time"

	"example.com/foyer/internal/errs"
)

const (
	maxWaiting   = 64               // hashes that may wait for a worker
	maxStrangers = 32               // of them those of strangers: the other places are for whom we know
	halfFull     = maxStrangers / 2 // from so many waiting strangers on each network gets few places
	maxNetwork   = 4                // those few
	maxAccount   = 2                // of the owner of one account, on known devices
	maxWait      = 5 * time.Second  // how long one may wait
)

// hasher bounds how many passwords are hashed at once: each takes 19 MiB and a core, so a login storm would
// otherwise take all memory and starve everyone who is already signed in.
type hasher struct {
	workers chan struct{}
	memory  uint32 // KiB of one hash

	mu        sync.Mutex
	waiting   int
	strangers int
	same      map[string]int // how many of one account or network wait
}

// place is in whose name a hash waits: that of a stranger on a network, of an account on a device that is known for it, or,
// as the zero value, of somebody who is let in already.
type place struct {
	stranger bool
	network  string // of a stranger, "" where unknown
	account  string
}

// strangerPlace is where a stranger waits. The network is the widest that one customer may have: whoever has a /48 has
// 65,536 of the narrower kind. Without limits nobody is a stranger.
func (a *Auth) strangerPlace(r *http.Request) place {
	if a.opts.RateLimit.Limiter == nil {
		return place{}
	}
	list := networks(a.opts.ClientIP(r))
	return place{stranger: true, network: list[len(list)-1]}
}

func newHasher(workers, memory int) *hasher {
	return &hasher{workers: make(chan struct{}, workers), memory: uint32(memory), same: map[string]int{}}
}

// join takes a place in the queue, and reports whether there was one.
func (h *hasher) join(p place) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	name := p.network + "|" + p.account
	full := h.waiting >= maxWaiting
	full = full || p.account != "" && h.same[name] >= maxAccount
	full = full || p.stranger && h.strangers >= maxStrangers
	full = full || p.network != "" && h.strangers >= halfFull && h.same[name] >= maxNetwork
	if full {
		return false
	}
	h.waiting++
	h.same[name]++
	if p.stranger {
		h.strangers++
	}
	return true
}

// leave gives the place in the queue back.
func (h *hasher) leave(p place) {
	h.mu.Lock()
	defer h.mu.Unlock()
	name := p.network + "|" + p.account
	h.waiting--
	if h.same[name]--; h.same[name] == 0 {
		delete(h.same, name)
	}
	if p.stranger {
		h.strangers--
	}
}

// defaultHashWorkers leaves one core to everything else.
func defaultHashWorkers() int { return max(1, runtime.GOMAXPROCS(0)-1) }

// do runs fn on a worker. Where the queue is full or too slow it answers 503 with Retry-After and fn never runs.
func (h *hasher) do(ctx context.Context, p place, fn func()) error {
	if err := h.wait(ctx, p); err != nil {
		return errs.Unavailable(err)
	}
	defer h.tidy()
	defer func() { <-h.workers }()
	fn()
	return nil
}

// wait takes a worker.
func (h *hasher) wait(ctx context.Context, p place) error {
	if !h.join(p) {
		return errors.New("password queue is full")
	}
	defer h.leave(p)
	timer := time.NewTimer(maxWait)
	defer timer.Stop()
	select {
	case h.workers <- struct{}{}:
		return nil
	case <-timer.C:
		return errors.New("password queue is too slow")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// tidy collects the 19 MiB that a hash leaves behind, once its worker is free again. Left to itself the collector lets
// the heap grow to twice what lived while a hash was at work: blocks that a small app has no other use for. One that
// holds more than three blocks itself pays for no collection beyond its own.
func (h *hasher) tidy() {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	if metrics.Read(live); live[0].Value.Uint64() < 3*uint64(h.memory)*1024 {
		runtime.GC()
	}
}
