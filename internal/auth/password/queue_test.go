package password

import (
	"context"
	"errors"
	"fmt"
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
		h := New(Options{Workers: workers, Memory: 8})
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
				if err := h.Do(t.Context(), Place{}, hash); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		busy(t, h.Do(t.Context(), Place{}, func() { t.Error("ran beyond the bound") }))
		close(release)
		wg.Wait()
		if most.Load() != workers || ran.Load() != workers+maxWaiting {
			t.Errorf("%d at once, %d in all; want %d and %d", most.Load(), ran.Load(), workers, workers+maxWaiting)
		}
		if err := h.Do(t.Context(), Place{}, func() {}); err != nil || h.waiting != 0 {
			t.Errorf("afterwards: %v, %d waiting", err, h.waiting)
		}
	})
}

func TestNobodyWaitsLongForAHash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(Options{Workers: 1, Memory: 8})
		release := make(chan struct{})
		go h.Do(t.Context(), Place{}, func() { <-release })
		synctest.Wait()

		start := time.Now()
		busy(t, h.Do(t.Context(), Place{}, func() { t.Error("ran") }))
		if waited := time.Since(start); waited != maxWait {
			t.Errorf("waited %v, want %v", waited, maxWait)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		busy(t, h.Do(gone, Place{}, func() { t.Error("ran after its caller left") }))
		if h.waiting != 0 {
			t.Errorf("%d still waiting", h.waiting)
		}
		close(release)
		synctest.Wait()
		if err := h.Do(t.Context(), Place{}, func() {}); err != nil {
			t.Error(err)
		}
	})
}

// A hash that panics must not take a worker with it.
func TestAPanicGivesTheWorkerBack(t *testing.T) {
	h := New(Options{Workers: 1, Memory: 8})
	func() {
		defer func() { recover() }()
		h.Do(t.Context(), Place{}, func() { panic("hash") })
	}()
	ran := false
	if err := h.Do(t.Context(), Place{}, func() { ran = true }); err != nil || !ran {
		t.Errorf("ran %v, error %v", ran, err)
	}
}

// crowd fills the hash queue of a process whose one worker is busy.
type crowd struct {
	t       *testing.T
	h       *Hasher
	release chan struct{}
}

func withCrowd(t *testing.T, test func(*crowd)) {
	synctest.Test(t, func(t *testing.T) {
		c := &crowd{t, New(Options{Workers: 1, Memory: 8}), make(chan struct{})}
		go c.h.Do(t.Context(), Place{}, func() { <-c.release })
		synctest.Wait()
		test(c)
		close(c.release)
		synctest.Wait()
		if c.h.waiting != 0 || c.h.strangers != 0 || len(c.h.same) != 0 {
			t.Errorf("afterwards still waiting: %d, %d, %v", c.h.waiting, c.h.strangers, c.h.same)
		}
	})
}

// come asks for n hashes and returns how many may wait.
func (c *crowd) come(n int, p func(i int) Place) (let int) {
	for i := range n {
		before := c.h.waiting
		go c.h.Do(c.t.Context(), p(i), func() {})
		synctest.Wait()
		let += c.h.waiting - before
	}
	return let
}

func (c *crowd) want(what string, got, want int) {
	c.t.Helper()
	if got != want {
		c.t.Errorf("%s: %d may wait, want %d", what, got, want)
	}
}

func stranger(format string) func(int) Place {
	return func(i int) Place { return Place{Stranger: true, Network: fmt.Sprintf(format, i)} }
}

func always(network string) func(int) Place {
	return func(int) Place { return Place{Stranger: true, Network: network} }
}

// TestTheQueueKeepsPlacesForKnownDevices: strangers from any number of networks leave half of it free. Of one account
// two may wait, so that one known device cannot fill the rest.
func TestTheQueueKeepsPlacesForKnownDevices(t *testing.T) {
	withCrowd(t, func(c *crowd) {
		c.want("strangers", c.come(100, stranger("2001:db8:%x::/48")), maxStrangers)
		c.want("the owner", c.come(5, func(int) Place { return Place{Account: "ada"} }), maxAccount)
		others := c.come(100, func(i int) Place { return Place{Account: fmt.Sprint(i)} })
		c.want("other owners", others, maxWaiting-maxStrangers-maxAccount)
	})
}

// TestOneNetworkLeavesPlacesToOthers: alone it may fill half of the strangers' places; then each network gets four.
func TestOneNetworkLeavesPlacesToOthers(t *testing.T) {
	withCrowd(t, func(c *crowd) {
		c.want("one network", c.come(100, always("192.0.2.1")), networkCapFrom)
		c.want("another", c.come(100, always("192.0.2.2")), maxNetwork)
		c.want("the first again", c.come(1, always("192.0.2.1")), 0)
		c.want("many", c.come(100, stranger("198.51.100.%d")), maxStrangers-networkCapFrom-maxNetwork)
	})
}
