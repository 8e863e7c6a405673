package ratelimit

import (
	"sync"
	"time"
)

const (
	// maxRemembered bounds the refusals that a process remembers: about 2 MB. Each half of them is a generation.
	maxRemembered = 10_000

	// askAgainAfter bounds how long a refusal is remembered before the database is asked again: another process may
	// have forgiven the failures that caused it.
	askAgainAfter = 5 * time.Second
)

// memory remembers which keys were refused, so that a flood of refused requests costs a look into a map and nothing
// else. Of two generations the older one goes when the younger one is full. The zero value is ready.
type memory struct {
	mu         sync.RWMutex
	young, old map[string]refused
}

// refused is until when a key is refused, and until when that is taken as known.
type refused struct{ until, known time.Time }

// wait tells how long key is still refused, 0 where nothing is known of it. A refusal beyond longest was noted before
// the clock was set back: it counts no more.
func (m *memory) wait(key string, now time.Time, longest time.Duration) time.Duration {
	m.mu.RLock()
	r, found := m.young[key]
	if !found {
		r = m.old[key]
	}
	m.mu.RUnlock()
	wait := r.until.Sub(now)
	if !now.Before(r.known) || r.known.Sub(now) > askAgainAfter || wait > longest {
		return 0
	}
	return atLeast(wait)
}

// note remembers that key is refused for wait from now on.
func (m *memory) note(key string, now time.Time, wait time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.young == nil || len(m.young) >= maxRemembered/2 {
		m.young, m.old = make(map[string]refused), m.young
	}
	m.young[key] = refused{until: now.Add(wait), known: now.Add(min(wait, askAgainAfter))}
}

// forget lets key be asked for again.
func (m *memory) forget(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.young, key)
	delete(m.old, key)
}
