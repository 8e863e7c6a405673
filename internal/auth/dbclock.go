package auth

import (
	"context"
	"fmt"
	"time"
)

// Copies and revocations are dated by the clock of the instance that makes them, so clocks of instances may differ
// by clockSkew at most. Each instance compares its own with the database's: beyond clockBound it trusts no copy and
// makes none. Half a slowTrip is how far a comparison may be wrong, and 2 × (2 s + 0.5 s) is not more than 5 s.
const (
	clockSkew  = 5 * time.Second
	clockBound = 2 * time.Second
	slowTrip   = time.Second // what took longer compares nothing
)

// dbClock is the database's clock as last seen.
type dbClock struct {
	there time.Time     // what it said
	here  time.Time     // when that was (monotonic)
	off   time.Duration // how far this process's clock is ahead where that is too far, else 0
	said  bool          // in the log, that it is too far
}

// good reports whether now, by this process's clock, is near the database's. It notices a step of the clock at once;
// a clock that was wrong stays so until the next comparison.
func (c *dbClock) good(now time.Time) bool {
	if c.there.IsZero() {
		return false
	}
	if c.off == 0 {
		c.off = tooFar(now.Sub(c.there.Add(time.Since(c.here))))
	}
	return c.off == 0
}

// tooFar is off, or 0 where that is within bounds.
func tooFar(off time.Duration) time.Duration {
	if off.Abs() <= clockBound {
		return 0
	}
	return off
}

// complaint is for people; "" where the clock is good.
func (c *dbClock) complaint() string {
	if c.off == 0 {
		return ""
	}
	return fmt.Sprintf("session cache off: this machine's clock is %.1f s off the database's", c.off.Abs().Seconds())
}

// compareClocks takes in what the database's clock said to a question that was asked then (monotonic) and is
// answered now.
func (a *Auth) compareClocks(ctx context.Context, asked, there time.Time) {
	trip, now := time.Since(asked), a.opts.Now()
	if trip > slowTrip {
		return
	}
	off := tooFar(now.Sub(there.Add(trip / 2)))
	if off == 0 && a.ear.clockOff() {
		a.revoked.restart(now) // what was revoked meanwhile is dated wrong
	}
	news := a.ear.setClock(dbClock{there: there, here: asked.Add(trip / 2), off: off})
	if news && off != 0 {
		a.opts.Logger.WarnContext(ctx, "this machine's clock is off the database's; the session cache is off", "ahead", off)
	} else if news {
		a.opts.Logger.InfoContext(ctx, "this machine's clock agrees with the database's again; the session cache is on")
	}
}

func (l *listener) clockOff() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.clock.off != 0
}

// setClock keeps a comparison and reports whether the log has to hear of it.
func (l *listener) setClock(c dbClock) (news bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c.said = c.off != 0
	news = c.said != l.clock.said
	l.clock = c
	return news
}
