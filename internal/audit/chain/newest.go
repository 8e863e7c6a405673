package chain

import (
	"sync"

	"example.com/foyer/internal/audit"
)

// Point is a place in the chain. Link depends on all events up to it: a Point that is stored elsewhere shows later
// whether they are still the same.
type Point struct {
	Seq  int64
	Link string
}

func endOf(h *audit.Head) Point { return Point{h.Seq, h.Link} }

// newest is the newest end of the chain that this process has written. An attacker who writes the database can put
// rows and head back to an earlier state, in which they fit each other; this process then remembers more.
type newest struct {
	mu sync.Mutex
	Point
}

// note remembers p if its transaction is committed.
func (n *newest) note(p Point, committed bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if committed && p.Seq > n.Seq {
		n.Point = p
	}
}

// rolledBackTo reports whether the chain, which now ends at p, has lost the newest event of this process. It reports a
// loss once.
func (n *newest) rolledBackTo(p Point) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if p.Seq > n.Seq || p == n.Point {
		return false
	}
	n.Point = p
	return true
}
