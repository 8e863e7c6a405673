package auth

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/foyer/internal/errs"
)

func busy(t *testing.T, err error) {
	t.Helper()
	var e *errs.Error
	if !errors.As(err, &e) || e.Status != http.StatusServiceUnavailable || e.RetryAfter <= 0 {
		t.Errorf("%v, want a 503 that says when to come back", err)
	}
}

func TestTheHashQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const workers = 2
		h := newHasher(workers, 8)
		release := make(chan struct{})
		var running, most, ran atomic.Int64
		hash := func() {
			if n := running.Add(1); n > most.Load() {
				most.Store(n)
			}
			<-release
			running.Add(-1)
			ran.Add(1)
		}
		var wg sync.WaitGroup
		for range workers + maxWaiting {
			wg.Go(func() {
				if err := h.do(t.Context(), place{}, hash); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		busy(t, h.do(t.Context(), place{}, func() { t.Error("ran beyond the bound") }))
		close(release)
		wg.Wait()
		if most.Load() != workers || ran.Load() != workers+maxWaiting {
			t.Errorf("%d at once, %d in all; want %d and %d", most.Load(), ran.Load(), workers, workers+maxWaiting)
		}
		if err := h.do(t.Context(), place{}, func() {}); err != nil || h.waiting != 0 {
			t.Errorf("afterwards: %v, %d waiting", err, h.waiting)
		}
	})
}

func TestNobodyWaitsLongForAHash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHasher(1, 8)
		release := make(chan struct{})
		go h.do(t.Context(), place{}, func() { <-release })
		synctest.Wait()

		start := time.Now()
		busy(t, h.do(t.Context(), place{}, func() { t.Error("ran") }))
		if waited := time.Since(start); waited != maxWait {
			t.Errorf("waited %v, want %v", waited, maxWait)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		busy(t, h.do(gone, place{}, func() { t.Error("ran for somebody who left") }))
		if h.waiting != 0 {
			t.Errorf("%d still waiting", h.waiting)
		}
		close(release)
		synctest.Wait()
		if err := h.do(t.Context(), place{}, func() {}); err != nil {
			t.Error(err)
		}
	})
}

// A hash that panics must not take a worker with it.
func TestAPanicGivesTheWorkerBack(t *testing.T) {
	h := newHasher(1, 8)
	func() {
		defer func() { recover() }()
		h.do(t.Context(), place{}, func() { panic("hash") })
	}()
	ran := false
	if err := h.do(t.Context(), place{}, func() { ran = true }); err != nil || !ran {
		t.Errorf("ran %v, error %v", ran, err)
	}
}

func TestRevocationsStayFew(t *testing.T) {
	v, now := newRevocations(0, time.Time{}), time.Date(2031, 3, 1, 12, 0, 0, 0, time.UTC)
	v.add(now, "a", "b")
	v.add(now.Add(time.Minute), "b", "c")
	for _, c := range []struct {
		id   string
		read time.Duration
		void bool
	}{{"a", 0, true}, {"a", -time.Hour, true}, {"a", 1, false}, {"b", time.Minute, true}, {"b", time.Minute + 1, false}, {"d", 0, false}} {
		if got := v.since(now.Add(c.read), c.id); got != c.void {
			t.Errorf("%s read %v after: void %v", c.id, c.read, got)
		}
	}
	if !v.since(now, "d", "a") {
		t.Error("the second id is not looked at")
	}
	v.forget(now)
	if len(v.at) != 3 {
		t.Errorf("forgot too much: %v", v.at)
	}
	v.forget(now.Add(time.Minute))
	if len(v.at) != 2 || v.since(now, "a") {
		t.Errorf("kept %v", v.at)
	}
	v.forget(now.Add(time.Hour))
	if len(v.at) != 0 {
		t.Errorf("kept %v", v.at)
	}
}
