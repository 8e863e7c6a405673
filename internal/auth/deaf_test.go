package auth_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
)

// logbook keeps what a provider logs.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// count says how many lines contain words.
func (l *logbook) count(words string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), words)
}

// node is one instance of several on a PostgreSQL.
type node struct {
	*auth.Auth
	*authtest.Client
	log   *logbook
	reads *statements
	t     *testing.T
}

// newNode starts an instance that reaches the migrated PostgreSQL at url.
func newNode(t *testing.T, url string, now func() time.Time) *node {
	t.Helper()
	db, err := database.Open(url, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { database.Close(db) })
	n := &node{log: &logbook{}, t: t}
	n.Auth = authtest.NewOn(t, db, auth.Options{Now: now, Logger: slog.New(slog.NewTextHandler(n.log, nil))})
	n.reads = (&rig{t: t, db: db}).statements()
	n.Client = authtest.Serve(t, authtest.Wire(t, n.Auth))
	auth.RetryListening(n.Auth, 100*time.Millisecond)
	running(t, n.Auth)
	return n
}

// ask shows the cookies of b to the instance, and says whether they are somebody's and whether its cache said so.
func (n *node) ask(b *authtest.Client) (somebody, cached bool) {
	before := n.reads.reads.Load()
	somebody = through(n.t, b, n.Client).Get("/api/auth/get-session").Text != "null"
	return somebody, somebody && n.reads.reads.Load() == before
}

// enter signs somebody new up who holds a cached copy.
func (n *node) enter(email string) *authtest.Client {
	n.t.Helper()
	b := authtest.NewClient(n.t, n.Base)
	b.SignUp(email)
	n.eventually("no cached copy is made", func() bool {
		b.Get("/api/auth/get-session")
		return value(b, cacheCookie) != ""
	})
	return b
}

func (n *node) leave(b *authtest.Client) {
	n.t.Helper()
	if err := sent(post(b, "/sign-out", "{}")); err != nil {
		n.t.Fatal(err)
	}
}

// eventually waits for what nothing else tells of.
func (n *node) eventually(otherwise string, is func() bool) {
	n.t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			n.t.Fatalf("%s; log:\n%s", otherwise, n.log.text.String())
		}
	}
}

// trusts waits until the instance answers b from its cache.
func (n *node) trusts(b *authtest.Client) {
	n.t.Helper()
	b = through(n.t, b, n.Client)
	n.eventually("a cached copy is never honoured", func() bool {
		_, cached := n.ask(b)
		b.Get("/api/auth/get-session?disableCookieCache=1") // a younger copy for the next try
		return cached
	})
}

func (n *node) wantOut(what string, b *authtest.Client) {
	n.t.Helper()
	if somebody, _ := n.ask(b); somebody {
		n.t.Errorf("%s: the copied cookies are honoured", what)
	}
}

func migrated(t *testing.T) string {
	url := dbtest.Postgres(t)
	dbtest.Open(t, url)
	return url
}

const deafness = "session cache off: notifications do not arrive"

