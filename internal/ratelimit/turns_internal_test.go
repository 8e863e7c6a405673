package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// TestTurnsAreOfOneKey: of two calls for one key one waits; those for another key do not, until all slots are taken. A
// call whose client leaves does not wait any longer, and nothing is kept of who has gone.
func TestTurnsAreOfOneKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(2)
		first, err := turns.take(t.Context(), "a", maxWaiting)
		if err != nil {
			t.Fatal(err)
		}
		waited := make(chan error, 1)
		gone, leave := context.WithCancel(t.Context())
		go func() {
			_, err := turns.take(gone, "a", maxWaiting)
			waited <- err
		}()
		synctest.Wait()
		other, err := turns.take(t.Context(), "b", maxWaiting)
		if err != nil {
			t.Fatal(err)
		}
		leave()
		if err := <-waited; !errors.Is(err, context.Canceled) {
			t.Errorf("who has left waits for %v", err)
		}
		soon, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := turns.take(soon, "c", maxWaiting); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("beyond the slots: %v", err)
		}
		first()
		other()
		if len(turns.keys) != 0 || len(turns.slots) != 0 {
			t.Errorf("%d keys and %d slots are left", len(turns.keys), len(turns.slots))
		}
	})
}

// TestACrowdIsBounded: so many wait for one key, and no more; those that are few anyway are not kept out by them.
func TestACrowdIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(1)
		done, err := turns.take(t.Context(), "a", maxWaiting)
		if err != nil {
			t.Fatal(err)
		}
		for range maxWaiting {
			go func() {
				if done, err := turns.take(t.Context(), "a", maxWaiting); err == nil {
					done()
				}
			}()
		}
		synctest.Wait()
		if _, err := turns.take(t.Context(), "a", maxWaiting); !errors.Is(err, errQueueFull) {
			t.Errorf("beyond the bound: %v", err)
		}
		let := make(chan error)
		go func() {
			done, err := turns.take(t.Context(), "a", unlimited)
			if err == nil {
				done()
			}
			let <- err
		}()
		synctest.Wait()
		done()
		if err := <-let; err != nil {
			t.Errorf("one of the few: %v", err)
		}
	})
}

// TestMemoryIsBounded: however many keys are refused, the last ones are remembered and there are never more than the
// bound.
func TestMemoryIsBounded(t *testing.T) {
	var m memory
	now := time.Date(2031, 3, 1, 12, 0, 0, 0, time.UTC)
	for i := range 3 * maxRemembered {
		m.note(fmt.Sprint(i), now, time.Minute)
	}
	if n := len(m.young) + len(m.old); n > maxRemembered {
		t.Errorf("%d are remembered", n)
	}
	if m.wait(fmt.Sprint(3*maxRemembered-1), now, time.Minute) != time.Minute || m.wait("0", now, time.Minute) != 0 {
		t.Error("the oldest are not the ones that go")
	}
}
