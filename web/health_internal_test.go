package web

import (
	"context"
	"errors"
	"testing"
	"time"
)

// TestReadyIsAskedOnce: all askers share the question under way, and its answer for a second.
func TestReadyIsAskedOnce(t *testing.T) {
	gate, away := make(chan struct{}), errors.New("away")
	now := time.Now()
	r := readiness{
		now:   func() time.Time { return now },
		check: func(context.Context) error { <-gate; return away },
	}
	ctx, leave := context.WithCancel(t.Context())
	first := r.current(ctx)
	leave() // takes no answer from the others
	for range 50 {
		if r.current(t.Context()) != first {
			t.Fatal("a second question while the first is under way")
		}
	}
	close(gate)
	<-first.done
	now = now.Add(pingKept - 1)
	if r.current(t.Context()) != first || !errors.Is(r.ask(t.Context()), away) {
		t.Error("the answer is not shared")
	}
	now = now.Add(1)
	if r.current(t.Context()) == first {
		t.Error("the answer counts for too long")
	}
}
