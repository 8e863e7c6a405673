package password

import (
	"context"
	"fmt"
	"runtime"
	"runtime/metrics"
	"sync"
	"time"

	"example.com/foyer/internal/errs"
)

const (
	maxWaiting     = 64               // hashes that may wait for a worker
	maxStrangers   = 32               // of these, hashes of unknown devices; the other places are kept for known devices
	networkCapFrom = maxStrangers / 2 // waiting hashes of unknown devices from which on maxNetwork applies
	maxNetwork     = 4                // waiting hashes of one network
	maxAccount     = 2                // waiting hashes of the known devices of one account
	maxWait        = 5 * time.Second  // for a worker
)

// Place decides which quotas of the queue apply to a hash. The zero value has no quota but the queue's. It serves
// logged-in users, holders of a valid mailed link, and every request of an unknown device when nothing is limited.
type Place struct {
	Stranger bool   // the request comes from an unknown device
	Network  string // of an unknown device, "" if unknown
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
	same      map[string]int // network or account → waiting hashes
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

// wait occupies a worker; Do frees it.
func (q *queue) wait(ctx context.Context, p Place) error {
	if err := q.join(p); err != nil {
		return fmt.Errorf("password queue: %w", err)
	}
	defer q.leave(p)
	timer := time.NewTimer(maxWait)
	defer timer.Stop()
	select {
	case q.workers <- struct{}{}:
		return nil
	case <-timer.C:
		return fmt.Errorf("no hash worker became free in %v; raise auth.Options.HashWorkers or add CPU cores", maxWait)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// join takes a place in the queue, or returns which quota is used up.
func (q *queue) join(p Place) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	name := p.Network + "|" + p.Account
	switch {
	case q.waiting >= maxWaiting:
		return fmt.Errorf("%d hashes are waiting", maxWaiting)
	case p.Account != "" && q.same[name] >= maxAccount:
		return fmt.Errorf("this account has %d hashes waiting", maxAccount)
	case p.Stranger && q.strangers >= maxStrangers:
		return fmt.Errorf("%d hashes of unknown devices are waiting", maxStrangers)
	case p.Network != "" && q.strangers >= networkCapFrom && q.same[name] >= maxNetwork:
		return fmt.Errorf("this network has %d hashes waiting", maxNetwork)
	}
	q.waiting++
	q.same[name]++
	if p.Stranger {
		q.strangers++
	}
	return nil
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
