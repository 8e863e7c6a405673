package auth

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// TestTheLogSaysOnceWhatBecameOfListening, not at each try, and again when it has been well in between.
func TestTheLogSaysOnceWhatBecameOfListening(t *testing.T) {
	var log bytes.Buffer
	a := &Auth{ear: newListener(), opts: Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}}
	broken := errors.New("connection refused")
	for range 2 {
		a.missed(t.Context(), broken)
		for range 3 {
			a.complain(t.Context(), broken)
		}
		for range 3 {
			a.complain(t.Context(), errDeaf)
			a.complain(t.Context(), broken) // it is deaf still, as far as is known
		}
		a.ear.become(earFine)
	}
	for _, words := range []string{"no nonce could be sent", "listener is down", "LISTEN is not delivered"} {
		if n := strings.Count(log.String(), words); n != 2 {
			t.Errorf("%q is said %d times, want twice:\n%s", words, n, log.String())
		}
	}
}

// TestAStepOfTheClock is noticed when it is used, and a clock that was wrong is good with the next comparison only.
func TestAStepOfTheClock(t *testing.T) {
	now := time.Now()
	c := dbClock{there: now, here: now}
	for _, d := range []time.Duration{0, clockBound - time.Second, time.Second - clockBound} {
		if !c.good(time.Now().Add(d)) {
			t.Errorf("%v ahead is too far", d)
		}
	}
	if c.good(time.Now().Add(clockBound+time.Second)) || c.good(time.Now()) {
		t.Error("a clock that stepped is good")
	}
	if (&dbClock{}).good(now) {
		t.Error("a clock that nothing was compared with is good")
	}
}

// FuzzNotifications: whoever may connect to the database can notify. What is none of ours changes nothing but who is
// known to hear, and that is known by ids alone.
func FuzzNotifications(f *testing.F) {
	id := newID()
	for _, v := range []string{"", " ", id, id + " ", " " + id, id + " " + id, id + "  " + id, id + " " + id + " " + id, "\x00 \xff", strings.Repeat("f", 7900)} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, payload string) {
		a := &Auth{ear: newListener(), revoked: newRevocations(0, fuzzNow), opts: Options{Now: func() time.Time { return fuzzNow }}}
		_, n := a.ear.next()
		a.ear.expect([]string{id})
		for _, channel := range []string{heardChannel, beatChannel, revokedChannel, payload} {
			if err := a.take(t.Context(), nil, channel, payload); err != nil {
				t.Fatal(err)
			}
		}
		if a.Hears() || a.ear.trusted(fuzzNow) || len(a.ear.sent) != 1 || a.ear.sent[0].id != n.id {
			t.Fatalf("%q is taken for a nonce that came back", payload)
		}
		for other := range a.ear.known() {
			if !isID(other) || other == a.ear.id {
				t.Fatalf("%q makes %q known", payload, other)
			}
		}
	})
}
