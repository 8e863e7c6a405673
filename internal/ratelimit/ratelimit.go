// Package ratelimit keeps counters in the database, so that all instances share them. It owns the table
// rate_limits and knows nothing of what is counted. To do without limits, delete this folder and its line where the
// provider is made.
package ratelimit

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"gorm.io/gorm"
)

// Limiter counts. It is safe for use by many goroutines and processes.
type Limiter struct {
	db      *gorm.DB
	now     func() time.Time
	purge   atomic.Int64 // when expired rows are next deleted, Unix milliseconds
	turns   *turns
	refused memory
}

const (
	// purgeEvery bounds how long counters nobody asks for any more stay.
	purgeEvery = time.Minute

	// clockSkew is how far the clocks of two processes may be apart. A counter from further ahead was written before
	// the clock was set back, and counts as expired: else its key would be refused until the old time is reached again.
	clockSkew = 2 * time.Second

	// connections is how many of PostgreSQL's connections the counters of a process use at the same time. SQLite has one
	// writer, so there it is one.
	connections = 4
)

// New makes a limiter on a migrated database, with a clock in UTC.
func New(db *gorm.DB, now func() time.Time) *Limiter {
	slots := connections
	if db.Name() == "sqlite" {
		slots = 1
	}
	return &Limiter{db: db, now: now, turns: newTurns(slots)}
}

// Hit counts one use of key. Where max are counted already in the window that the first of them opened, it counts
// nothing and tells how long that window still lasts. One statement, so that no two uses take the same place.
func (l *Limiter) Hit(ctx context.Context, key string, max int, window time.Duration) (time.Duration, error) {
	return l.inTurn(ctx, key, window, func(now time.Time) (time.Duration, error) {
		return l.hit(ctx, key, max, window, now)
	})
}

// inTurn runs ask in the turn of key, unless key is known to be refused, before that turn or at it. What ask refuses is
// remembered. A key whose queue is full is refused too.
func (l *Limiter) inTurn(ctx context.Context, key string, longest time.Duration, ask func(now time.Time) (time.Duration, error)) (time.Duration, error) {
	if wait := l.refused.wait(key, l.now(), longest); wait > 0 {
		return wait, nil
	}
	done, err := l.turns.take(ctx, key, maxWaiting)
	if errors.Is(err, errCrowded) {
		return atLeast(0), nil
	}
	if err != nil {
		return 0, err
	}
	defer done()
	now := l.now()
	if wait := l.refused.wait(key, now, longest); wait > 0 {
		return wait, nil
	}
	if err := l.purgeNowAndThen(ctx, now); err != nil {
		return 0, err
	}
	wait, err := ask(now)
	if err != nil || wait <= 0 {
		return 0, err
	}
	l.refused.note(key, now, wait)
	return atLeast(wait), nil
}

func (l *Limiter) hit(ctx context.Context, key string, max int, window time.Duration, now time.Time) (time.Duration, error) {
	latest := now.Add(window + clockSkew)
	taken := l.db.WithContext(ctx).Exec(`
		INSERT INTO rate_limits (key, member, count, last_at, expires_at) VALUES (?, '', 1, ?, ?)
		ON CONFLICT (key, member) DO UPDATE SET
			count = CASE WHEN rate_limits.expires_at <= excluded.last_at OR rate_limits.expires_at > ?
				THEN 1 ELSE rate_limits.count + 1 END,
			expires_at = CASE WHEN rate_limits.expires_at <= excluded.last_at OR rate_limits.expires_at > ?
				THEN excluded.expires_at ELSE rate_limits.expires_at END,
			last_at = excluded.last_at
		WHERE rate_limits.expires_at <= excluded.last_at OR rate_limits.expires_at > ? OR rate_limits.count < ?`,
		key, now, now.Add(window), latest, latest, latest, max)
	if taken.Error != nil || taken.RowsAffected > 0 {
		return 0, taken.Error
	}
	var c counter
	err := l.db.WithContext(ctx).Where("key = ? AND member = ''", key).Limit(1).Find(&c).Error
	return atLeast(c.ExpiresAt.Sub(now)), err
}

type counter struct {
	Key, Member       string
	Count             int
	LastAt, ExpiresAt time.Time
}

// TableName implements gorm's Tabler.
func (counter) TableName() string { return "rate_limits" }

// Fail counts one failure of member against key, before it is known to be one. Beyond free failures each further one
// has to wait 2, 4, 8 … seconds after the last, window at most; an attempt that comes too early counts nothing and
// is told how long to wait. Failures are forgotten a window after the wait is over.
func (l *Limiter) Fail(ctx context.Context, key, member string, free int, window time.Duration) (time.Duration, error) {
	return l.inTurn(ctx, key, window, func(now time.Time) (wait time.Duration, err error) {
		err = l.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
			wait, err = fail(tx, key, member, free, window, now)
			return err
		})
		return wait, err
	})
}