// TestWhatIsNotHeardIsNotTrusted: between B and PostgreSQL is a box that drops notifications and lets everything
// else pass.
func TestWhatIsNotHeardIsNotTrusted(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	line := dbtest.NewLine(t, url)
	line.Deaf.Store(true)
	a, b := newNode(t, url, nil), newNode(t, line.URL, nil)
	a.trusts(a.enter("ada@example.com")) // B has had as much time
	for i := range 4 {
		thief := a.enter(fmt.Sprintf("user%d@example.com", i))
		if somebody, cached := b.ask(thief); !somebody || cached {
			t.Errorf("round %d: somebody %v, from the deaf instance's cache %v", i, somebody, cached)
		}
		mine := through(t, thief, a.Client)
		a.leave(mine)
		b.wantOut("after the sign-out", thief)
	}
	b.eventually("the instance does not say that it is deaf", func() bool { return b.CacheOff() == deafness })
	if b.Hears() || !a.Hears() || a.CacheOff() != "" {
		t.Errorf("B hears: %v, A hears: %v, A's cache is off: %q", b.Hears(), a.Hears(), a.CacheOff())
	}
	if a.log.count("confirm") > 0 {
		t.Errorf("a deaf instance was waited for:\n%s", a.log.text.String())
	}

	line.Deaf.Store(false)
	thief := a.enter("bob@example.com")
	b.trusts(thief)
	if b.CacheOff() != "" || !b.Hears() {
		t.Errorf("B hears: %v, B's cache is off: %q", b.Hears(), b.CacheOff())
	}
	thief = a.enter("eve@example.com")
	if _, cached := b.ask(thief); !cached {
		t.Error("the copy is not honoured before the sign-out")
	}
	a.leave(through(t, thief, a.Client))
	b.wantOut("after the sign-out that was heard", thief)
	for _, said := range []string{"LISTEN is not delivered", "revocations are heard"} {
		if n := b.log.count(said); n != 1 {
			t.Errorf("%q is said %d times:\n%s", said, n, b.log.text.String())
		}
	}
}

// TestAGapInWhatIsHeard: notifications get lost for a while on a connection that stays. What was revoked meanwhile
// stays so when they arrive again.
func TestAGapInWhatIsHeard(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	line := dbtest.NewLine(t, url)
	a, b := newNode(t, url, nil), newNode(t, line.URL, nil)
	ada := a.enter("ada@example.com")
	a.trusts(ada)
	b.trusts(ada)
	thief := a.enter("eve@example.com")
	if _, cached := b.ask(thief); !cached {
		t.Fatal("the copy is not honoured before the sign-out")
	}
	line.Deaf.Store(true)
	a.leave(through(t, thief, a.Client))
	b.wantOut("as the sign-out is over", thief)
	line.Deaf.Store(false)
	b.trusts(ada)
	b.wantOut("when notifications arrive again", thief)
}

// TestAFrozenInstanceSlowsTheFirstRevocation and no other, and honours nothing that was revoked meanwhile.
func TestAFrozenInstanceSlowsTheFirstRevocation(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	line := dbtest.NewLine(t, url)
	a, b := newNode(t, url, nil), newNode(t, line.URL, nil)
	ada := a.enter("ada@example.com")
	a.trusts(ada)
	b.trusts(ada)
	thieves := []*authtest.Client{a.enter("eve@example.com"), a.enter("mallory@example.com")}
	for i, thief := range thieves {
		if _, cached := b.ask(thief); !cached {
			t.Fatalf("copy %d is not honoured before the sign-out", i)
		}
	}
	thaw := line.Freeze()
	t.Cleanup(thaw)
	var took []time.Duration
	for _, thief := range thieves {
		from := time.Now()
		a.leave(through(t, thief, a.Client))
		took = append(took, time.Since(from))
	}
	if took[1] > took[0]/2 {
		t.Errorf("the sign-outs took %v", took)
	}
	var asking sync.WaitGroup
	for _, thief := range thieves {
		asking.Go(func() { b.wantOut("of a frozen instance", thief) }) // asks the store, which answers after the thaw
	}
	thaw()
	asking.Wait()
}

