package revoke

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/id"
)

// TestTheLogSaysOnceWhatBecameOfListening: not at each try, and again after all was fine in between.
func TestTheLogSaysOnceWhatBecameOfListening(t *testing.T) {
	var log bytes.Buffer
	b := &Bus{log: slog.New(slog.NewTextHandler(&log, nil))}
	broken := errors.New("connection refused")
	for range 2 {
		b.report(t.Context(), missed, broken)
		for range 3 {
			b.report(t.Context(), down, broken)
		}
		for range 3 {
			b.report(t.Context(), deaf, errDeaf)
			b.report(t.Context(), down, broken) // it is deaf still, as far as is known
		}
		b.report(t.Context(), fine, nil)
	}
	for s, words := range reports {
		if n := strings.Count(log.String(), words); n != 2 {
			t.Errorf("%q (%d) is logged %d times, want twice:\n%s", words, s, n, log.String())
		}
	}
}

// TestAStepOfTheClock is noticed when it is used, and a clock that was off is good with the next comparison only.
func TestAStepOfTheClock(t *testing.T) {
	now := time.Now()
	c := clock{there: now, here: now}
	for _, d := range []time.Duration{0, clockBound - time.Second, time.Second - clockBound} {
		if !c.check(time.Now().Add(d)) {
			t.Errorf("%v ahead is too far", d)
		}
	}
	if c.check(time.Now().Add(clockBound+time.Second)) || c.check(time.Now()) {
		t.Error("a clock that stepped is good")
	}
	if (&clock{}).check(now) {
		t.Error("a clock that nothing was compared with is good")
	}
}

// FuzzNotifications: any program that may connect to the database can notify. Payloads that no instance sends change
// nothing but which instances are known to hear, and these are known by ids alone.
func FuzzNotifications(f *testing.F) {
	peer := id.New()
	for _, v := range []string{
		"", " ", peer, peer + " ", " " + peer, peer + " " + peer, peer + "  " + peer, peer + " " + peer + " " + peer,
		"\x00 \xff", strings.Repeat("f", 7900),
	} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, payload string) {
		b := offline()
		b.shared = true
		nonce, _ := b.nextNonce()
		b.awaitAcks[peer] = make(chan string, 1)
		for _, channel := range []string{ackChannel, beatChannel, revokedChannel, payload} {
			if err := b.handle(t.Context(), nil, channel, payload); err != nil {
				t.Fatal(err)
			}
		}
		if b.hears || b.trusted(testNow) || len(b.sent) != 1 || b.sent[0].id != nonce {
			t.Fatalf("%q is taken for a nonce that came back", payload)
		}
		for other := range b.peers {
			if !id.Is(other) || other == b.id {
				t.Fatalf("%q makes %q known", payload, other)
			}
		}
	})
}
