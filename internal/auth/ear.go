package auth

import (
	"errors"
	"maps"
	"sync"
	"time"
)

// errDeaf is for a connection on which LISTEN succeeds and nothing arrives.
var errDeaf = errors.New("notifications do not arrive")

// earState is what has become of listening, from good to bad.
type earState int

const (
	earFine   earState = iota
	earMissed          // a nonce could not be sent
	earDown            // there is no connection that listens
	earDeaf            // there was one, and no nonce came back
)

// nonce is one that was sent and has not come back.
type nonce struct {
	id    string
	at    time.Time // monotonic: before it was sent
	named bool      // sent when the connection that listens had its name
}

// listener is this process's ear. Its times are monotonic.
type listener struct {
	id    string        // the instance's
	retry time.Duration // deafRetry
	acks  chan string   // notices to confirm

	mu        sync.Mutex
	state     earState
	hears     bool                 // a nonce came back on the present connection
	since     time.Time            // when the present connection began to listen
	lastHeard time.Time            // when the newest nonce that came back was sent
	sent      []nonce              // oldest first
	beats     map[string]time.Time // other instances that hear → when their last nonce arrived here
	waiting   map[string]chan string
	clock     dbClock
}

func newListener() *listener {
	return &listener{
		id: newID(), retry: deafRetry, acks: make(chan string, 256),
		beats: map[string]time.Time{}, waiting: map[string]chan string{},
	}
}

// Hears reports whether a notification came back on the connection that listens now. It does only where a connection
// to the database keeps its session: no pooler hands out another backend for each transaction.
func (a *Auth) Hears() bool {
	a.ear.mu.Lock()
	defer a.ear.mu.Unlock()
	return a.ear.hears
}

// CacheOff says, in a line for /readyz, what an operator has to mend before this process trusts a cached copy: the
// way to PostgreSQL drops notifications, or a clock is wrong. It is "" where neither is known.
func (a *Auth) CacheOff() string {
	a.ear.mu.Lock()
	defer a.ear.mu.Unlock()
	if a.ear.state == earDeaf {
		return "session cache off: notifications do not arrive"
	}
	return a.ear.clock.complaint()
}

// trusted reports whether this process, at now by its clock, has acted on every revocation that is over.
func (l *listener) trusted(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.lastHeard.IsZero() && time.Since(l.lastHeard) < lease && l.clock.good(now)
}

// opened begins anew with a connection that listens.
func (l *listener) opened() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.since = time.Now()
}

// closed forgets the connection that listened and reports whether it heard. Other instances stay known: they may
// trust their caches still.
func (l *listener) closed() (heard bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	heard = l.hears
	l.hears, l.sent, l.lastHeard = false, nil, time.Time{}
	return heard
}

// next is the payload of the next beat. An instance that does not hear keeps its name back: others need not wait for
// it.
func (l *listener) next() (payload string, n nonce) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n = nonce{newID(), time.Now(), l.hears}
	l.sent = append(l.sent, n)
	if !l.hears {
		return n.id, n
	}
	return n.id + " " + l.id, n
}

// unsent takes a nonce back.
func (l *listener) unsent(n nonce) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.sent {
		if l.sent[i].id == n.id {
			l.sent = append(l.sent[:i], l.sent[i+1:]...)
			return
		}
	}
}

// unheard is nil as long as nonces come back, and else says what to make of it.
func (l *listener) unheard() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case len(l.sent) < deafAfter:
		return nil
	case l.hears:
		return errors.New("notifications arrive no more")
	}
	return errDeaf
}

// own takes a nonce that arrived out of those sent; ok is false where it is none of this connection's. With gap, an
// older one did not arrive: then notices may be lost too.
func (l *listener) own(id string) (n nonce, gap, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, n := range l.sent {
		if n.id == id {
			l.sent = l.sent[i+1:]
			return n, i > 0, true
		}
	}
	return nonce{}, false, false
}

// heard notes a sign of life, given at at.
func (l *listener) heard(at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lastHeard = at
	maps.DeleteFunc(l.beats, func(id string, _ time.Time) bool { return l.silent(id) })
}

// other notes that another instance hears, or does no more.
func (l *listener) other(id string, hears bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !hears {
		delete(l.beats, id)
	} else if isID(id) && id != l.id {
		l.beats[id] = time.Now()
	}
}

// become notes what has become of listening and reports whether the log should say so. What is better than the last
// that was said is not news, until all is well again.
func (l *listener) become(s earState) (news bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	news = s > l.state || s == earFine && l.state != earFine
	if news {
		l.state = s
	}
	return news
}
