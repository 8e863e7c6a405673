package audit

import "sync"

// last is the newest end of the chain that this process has written. It shows that a chain was cut: an attacker who writes
// the database can put rows and head back to an earlier moment, and the two then fit each other.
type last struct {
	mu sync.Mutex
	Point
}

// note keeps p where the transaction that wrote it is known to be kept.
func (l *last) note(p Point, committed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if committed && p.Seq > l.Seq {
		l.Point = p
	}
}

// isAfter reports whether p, the end of the chain as the database has it, comes before the one that is noted, or is
// another one of its number. Then p counts from here on, so that it is told once.
func (l *last) isAfter(p Point) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.Seq > l.Seq || p == l.Point {
		return false
	}
	l.Point = p
	return true
}

func (h *head) point() Point { return Point{h.Seq, h.Link} }
