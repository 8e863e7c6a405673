package revoke

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
)

const deafness = "session cache off: PostgreSQL notifications do not reach this instance. " +
	"Is a transaction pooler such as PgBouncer in DATABASE_URL?"

// TestNoTrustWithoutNotifications: an instance to which LISTEN succeeds and nothing is delivered trusts no copy, and
// no other waits for it. When notifications arrive again it does.
func TestNoTrustWithoutNotifications(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t)
	line := dbtest.NewLine(t, url)
	line.Deaf.Store(true)
	a, b := start(t, url), start(t, line.URL)
	a.trusts() // B has had as much time
	for i := range 4 {
		id, readAt := fmt.Sprint("user", i), database.Now()
		b.wantVoid("on a deaf instance", id, readAt)
		if b.Stamp(readAt) {
			t.Error("a deaf instance makes a copy")
		}
		a.revokes(id)
		b.wantVoid("after the revocation", id, readAt)
	}
	b.eventually("the instance does not say that it is deaf", func() bool { return b.CacheFault() == deafness })
	if b.Hears() || !a.Hears() || a.CacheFault() != "" {
		t.Errorf("B hears: %v, A hears: %v, A's cache is off: %q", b.Hears(), a.Hears(), a.CacheFault())
	}
	if a.log.count("confirm") > 0 {
		t.Errorf("a deaf instance was waited for:\n%s", a.log)
	}

	line.Deaf.Store(false)
	b.trusts()
	if b.CacheFault() != "" || !b.Hears() {
		t.Errorf("B hears: %v, B's cache is off: %q", b.Hears(), b.CacheFault())
	}
	readAt := database.Now()
	b.wantValid("before the revocation", "eve", readAt)
	a.revokes("eve")
	b.wantVoid("after a revocation that was heard", "eve", readAt)
	for _, said := range []string{"notifications do not reach", "listener works again"} {
		if n := b.log.count(said); n != 1 {
			t.Errorf("%q is logged %d times:\n%s", said, n, b.log)
		}
	}
}

// TestAGapVoidsCopies: notifications get lost for a while on a connection that stays. What was revoked meanwhile
// stays so when they arrive again.
func TestAGapVoidsCopies(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t)
	line := dbtest.NewLine(t, url)
	a, b := start(t, url), start(t, line.URL)
	a.trusts()
	b.trusts()
	readAt := database.Now()
	b.wantValid("before the revocation", "eve", readAt)
	line.Deaf.Store(true)
	a.revokes("eve")
	b.wantVoid("as the revocation is over", "eve", readAt)
	line.Deaf.Store(false)
	b.trusts()
	b.wantVoid("when notifications arrive again", "eve", readAt)
}

// TestAFrozenInstanceSlowsTheFirstRevocation and no other, and honours no copy that was revoked meanwhile.
func TestAFrozenInstanceSlowsTheFirstRevocation(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t)
	line := dbtest.NewLine(t, url)
	a, b := start(t, url), start(t, line.URL)
	a.trusts()
	b.trusts()
	readAt, thieves := database.Now(), []string{"eve", "mallory"}
	for _, id := range thieves {
		b.wantValid("before the revocation", id, readAt)
	}
	thaw := line.Freeze()
	t.Cleanup(thaw)
	var took []time.Duration
	for _, id := range thieves {
		took = append(took, a.revokes(id))
		b.wantVoid("while frozen", id, readAt)
	}
	if took[1] > took[0]/2 {
		t.Errorf("the revocations took %v", took)
	}
	thaw()
	for _, id := range thieves {
		b.wantVoid("as it thaws", id, readAt)
	}
	b.trusts()
	for _, id := range thieves {
		b.wantVoid("when it trusts copies again", id, readAt)
	}
}

// TestAStoppedInstanceSlowsNothing: it takes its leave.
func TestAStoppedInstanceSlowsNothing(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t)
	a := start(t, url)
	a.trusts()
	t.Run("the other", func(t *testing.T) { start(t, url).trusts() }) // stops with this subtest
	if took := a.revokes("ada"); took > time.Second {
		t.Errorf("the revocation took %v", took)
	}
}

