package ratelimit

import (
	"sync"
	"time"
)

const (
	// maxRemembered is how many refusals a process remembers: about 2 MB. Each half of them is a generation.
	maxRemembered = 10_000

	// askAgainAfter is how long a refusal is remembered at most, because another process may forgive its failures.
	askAgainAfter = 5 * time.Second
)

// memory remembers refused keys, so that a flood of refused requests costs one map lookup each. When the younger of two
// generations is full, the older one is dropped. The zero value is ready.
type memory struct {
	mu         sync.RWMutex
	young, old map[string]refused
}

// refused is a refusal until a time, remembered until known.
type refused struct{ until, known time.Time }

// wait returns how long key is still refused, 0 if memory has no refusal. A wait beyond longest was noted before the
// clock was set back; it is ignored.
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

// note remembers that key is refused for wait.
func (m *memory) note(key string, now time.Time, wait time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.young == nil || len(m.young) >= maxRemembered/2 {
		m.young, m.old = make(map[string]refused), m.young
	}
	m.young[key] = refused{until: now.Add(wait), known: now.Add(min(wait, askAgainAfter))}
}

// forget removes the refusal of key.
func (m *memory) forget(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.young, key)
	delete(m.old, key)
}
