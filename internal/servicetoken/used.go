package servicetoken

import (
	"crypto/sha256"
	"sync"
	"time"
)

const maxUsed = 100_000 // in each of two generations

// used remembers tokens in two generations, so that nothing has to be swept: they change no sooner than a token can
// last, and what was remembered in the older is then forgotten. Only tokens with a good signature come here.
type used struct {
	mu       sync.Mutex
	since    time.Time // when the younger generation began
	old, now map[[sha256.Size]byte]struct{}
}

// first reports whether id was not seen before, and remembers it. It says no when there is no room.
func (u *used) first(id string, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.now == nil || now.Sub(u.since) > lifetime+leeway {
		u.old, u.now, u.since = u.now, map[[sha256.Size]byte]struct{}{}, now
	}
	sum := sha256.Sum256([]byte(id))
	_, before := u.old[sum]
	_, again := u.now[sum]
	if before || again || len(u.now) >= maxUsed {
		return false
	}
	u.now[sum] = struct{}{}
	return true
}
