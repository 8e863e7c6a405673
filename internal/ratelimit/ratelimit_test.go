package ratelimit_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/ratelimit"
	"gorm.io/gorm"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// counting is a limiter with a clock that the test moves.
type counting struct {
	*ratelimit.Limiter
	t   *testing.T
	db  *gorm.DB
	now time.Time
}

func each(t *testing.T, test func(*counting)) {
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		c := &counting{t: t, db: db, now: time.Date(2031, 3, 1, 12, 0, 0, 0, time.UTC)}
		c.Limiter = ratelimit.New(db, func() time.Time { return c.now })
		test(c)
	})
}

func (c *counting) wantHit(key string, want time.Duration) {
	c.t.Helper()
	if wait, err := c.Hit(c.t.Context(), key, 3, 10*time.Second); err != nil || wait != want {
		c.t.Errorf("a hit waits %v, want %v, error %v", wait, want, err)
	}
}

func (c *counting) wantFail(member string, want time.Duration) {
	c.t.Helper()
	if wait, err := c.Fail(c.t.Context(), "account", member, 3, 15*time.Minute); err != nil || wait != want {
		c.t.Errorf("a failure waits %v, want %v, error %v", wait, want, err)
	}
}

func (c *counting) rows() (n int64) {
	c.t.Helper()
	if err := c.db.Table("rate_limits").Count(&n).Error; err != nil {
		c.t.Fatal(err)
	}
	return n
}

// The window opens with the first use and does not slide: refused uses do not extend it.
func TestHitWindow(t *testing.T) {
	t.Parallel()
	each(t, func(c *counting) {
		for range 3 {
			c.wantHit("a", 0)
		}
		c.now = c.now.Add(4 * time.Second)
		c.wantHit("a", 6*time.Second)
		c.wantHit("b", 0)
		c.now = c.now.Add(6 * time.Second)
		for range 3 {
			c.wantHit("a", 0)
		}
		c.wantHit("a", 10*time.Second)
	})
}

// The waits double, whichever member fails, and a too early attempt changes nothing.
func TestFailuresWaitLongerEachTime(t *testing.T) {
	t.Parallel()
	each(t, func(c *counting) {
		for i := range 3 {
			c.wantFail(fmt.Sprint(i), 0)
		}
		for _, wait := range []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second} {
			c.wantFail("anyone", wait)
			c.now = c.now.Add(wait - time.Second)
			c.wantFail("someone else", time.Second)
			c.now = c.now.Add(time.Second)
			c.wantFail("x", 0)
		}
	})
}

// Unused counters are deleted, so that storage is bounded.
func TestExpiredCountersGo(t *testing.T) {
	t.Parallel()
	each(t, func(c *counting) {
		for i := range 200 {
			c.wantHit(fmt.Sprint("address ", i), 0)
		}
		if n := c.rows(); n != 200 {
			c.t.Fatalf("%d rows", n)
		}
		c.now = c.now.Add(2 * time.Minute)
		c.wantHit("one", 0)
		if n := c.rows(); n != 1 {
			c.t.Errorf("%d rows are left", n)
		}
	})
}

// TestPurgeIsInBatches: after a flood, each use deletes one batch of its counters.
func TestPurgeIsInBatches(t *testing.T) {
	t.Parallel()
	each(t, func(c *counting) {
		err := c.db.Exec(`
			INSERT INTO rate_limits (key, member, count, last_at, expires_at)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
			SELECT 'old ' || i, '', 1, CAST(? AS TIMESTAMP), CAST(? AS TIMESTAMP) FROM n`, c.now, c.now).Error
		if err != nil {
			c.t.Fatal(err)
		}
		for _, left := range []int64{1501, 501, 1, 1} {
			c.wantHit("one", 0)
			c.now = c.now.Add(10 * time.Second)
			if n := c.rows(); n != left {
				c.t.Errorf("%d rows, want %d", n, left)
			}
		}
	})
}

// TestARefusalIsRemembered: a refused key is refused again without the database.
func TestARefusalIsRemembered(t *testing.T) {
	t.Parallel()
	each(t, func(c *counting) {
		for range 3 {
			c.wantHit("a", 0)
		}
		c.wantHit("a", 10*time.Second)
		for range 3 {
			c.wantFail("m", 0)
		}
		c.wantFail("m", 2*time.Second)
		if err := c.db.Exec("ALTER TABLE rate_limits RENAME TO gone").Error; err != nil {
			t.Fatal(err)
		}
		c.wantHit("a", 10*time.Second)
		c.wantFail("anyone", 2*time.Second)
		c.now = c.now.Add(time.Second)
		c.wantHit("a", 9*time.Second)
		c.now = c.now.Add(9 * time.Second)
		if _, err := c.Hit(t.Context(), "a", 3, 10*time.Second); err == nil {
			t.Error("the refusal is over, and the database is not asked")
		}
	})
}

