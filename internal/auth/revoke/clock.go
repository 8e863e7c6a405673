package revoke

import (
	"context"
	"fmt"
	"time"
)

// ClockSkew is how far the clocks of two instances may differ. Instances date copies and revocations by their own
// clocks.
const ClockSkew = 5 * time.Second

// Each instance compares its clock with the database's; beyond clockBound it trusts and makes no copy. A comparison may
// be wrong by half a slowTrip: 2 × (2 s + 0.5 s) is not more than ClockSkew.
const (
	clockBound = 2 * time.Second
	slowTrip   = time.Second // a slower answer compares nothing
)

// clock is the last comparison with the database's clock.
type clock struct {
	there  time.Time     // what the database's said
	here   time.Time     // when that was (monotonic)
	off    time.Duration // how far this process's is ahead, 0 if within bounds
	logged bool          // that it is off
}

// check reports whether now, by this process's clock, is near the database's. It notices at once that the clock was
// set. After that it reports false until the next comparison.
func (c *clock) check(now time.Time) bool {
	if c.there.IsZero() {
		return false
	}
	if c.off == 0 {
		c.off = tooFar(now.Sub(c.there.Add(time.Since(c.here))))
	}
	return c.off == 0
}

// tooFar returns off, or 0 if that is within bounds.
func tooFar(off time.Duration) time.Duration {
	if off.Abs() <= clockBound {
		return 0
	}
	return off
}

// complaint is a line for /readyz, "" while the clock is right.
func (c *clock) complaint() string {
	if c.off == 0 {
		return ""
	}
	return fmt.Sprintf("session cache off: this machine's clock is %.1f s off the database's", c.off.Abs().Seconds())
}

// compareClocks takes the time that the database gave when it was asked at asked (monotonic).
func (b *Bus) compareClocks(ctx context.Context, asked, there time.Time) {
	trip, now := time.Since(asked), b.now()
	if trip > slowTrip {
		return
	}
	off := tooFar(now.Sub(there.Add(trip / 2)))
	b.mu.Lock()
	before := b.clock
	b.clock = clock{there: there, here: asked.Add(trip / 2), off: off, logged: off != 0}
	if before.off != 0 && off == 0 {
		b.blindBefore = now // what was revoked meanwhile is dated wrong
	}
	b.mu.Unlock()
	switch {
	case off != 0 && !before.logged:
		b.log.WarnContext(ctx, "this machine's clock is off the database's; the session cache is off", "ahead", off)
	case off == 0 && before.logged:
		b.log.InfoContext(ctx, "this machine's clock agrees with the database's again; the session cache is on")
	}
}
