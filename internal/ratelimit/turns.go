package ratelimit

import (
	"context"
	"errors"
	"math"
	"sync"
)

const (
	maxWaiting = 100         // calls for one key that wait for their turn at the same time
	everybody  = math.MaxInt // for calls that are few by what came before them
)

// errCrowded says that too many calls for one key wait already.
var errCrowded = errors.New("too many calls for one key at once")

// turns serves the calls for each key one after another, and no more than its slots at the same time: a flood that
// waits inside the database would starve everything else, of SQLite's one writer or of PostgreSQL's connections.
// A crowd that waits for one key keeps nobody who asks for another.
type turns struct {
	slots chan struct{}

	mu   sync.Mutex
	keys map[string]*queue
}

// queue is who wants one key: the call whose turn it is, and those that wait.
type queue struct {
	turn  chan struct{} // of one
	calls int
}

func newTurns(slots int) *turns {
	return &turns{slots: make(chan struct{}, slots), keys: map[string]*queue{}}
}

// take waits for the turn of a call for key; call done at the end of it. It gives errCrowded where most wait already, and
// the error of ctx where that ends first.
func (t *turns) take(ctx context.Context, key string, most int) (done func(), err error) {
	q := t.join(key, most)
	if q == nil {
		return nil, errCrowded
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

// join enters a call into the queue of key, nil where most wait in it.
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

// leave ends a call; with the last one the queue goes.
func (t *turns) leave(key string, q *queue) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if q.calls--; q.calls == 0 {
		delete(t.keys, key)
	}
}

// enter takes a place in room, or gives the error of ctx where that ends first.
func enter(ctx context.Context, room chan struct{}) error {
	select {
	case room <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