// TestAStuckKeyDelaysNoOther: while the counter of one key is locked, others are counted, and waiting calls can be
// cancelled.
func TestAStuckKeyDelaysNoOther(t *testing.T) {
	t.Parallel()
	t.Run("postgres", func(t *testing.T) { // one writer locks a whole SQLite file
		db := dbtest.Open(t, dbtest.Postgres(t))
		l := ratelimit.New(db, func() time.Time { return time.Now().UTC() })
		hit := func(ctx context.Context, key string) error {
			_, err := l.Hit(ctx, key, 3, time.Minute)
			return err
		}
		if err := hit(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		holder := db.Begin()
		defer holder.Rollback()
		if err := holder.Exec("UPDATE rate_limits SET count = count").Error; err != nil {
			t.Fatal(err)
		}
		ctx, leave := context.WithCancel(t.Context())
		left := make(chan error)
		for range 5 {
			go func() { left <- hit(ctx, "a") }()
		}
		guard, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		for i := range 5 {
			if err := hit(guard, fmt.Sprint("other ", i)); err != nil {
				t.Errorf("beside a stuck key: %v", err)
			}
		}
		leave()
		for range 5 {
			if err := <-left; err == nil {
				t.Error("a hit that nobody waits for any more is counted")
			}
		}
	})
}

// TestTheClockIsSetBack: no key is refused until the old time is reached again.
func TestTheClockIsSetBack(t *testing.T) {
	t.Parallel()
	each(t, func(c *counting) {
		for range 3 {
			c.wantHit("a", 0)
			c.wantFail("m", 0)
		}
		c.wantHit("a", 10*time.Second)
		c.wantFail("m", 2*time.Second)
		c.now = c.now.Add(-time.Hour)
		for range 3 {
			c.wantHit("a", 0)
			c.wantFail("m", 0)
		}
		c.wantHit("a", 10*time.Second)
		c.wantFail("m", 2*time.Second)
	})
}

// TestTheClockIsSetBackALittle: a remembered refusal of more than the window is forgotten, though it is young.
func TestTheClockIsSetBackALittle(t *testing.T) {
	t.Parallel()
	each(t, func(c *counting) {
		const window = 2 * time.Second
		for i, want := range []time.Duration{0, 0, 0, window, 0} {
			if i == 4 {
				c.now = c.now.Add(-3 * time.Second)
			}
			if wait, err := c.Hit(c.t.Context(), "a", 3, window); err != nil || wait != want {
				c.t.Errorf("hit %d waits %v, want %v, error %v", i+1, wait, want, err)
			}
		}
	})
}

// TestClocksApart: an instance whose clock is a second behind keeps the counters of another.
func TestClocksApart(t *testing.T) {
	t.Parallel()
	each(t, func(c *counting) {
		for range 3 {
			c.wantHit("a", 0)
			c.wantFail("m", 0)
		}
		behind := *c
		behind.now = c.now.Add(-time.Second)
		behind.Limiter = ratelimit.New(c.db, func() time.Time { return behind.now })
		behind.wantHit("a", 11*time.Second)
		behind.wantFail("m", 3*time.Second)
	})
}

// TestRecall: a recalled failure takes no free failure and causes no wait; the earlier failures stay counted.
func TestRecall(t *testing.T) {
	t.Parallel()
	each(t, func(c *counting) {
		recall := func() {
			c.t.Helper()
			if err := c.Recall(c.t.Context(), "account", "m", 3, 15*time.Minute); err != nil {
				c.t.Error(err)
			}
		}
		recall() // nothing is counted
		for range 5 {
			c.wantFail("m", 0)
			recall()
		}
		for range 3 {
			c.wantFail("m", 0)
		}
		c.wantFail("m", 2*time.Second)
		c.now = c.now.Add(2 * time.Second)
		for range 5 {
			c.wantFail("m", 0)
			recall()
		}
		c.wantFail("m", 0)
		c.wantFail("m", 4*time.Second)
		if err := c.Forgive(c.t.Context(), "account", "m"); err != nil {
			c.t.Error(err)
		}
		c.wantFail("m", 0)
	})
}