// TestThroughAPooler: in transaction mode nothing is delivered, so nothing is trusted, and no instance waits for
// another. In session mode all is as without a pooler.
func TestThroughAPooler(t *testing.T) {
	t.Parallel()
	t.Run("transaction", func(t *testing.T) {
		t.Parallel()
		url := dbtest.Pooler(t, dbtest.Postgres(t), "transaction", 40, "exec")
		a, b := start(t, url), start(t, url)
		for i := 0; a.CacheFault() == "" || b.CacheFault() == "" || i < 4; i++ { // while they try, and then
			id, readAt := fmt.Sprint("user", i), database.Now()
			b.wantVoid("before the revocation", id, readAt)
			if took := a.revokes(id); took > 2*time.Second {
				t.Errorf("round %d: the revocation took %v", i, took)
			}
			b.wantVoid("after the revocation", id, readAt)
		}
		for _, n := range []*instance{a, b} {
			said, waited := n.log.count("notifications do not reach"), n.log.count("confirm")
			if n.CacheFault() != deafness || n.Hears() || said != 1 || waited > 0 {
				t.Errorf("hears: %v, cache off: %q, log:\n%s", n.Hears(), n.CacheFault(), n.log)
			}
		}
	})
	t.Run("session", func(t *testing.T) {
		t.Parallel()
		url := dbtest.Pooler(t, dbtest.Postgres(t), "session", 40, "exec")
		a, b := start(t, url), start(t, url)
		a.trusts()
		b.trusts()
		readAt := database.Now()
		b.wantValid("before the revocation", "ada", readAt)
		a.revokes("ada")
		b.wantVoid("after the revocation", "ada", readAt)
		if !a.Hears() || !b.Hears() || a.CacheFault()+b.CacheFault() != "" || a.log.count("WARN") > 0 {
			t.Errorf("A hears: %v, B hears: %v, off: %q %q, A's log:\n%s",
				a.Hears(), b.Hears(), a.CacheFault(), b.CacheFault(), a.log)
		}
	})
}

// TestAStrangersNameSlowsNothing: backends that bear a listener's name, with an instance's id or without, and are
// busy.
func TestAStrangersNameSlowsNothing(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t)
	pool, err := dbtest.Open(t, url).DB()
	if err != nil {
		t.Fatal(err)
	}
	var busy sync.WaitGroup
	var over atomic.Bool
	defer busy.Wait()
	defer over.Store(true)
	for _, name := range []string{"auth listener", "auth listener " + strings.Repeat("a", 32), "auth listener x"} {
		conn, err := pool.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if _, err := conn.ExecContext(t.Context(), "SET application_name = '"+name+"'"); err != nil {
			t.Fatal(err)
		}
		busy.Go(func() {
			for !over.Load() {
				if _, err := conn.ExecContext(t.Context(), "SELECT pg_sleep(0.01)"); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	a := start(t, url)
	a.trusts() // it has listened for longer than a lease
	for i := range 3 {
		if took := a.revokes(fmt.Sprint("user", i)); took > 2*time.Second {
			t.Errorf("revocation %d took %v", i, took)
		}
	}
	if a.log.count("confirm") > 0 {
		t.Errorf("log:\n%s", a.log)
	}
}

// TestAClockThatIsOff: an instance whose clock is more than two seconds off the database's trusts no copy and makes
// none.
func TestAClockThatIsOff(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	now := func() time.Time { return database.Now().Add(time.Duration(ahead.Load())) }
	a := newInstance(t, dbtest.Postgres(t), now)
	a.run()
	a.trusts()
	for round, off := range []time.Duration{3 * time.Second, -3 * time.Second} {
		ahead.Store(int64(off))
		a.wantVoid(fmt.Sprint(off, " ahead"), "ada", now())
		if a.Stamp(now()) {
			t.Errorf("%v ahead: a copy is made", off)
		}
		const complaint = "session cache off: this machine's clock is 3.0 s off the database's"
		a.eventually("the instance does not say that its clock is off", func() bool { return a.CacheFault() == complaint })
		a.eventually("the log does not say it", func() bool { return a.log.count("the session cache is off") == round+1 })

		ahead.Store(int64(off) / 3) // within bounds
		a.eventually("the cache stays off", func() bool { return a.CacheFault() == "" })
		a.trusts()
		if on := a.log.count("the session cache is on"); on != round+1 {
			t.Errorf("the log says %d times that the clock is good again", on)
		}
		ahead.Store(0)
	}
}