// TestThroughAPooler: in transaction mode nothing is heard, so nothing is trusted, and nobody waits for anybody. In
// session mode all is as without a pooler.
func TestThroughAPooler(t *testing.T) {
	t.Parallel()
	t.Run("transaction", func(t *testing.T) {
		t.Parallel()
		url := dbtest.Pooler(t, migrated(t), "transaction", 40, "exec")
		a, b := newNode(t, url, nil), newNode(t, url, nil)
		for i := 0; a.CacheOff() == "" || b.CacheOff() == "" || i < 4; i++ { // while they try, and then
			ada := authtest.NewClient(t, a.Base)
			ada.SignUp(fmt.Sprintf("user%d@example.com", i))
			thief := through(t, ada, b.Client)
			if somebody, cached := b.ask(thief); !somebody || cached {
				t.Fatalf("round %d: somebody %v, cached %v", i, somebody, cached)
			}
			from := time.Now()
			a.leave(ada)
			if took := time.Since(from); took > 2*time.Second {
				t.Errorf("round %d: the sign-out took %v", i, took)
			}
			b.wantOut("after the sign-out", thief)
		}
		for _, n := range []*node{a, b} {
			said, waited := n.log.count("LISTEN is not delivered"), n.log.count("confirm")
			if n.CacheOff() != deafness || n.Hears() || said != 1 || waited > 0 {
				t.Errorf("hears: %v, cache off: %q, log:\n%s", n.Hears(), n.CacheOff(), n.log.text.String())
			}
		}
	})
	t.Run("session", func(t *testing.T) {
		t.Parallel()
		url := dbtest.Pooler(t, migrated(t), "session", 40, "exec")
		a, b := newNode(t, url, nil), newNode(t, url, nil)
		ada := a.enter("ada@example.com")
		a.trusts(ada)
		b.trusts(ada)
		thief := a.enter("eve@example.com")
		if _, cached := b.ask(thief); !cached {
			t.Error("the copy is not honoured before the sign-out")
		}
		a.leave(through(t, thief, a.Client))
		b.wantOut("after the sign-out", thief)
		if !a.Hears() || !b.Hears() || a.CacheOff()+b.CacheOff() != "" || a.log.count("WARN") > 0 {
			t.Errorf("A hears: %v, B hears: %v, caches off: %q %q, A's log:\n%s",
				a.Hears(), b.Hears(), a.CacheOff(), b.CacheOff(), a.log.text.String())
		}
	})
}

// TestAStrangersNameSlowsNothing: backends that bear a listener's name, with an instance's id or without, and are
// busy.
func TestAStrangersNameSlowsNothing(t *testing.T) {
	t.Parallel()
	url := migrated(t)
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
	a := newNode(t, url, nil)
	a.trusts(a.enter("ada@example.com")) // it has listened for longer than a lease
	for i := range 3 {
		b := a.enter(fmt.Sprintf("user%d@example.com", i))
		from := time.Now()
		a.leave(b)
		if took := time.Since(from); took > 2*time.Second {
			t.Errorf("sign-out %d took %v", i, took)
		}
	}
	if a.log.count("confirm") > 0 {
		t.Errorf("log:\n%s", a.log.text.String())
	}
}

// TestAClockThatIsOff: an instance whose clock is more than two seconds off the database's trusts no copy, and makes
// none.
func TestAClockThatIsOff(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	var ahead atomic.Int64
	a := newNode(t, url, func() time.Time { return database.Now().Add(time.Duration(ahead.Load())) })
	ada := a.enter("ada@example.com")
	a.trusts(ada)
	for round, off := range []time.Duration{3 * time.Second, -3 * time.Second} {
		ahead.Store(int64(off))
		if _, cached := a.ask(ada); cached {
			t.Errorf("%v ahead: a copy is honoured", off)
		}
		late := authtest.NewClient(t, a.Base)
		late.SignUp(fmt.Sprintf("user%d@example.com", round))
		if value(late, cacheCookie) != "" {
			t.Errorf("%v ahead: a copy is made", off)
		}
		const complaint = "session cache off: this machine's clock is 3.0 s off the database's"
		a.eventually("the instance does not say that its clock is off", func() bool { return a.CacheOff() == complaint })
		a.eventually("the log does not say it", func() bool { return a.log.count("the session cache is off") == round+1 })

		ahead.Store(int64(off) / 3) // within bounds
		a.eventually("the cache stays off", func() bool { return a.CacheOff() == "" })
		a.trusts(ada)
		if on := a.log.count("the session cache is on"); on != round+1 {
			t.Errorf("the log says %d times that the clock is good again", on)
		}
		ahead.Store(0)
	}
}
