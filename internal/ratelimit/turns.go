package ratelimit

import (
	"context"
	"errors"
	"math"
	"sync"
)

const (
	maxWaiting = 100         // calls that wait for the turn of one key at the same time
	unlimited  = math.MaxInt // for calls that follow a call of Fail, so that they are few
)

// errQueueFull means that too many calls wait for the turn of one key.
var errQueueFull = errors.New("too many calls for one key at once")

// turns lets one call per key at a time into the database, and as many calls as it has slots. A flood that waits
// inside the database would take SQLite's one writer or all of PostgreSQL's connections from other requests. Calls
// that wait for one key do not delay calls for another.
type turns struct {
	slots chan struct{}

	mu   sync.Mutex
	keys map[string]*queue
}

// queue counts the calls for one key: the one whose turn it is and those that wait.
type queue struct {
	turn  chan struct{} // has one place
	calls int
}

func newTurns(slots int) *turns {
	return &turns{slots: make(chan struct{}, slots), keys: map[string]*queue{}}
}

// take waits for the turn of key. Call done to end the turn. It fails with errQueueFull if most calls wait, and with
// the error of ctx when that ends.
func (t *turns) take(ctx context.Context, key string, most int) (done func(), err error) {
	q := t.join(key, most)
	if q == nil {
		return nil, errQueueFull
	}
	if err := enter(ctx, q.turn); err != nil {
		t.leave(key, q)
		return nil, err
	}
	if err := enter(ctx, t.slots); err != nil {
		<-q.turn
		t.leave(key, q)
		return nil, err
	}
	return func() {
		<-t.slots
		<-q.turn
		t.leave(key, q)
	}, nil
}

// join adds a call to the queue of key. It returns nil if most calls wait.
func (t *turns) join(key string, most int) *queue {
	t.mu.Lock()
	defer t.mu.Unlock()
	q := t.keys[key]
	if q == nil {
		q = &queue{turn: make(chan struct{}, 1)}
		t.keys[key] = q
	}
	if q.calls > most {
		return nil
	}
	q.calls++
	return q
}

// leave removes a call from the queue, and the queue with the last one.
func (t *turns) leave(key string, q *queue) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if q.calls--; q.calls == 0 {
		delete(t.keys, key)
	}
}

// enter takes a place in room, or returns the error of ctx when that ends.
func enter(ctx context.Context, room chan struct{}) error {
	select {
	case room <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
