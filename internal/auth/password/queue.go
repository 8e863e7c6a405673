package password

import (
	"context"
	"errors"
	"runtime"
	"runtime/metrics"
	"sync"
	"time"

	"example.com/foyer/internal/errs"
)

const (
	maxWaiting   = 64               // hashes that may wait for a worker
	maxStrangers = 32               // of these, hashes of strangers: the other places are kept for known devices
	halfFull     = maxStrangers / 2 // from so many waiting strangers on, each network gets few places
	maxNetwork   = 4                // the few places of one network
	maxAccount   = 2                // places of one account's known devices
	maxWait      = 5 * time.Second  // for a worker
)

// Place says on whose behalf a hash waits. The zero value is for people who are logged in already.
type Place struct {
	Stranger bool
	Network  string // of a stranger, "" if unknown
	Account  string // of a known device
}

// queue bounds how many hashes are made at once and how many may wait. Each takes 19 MiB and a processor, so a storm
// of log-ins would otherwise exhaust the memory and starve everyone who is logged in.
type queue struct {
	workers chan struct{}
	block   uint64 // bytes of one hash

	mu        sync.Mutex
	waiting   int
	strangers int
	same      map[string]int // network or account → how many wait
}

func newQueue(o Options) queue {
	return queue{workers: make(chan struct{}, o.Workers), block: uint64(o.Memory) * 1024, same: map[string]int{}}
}

// Do runs fn when a worker is free. If the queue is full at p, or no worker is free in 5 seconds, or ctx ends first,
// it fails with a 503 and fn never runs.
func (q *queue) Do(ctx context.Context, p Place, fn func()) error {
	if err := q.wait(ctx, p); err != nil {
		return errs.Unavailable(err)
	}
	defer q.collect()
	defer func() { <-q.workers }()
	fn()
	return nil
}

// wait takes a worker.
func (q *queue) wait(ctx context.Context, p Place) error {
	if !q.join(p) {
		return errors.New("password queue is full")
	}
	defer q.leave(p)
	timer := time.NewTimer(maxWait)
	defer timer.Stop()
	select {
	case q.workers <- struct{}{}:
		return nil
	case <-timer.C:
		return errors.New("password queue is too slow")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// join takes a place in the queue, false if p may have none.
func (q *queue) join(p Place) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	name := p.Network + "|" + p.Account
	full := q.waiting >= maxWaiting
	full = full || p.Account != "" && q.same[name] >= maxAccount
	full = full || p.Stranger && q.strangers >= maxStrangers
	full = full || p.Network != "" && q.strangers >= halfFull && q.same[name] >= maxNetwork
	if full {
		return false
	}
	q.waiting++
	q.same[name]++
	if p.Stranger {
		q.strangers++
	}
	return true
}

// leave gives the place back.
func (q *queue) leave(p Place) {
	q.mu.Lock()
	defer q.mu.Unlock()
	name := p.Network + "|" + p.Account
	q.waiting--
	if q.same[name]--; q.same[name] == 0 {
		delete(q.same, name)
	}
	if p.Stranger {
		q.strangers--
	}
}

// collect frees the 19 MiB that a hash leaves behind, after its worker is free again. The garbage collector alone
// would let the heap of a small app grow to twice its size. A large live heap is not worth a collection per hash.
func (q *queue) collect() {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	if metrics.Read(live); live[0].Value.Uint64() < 3*q.block {
		runtime.GC()
	}
}