func fail(tx *gorm.DB, key, member string, free int, window time.Duration, now time.Time) (wait time.Duration, err error) {
	head, err := lock(tx, key, now)
	if err != nil {
		return 0, err
	}
	if !now.Before(head.ExpiresAt) || head.LastAt.Sub(now) > clockSkew { // all forgotten
		head.Count = 0
		if err := tx.Exec("DELETE FROM rate_limits WHERE key = ? AND member <> ''", key).Error; err != nil {
			return 0, err
		}
	}
	if wait = head.LastAt.Add(penalty(head.Count-free, window)).Sub(now); head.Count >= free && wait > 0 {
		return wait, nil
	}
	expires := now.Add(penalty(head.Count+1-free, window) + window)
	err = tx.Exec("UPDATE rate_limits SET count = ?, last_at = ?, expires_at = ? WHERE key = ? AND member = ''",
		head.Count+1, now, expires, key).Error
	if err != nil {
		return 0, err
	}
	return 0, tx.Exec(`
		INSERT INTO rate_limits (key, member, count, last_at, expires_at) VALUES (?, ?, 1, ?, ?)
		ON CONFLICT (key, member) DO UPDATE SET
			count = rate_limits.count + 1, last_at = excluded.last_at, expires_at = excluded.expires_at`,
		key, "m:"+member, now, expires).Error
}

// lock makes sure that key has a head row, which counts all its members, and holds it until the end of tx.
func lock(tx *gorm.DB, key string, now time.Time) (head counter, err error) {
	// An update that changes nothing holds an existing row on PostgreSQL; SQLite holds everything anyway.
	err = tx.Exec(`
		INSERT INTO rate_limits (key, member, count, last_at, expires_at) VALUES (?, '', 0, ?, ?)
		ON CONFLICT (key, member) DO UPDATE SET count = rate_limits.count`, key, now, now).Error
	if err == nil {
		err = tx.Where("key = ? AND member = ''", key).Take(&head).Error
	}
	return head, err
}

// penalty is the wait after a number of failures beyond the free ones: 2, 4, 8 … seconds, most at most.
func penalty(beyond int, most time.Duration) time.Duration {
	if beyond < 0 {
		return 0
	}
	return min(most, 2*time.Second<<min(beyond, 20))
}

// Forgive takes back everything that Fail counted of member against key.
func (l *Limiter) Forgive(ctx context.Context, key, member string) error {
	return l.change(ctx, key, member, func(tx *gorm.DB, head, pair counter) error {
		if err := tx.Exec("DELETE FROM rate_limits WHERE key = ? AND member = ?", key, "m:"+member).Error; err != nil {
			return err
		}
		return tx.Exec("UPDATE rate_limits SET count = ? WHERE key = ? AND member = ''", max(0, head.Count-pair.Count), key).Error
	})
}

// Recall takes back the last failure that Fail counted of member against key, free and window being those it was counted
// with, and the wait that it caused: it has turned out to be none.
func (l *Limiter) Recall(ctx context.Context, key, member string, free int, window time.Duration) error {
	return l.change(ctx, key, member, func(tx *gorm.DB, head, pair counter) error {
		if pair.Count == 0 || head.Count == 0 { // forgotten meanwhile
			return nil
		}
		err := tx.Exec("UPDATE rate_limits SET count = count - 1 WHERE key = ? AND member = ?", key, "m:"+member).Error
		if err != nil {
			return err
		}
		last := head.LastAt.Add(-penalty(head.Count-1-free, window)) // that wait was over
		return tx.Exec("UPDATE rate_limits SET count = ?, last_at = ? WHERE key = ? AND member = ''", head.Count-1, last, key).Error
	})
}

// change runs fn on what is counted against key, in all and of member, in the turn of key and in one transaction.
func (l *Limiter) change(ctx context.Context, key, member string, fn func(tx *gorm.DB, head, pair counter) error) error {
	done, err := l.turns.take(ctx, key, everybody)
	if err != nil {
		return err
	}
	defer done()
	defer l.refused.forget(key)
	return l.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		head, err := lock(tx, key, l.now())
		if err != nil {
			return err
		}
		var pair counter
		if err := tx.Where("key = ? AND member = ?", key, "m:"+member).Limit(1).Find(&pair).Error; err != nil {
			return err
		}
		return fn(tx, head, pair)
	})
}

// Purge deletes counters that have run out; storage stays as small as what is being counted.
func (l *Limiter) Purge(ctx context.Context) error {
	return l.db.WithContext(ctx).Exec("DELETE FROM rate_limits WHERE expires_at <= ?", l.now()).Error
}

func (l *Limiter) purgeNowAndThen(ctx context.Context, now time.Time) error {
	due := l.purge.Load()
	if now.UnixMilli() < due || !l.purge.CompareAndSwap(due, now.Add(purgeEvery).UnixMilli()) {
		return nil
	}
	return l.Purge(ctx)
}

// atLeast keeps a wait from being none.
func atLeast(wait time.Duration) time.Duration { return max(wait, time.Second) }
