// Package ratelimit keeps counters in the database, so that all instances share them. It owns the table
// rate_limits and knows nothing of what is counted. To do without limits, delete this folder and its line where the
// provider is made.
package ratelimit

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"example.com/foyer/internal/purge"
	"gorm.io/gorm"
)

// Limiter counts. It is safe for use by many goroutines and processes.
type Limiter struct {
	db  *gorm.DB
	now func() time.Time
	due atomic.Int64 // when expired rows are next deleted, Unix milliseconds

	// One at a time in each process: a flood that waits inside the database starves everyone else, of SQLite's one
	// writer or of PostgreSQL's connections; here it is served in turn.
	turn sync.Mutex
}

// purgeEvery bounds how long counters nobody asks for any more stay.
const purgeEvery = time.Minute

// New makes a limiter on a migrated database, with a clock in UTC.
func New(db *gorm.DB, now func() time.Time) *Limiter { return &Limiter{db: db, now: now} }

// Hit counts one use of key. Where max are counted already in the window that the first of them opened, it counts
// nothing and tells how long that window still lasts. One statement, so that no two uses take the same place.
func (l *Limiter) Hit(ctx context.Context, key string, max int, window time.Duration) (time.Duration, error) {
	l.turn.Lock()
	defer l.turn.Unlock()
	now := l.now()
	if err := l.purgeNowAndThen(ctx, now); err != nil {
		return 0, err
	}
	taken := l.db.WithContext(ctx).Exec(`
		INSERT INTO rate_limits (key, member, count, last_at, expires_at) VALUES (?, '', 1, ?, ?)
		ON CONFLICT (key, member) DO UPDATE SET
			count = CASE WHEN rate_limits.expires_at <= excluded.last_at THEN 1 ELSE rate_limits.count + 1 END,
			expires_at = CASE WHEN rate_limits.expires_at <= excluded.last_at THEN excluded.expires_at ELSE rate_limits.expires_at END,
			last_at = excluded.last_at
		WHERE rate_limits.expires_at <= excluded.last_at OR rate_limits.count < ?`,
		key, now, now.Add(window), max)
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
func (l *Limiter) Fail(ctx context.Context, key, member string, free int, window time.Duration) (wait time.Duration, err error) {
	l.turn.Lock()
	defer l.turn.Unlock()
	now := l.now()
	if err := l.purgeNowAndThen(ctx, now); err != nil {
		return 0, err
	}
	err = l.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		head, err := lock(tx, key, now)
		if err != nil {
			return err
		}
		if !now.Before(head.ExpiresAt) { // all forgotten
			head.Count = 0
			if err := tx.Exec("DELETE FROM rate_limits WHERE key = ? AND member <> ''", key).Error; err != nil {
				return err
			}
		}
		if wait = head.LastAt.Add(penalty(head.Count-free, window)).Sub(now); head.Count >= free && wait > 0 {
			return nil
		}
		wait = 0
		expires := now.Add(penalty(head.Count+1-free, window) + window)
		err = tx.Exec("UPDATE rate_limits SET count = ?, last_at = ?, expires_at = ? WHERE key = ? AND member = ''", head.Count+1, now, expires, key).Error
		if err != nil {
			return err
		}
		return tx.Exec(`
			INSERT INTO rate_limits (key, member, count, last_at, expires_at) VALUES (?, ?, 1, ?, ?)
			ON CONFLICT (key, member) DO UPDATE SET count = rate_limits.count + 1, last_at = excluded.last_at, expires_at = excluded.expires_at`,
			key, "m:"+member, now, expires).Error
	})
	if wait > 0 {
		wait = atLeast(wait)
	}
	return wait, err
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

// Forgive takes back what Fail counted of member against key.
func (l *Limiter) Forgive(ctx context.Context, key, member string) error {
	l.turn.Lock()
	defer l.turn.Unlock()
	return l.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		head, err := lock(tx, key, l.now())
		if err != nil {
			return err
		}
		var pair counter
		if err := tx.Where("key = ? AND member = ?", key, "m:"+member).Limit(1).Find(&pair).Error; err != nil {
			return err
		}
		if err := tx.Exec("DELETE FROM rate_limits WHERE key = ? AND member = ?", key, "m:"+member).Error; err != nil {
			return err
		}
		return tx.Exec("UPDATE rate_limits SET count = ? WHERE key = ? AND member = ''", max(0, head.Count-pair.Count), key).Error
	})
}

// Purge deletes counters that have run out; storage stays as small as what is being counted.
func (l *Limiter) Purge(ctx context.Context) error {
	return purge.All(ctx, func() *gorm.DB { return l.purgeSome(ctx) })
}

// purgeSome deletes at most purge.Batch of them.
func (l *Limiter) purgeSome(ctx context.Context) *gorm.DB {
	return l.db.WithContext(ctx).Exec(`
		DELETE FROM rate_limits WHERE (key, member) IN (SELECT key, member FROM rate_limits WHERE expires_at <= ? LIMIT ?)`, l.now(), purge.Batch)
}

// purgeNowAndThen takes little of a request's time: what is left is for the next one.
func (l *Limiter) purgeNowAndThen(ctx context.Context, now time.Time) error {
	due := l.due.Load()
	if now.UnixMilli() < due || !l.due.CompareAndSwap(due, now.Add(purgeEvery).UnixMilli()) {
		return nil
	}
	done := l.purgeSome(ctx)
	if done.RowsAffected == purge.Batch {
		l.due.Store(due)
	}
	return done.Error
}

// atLeast keeps a wait from being none.
func atLeast(wait time.Duration) time.Duration { return max(wait, time.Second) }
