// Package ratelimit counts in the database, so that all instances share the counters. It owns the table rate_limits.
// Keys and members are opaque to it.
package ratelimit

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"example.com/foyer/internal/purge"
	"gorm.io/gorm"
)

// Limiter counts uses and failures. It is safe for concurrent use, also by several processes.
type Limiter struct {
	db      *gorm.DB
	now     func() time.Time
	due     atomic.Int64 // when expired rows are next deleted, Unix milliseconds
	turns   *turns
	refused memory
}

const (
	// purgeEvery is how often a request deletes expired counters.
	purgeEvery = time.Minute

	// clockSkew is how far the clocks of two processes may differ. A counter from further ahead was written before the
	// clock was set back. It counts as expired, or its key would be refused until the old time is reached again.
	clockSkew = 2 * time.Second

	// connections is how many connections to PostgreSQL a process uses for counters at the same time. SQLite has one
	// writer, so it is one there.
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

// Hit implements auth.Limiter. It counts in one statement, so that concurrent uses cannot exceed max.
func (l *Limiter) Hit(ctx context.Context, key string, max int, window time.Duration) (time.Duration, error) {
	return l.inTurn(ctx, key, window, func(now time.Time) (time.Duration, error) {
		latest := now.Add(window + clockSkew) // a counter beyond it is expired: see clockSkew
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
	})
}

// inTurn calls ask in the turn of key, unless memory knows a refusal of key. It remembers a refusal by ask. If too many
// calls for key wait, it refuses too.
func (l *Limiter) inTurn(
	ctx context.Context, key string, longest time.Duration, ask func(now time.Time) (time.Duration, error),
) (time.Duration, error) {
	if wait := l.refused.wait(key, l.now(), longest); wait > 0 {
		return wait, nil
	}
	done, err := l.turns.take(ctx, key, maxWaiting)
	if errors.Is(err, errQueueFull) {
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
	if err := l.purgeIfDue(ctx, now); err != nil {
		return 0, err
	}
	wait, err := ask(now)
	if err != nil || wait <= 0 {
		return 0, err
	}
	l.refused.note(key, now, wait)
	return atLeast(wait), nil
}

// counter is a row. The row with the member "" is the head of its key: it counts the uses of the key, or the failures
// of all members. Rows of members have the prefix "m:", because a member may be "" too.
type counter struct {
	Key, Member       string
	Count             int
	LastAt, ExpiresAt time.Time
}

// TableName implements gorm's Tabler.
func (counter) TableName() string { return "rate_limits" }

// Fail implements auth.Limiter. It counts before the attempt, so that concurrent attempts cannot exceed the free ones.
func (l *Limiter) Fail(ctx context.Context, key, member string, free int, window time.Duration) (time.Duration, error) {
	return l.inTurn(ctx, key, window, func(now time.Time) (wait time.Duration, err error) {
		err = l.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
			wait, err = fail(tx, key, member, free, window, now)
			return err
		})
		return wait, err
	})
}

func fail(
	tx *gorm.DB, key, member string, free int, window time.Duration, now time.Time,
) (wait time.Duration, err error) {
	head, err := lock(tx, key, now)
	if err != nil {
		return 0, err
	}
	if !now.Before(head.ExpiresAt) || head.LastAt.Sub(now) > clockSkew { // all are expired
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

// lock returns the head row of key, which counts all members, and makes it if it is missing. It locks the row until the
// end of tx: on PostgreSQL even an update without a change does; on SQLite tx has the whole database anyway.
func lock(tx *gorm.DB, key string, now time.Time) (head counter, err error) {
	err = tx.Exec(`
		INSERT INTO rate_limits (key, member, count, last_at, expires_at) VALUES (?, '', 0, ?, ?)
		ON CONFLICT (key, member) DO UPDATE SET count = rate_limits.count`, key, now, now).Error
	if err != nil {
		return head, err
	}
	err = tx.Where("key = ? AND member = ''", key).Take(&head).Error
	return head, err
}

// penalty returns the wait after so many failures beyond the free ones: 2, 4, 8 … seconds, at most most.
func penalty(beyond int, most time.Duration) time.Duration {
	if beyond < 0 {
		return 0
	}
	return min(most, 2*time.Second<<min(beyond, 20))
}

// Forgive implements auth.Limiter.
func (l *Limiter) Forgive(ctx context.Context, key, member string) error {
	return l.change(ctx, key, member, func(tx *gorm.DB, head, pair counter) error {
		if err := tx.Exec("DELETE FROM rate_limits WHERE key = ? AND member = ?", key, "m:"+member).Error; err != nil {
			return err
		}
		rest := max(0, head.Count-pair.Count)
		return tx.Exec("UPDATE rate_limits SET count = ? WHERE key = ? AND member = ''", rest, key).Error
	})
}

// Recall implements auth.Limiter. free and window must be those of Fail.
func (l *Limiter) Recall(ctx context.Context, key, member string, free int, window time.Duration) error {
	return l.change(ctx, key, member, func(tx *gorm.DB, head, pair counter) error {
		if pair.Count == 0 || head.Count == 0 { // expired meanwhile
			return nil
		}
		err := tx.Exec("UPDATE rate_limits SET count = count - 1 WHERE key = ? AND member = ?", key, "m:"+member).Error
		if err != nil {
			return err
		}
		last := head.LastAt.Add(-penalty(head.Count-1-free, window)) // the wait before this failure was over
		return tx.Exec("UPDATE rate_limits SET count = ?, last_at = ? WHERE key = ? AND member = ''",
			head.Count-1, last, key).Error
	})
}

// change calls fn in the turn of key and in a transaction. head counts all failures against key, pair those of member.
func (l *Limiter) change(
	ctx context.Context, key, member string, fn func(tx *gorm.DB, head, pair counter) error,
) error {
	done, err := l.turns.take(ctx, key, unlimited)
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

// purgeIfDue deletes one batch of expired counters. If there are more, the next request deletes the next batch.
func (l *Limiter) purgeIfDue(ctx context.Context, now time.Time) error {
	due := l.due.Load()
	if now.UnixMilli() < due || !l.due.CompareAndSwap(due, now.Add(purgeEvery).UnixMilli()) {
		return nil
	}
	done := l.db.WithContext(ctx).Exec(`
		DELETE FROM rate_limits
		WHERE (key, member) IN (SELECT key, member FROM rate_limits WHERE expires_at <= ? LIMIT ?)`, now, purge.Batch)
	if done.RowsAffected == purge.Batch {
		l.due.Store(due)
	}
	return done.Error
}

// atLeast rounds the wait of a refusal up to a second, because 0 means allowed.
func atLeast(wait time.Duration) time.Duration { return max(wait, time.Second) }
