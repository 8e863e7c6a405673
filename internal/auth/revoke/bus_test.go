package revoke

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/id"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// logbook keeps what a Bus logs.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logbook) count(words string) (n int) { return strings.Count(l.String(), words) }

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// instance is one of several on a PostgreSQL.
type instance struct {
	*Bus
	log *logbook
	t   *testing.T
}

// newInstance makes an instance that reaches PostgreSQL at url and does not run yet.
func newInstance(t *testing.T, url string, now func() time.Time) *instance {
	t.Helper()
	db, err := database.Open(url, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { database.Close(db) })
	n := &instance{log: &logbook{}, t: t}
	n.Bus = New(db, now, slog.New(slog.NewTextHandler(n.log, nil)))
	n.retry = 100 * time.Millisecond
	return n
}

// start makes an instance and keeps it running until the end of the test.
func start(t *testing.T, url string) *instance {
	t.Helper()
	n := newInstance(t, url, database.Now)
	n.run()
	return n
}

func (n *instance) run() {
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() { defer close(stopped); n.Run(ctx) }()
	n.t.Cleanup(func() { stop(); <-stopped })
}

// revokes revokes ids and returns how long that took.
func (n *instance) revokes(ids ...string) time.Duration {
	n.t.Helper()
	from := time.Now()
	var a *Announcement
	err := n.db.WithContext(n.t.Context()).Transaction(func(tx *gorm.DB) (err error) {
		a, err = n.Announce(tx, ids)
		return err
	})
	a.Done(err)
	if err != nil {
		n.t.Fatal(err)
	}
	return time.Since(from)
}

// eventually waits until is returns true. Nothing else announces it.
func (n *instance) eventually(otherwise string, is func() bool) {
	n.t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			n.t.Fatalf("%s; log:\n%s", otherwise, n.log)
		}
	}
}

// trusts waits until the instance honours copies that are made now.
func (n *instance) trusts() {
	n.t.Helper()
	n.eventually("a copy is never honoured", func() bool { return n.Valid(n.now(), "anybody") })
}

// wantVoid checks that a copy of an id is void, also one made just before it was revoked.
func (n *instance) wantVoid(when, id string, readAt time.Time) {
	n.t.Helper()
	if n.Valid(readAt, id) {
		n.t.Errorf("%s: the copy of %s is honoured", when, id)
	}
}

// wantValid is the other half: without it wantVoid would prove nothing.
func (n *instance) wantValid(when, id string, readAt time.Time) {
	n.t.Helper()
	if !n.Valid(readAt, id) {
		n.t.Errorf("%s: the copy of %s is void; log:\n%s", when, id, n.log)
	}
}

// TestARevocationVoidsCopiesEverywhere: on the instance that revokes, on another one, and on a third that starts
// later.
func TestARevocationVoidsCopiesEverywhere(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t)
	a, b := start(t, url), start(t, url)
	a.trusts()
	b.trusts()
	readAt := database.Now()
	for i := range 20 {
		id := fmt.Sprint("user", i)
		b.wantValid("before", id, readAt)
		a.revokes(id)
		a.wantVoid("where it was revoked", id, readAt)
		b.wantVoid("elsewhere", id, readAt)
		b.wantValid("afterwards", fmt.Sprint("user", i+1), readAt)
	}
	c := start(t, url)
	c.wantVoid("as it starts", "user0", readAt)
	c.trusts()
	c.wantVoid("once it trusts copies", "user0", readAt)
	if a.log.count("WARN")+b.log.count("WARN")+c.log.count("WARN") > 0 {
		t.Errorf("logs:\n%s\n%s\n%s", a.log, b.log, c.log)
	}
}

// TestARevocationOfMany needs several messages, of which the last is waited for.
func TestARevocationOfMany(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t)
	a, b := start(t, url), start(t, url)
	a.trusts()
	b.trusts()
	readAt := database.Now()
	ids := make([]string, 2*maxIDs+50)
	for i := range ids {
		ids[i] = id.New()
	}
	b.wantValid("before", ids[0], readAt)
	a.revokes(ids...)
	for _, id := range ids {
		b.wantVoid("after", id, readAt)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.awaitAcks) != 0 {
		t.Errorf("still waits for %d acknowledgements", len(a.awaitAcks))
	}
}

// TestARollbackRevokesNothingElsewhere, and the instance itself voids its copies to be sure.
func TestARollbackRevokesNothingElsewhere(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t)
	a, b := start(t, url), start(t, url)
	a.trusts()
	b.trusts()
	readAt := database.Now()
	var announced *Announcement
	err := a.db.Transaction(func(tx *gorm.DB) (err error) {
		if announced, err = a.Announce(tx, []string{"ada"}); err != nil {
			t.Error(err)
		}
		return gorm.ErrInvalidTransaction
	})
	announced.Done(err)
	a.revokes("bob") // arrives after what was rolled back would have
	b.wantValid("after the rollback", "ada", readAt)
	b.wantVoid("after the commit", "bob", readAt)
	a.wantVoid("after the rollback", "ada", readAt)
	(*Announcement)(nil).Done(nil) // of a transaction that failed before it announced anything
}

// TestABacklogHidesNoRevocation: an instance that has more notifications waiting than it can read in time trusts no
// copy meanwhile.
func TestABacklogHidesNoRevocation(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t)
	a, command := start(t, url), newInstance(t, url, database.Now)
	a.trusts()
	readAt := database.Now()
	a.wantValid("before", "ada", readAt)
	if err := a.db.Exec("SELECT pg_notify('auth_revoked', i::text) FROM generate_series(1, 200000) i").Error; err != nil {
		t.Fatal(err)
	}
	command.revokes("ada")
	a.wantVoid("after", "ada", readAt)
}

// TestJunkDoesNotDeafen: any program that may connect to the database can notify. A payload that PostgreSQL would not
// take back as an acknowledgement once ended the connection that listens, and with it all caching.
func TestJunkDoesNotDeafen(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t)
	start(t, url)
	db := dbtest.Open(t, url)
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	ear, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer ear.Close()
	if _, err := ear.ExecContext(t.Context(), "LISTEN auth_heard"); err != nil {
		t.Fatal(err)
	}
	notify := func(payload string) {
		t.Helper()
		if err := db.Exec("SELECT pg_notify('auth_revoked', ?)", payload).Error; err != nil {
			t.Fatal(err)
		}
	}
	acknowledged := func(wait time.Duration) (id string) {
		err := ear.Raw(func(c any) error {
			ctx, cancel := context.WithTimeout(t.Context(), wait)
			defer cancel()
			n, err := c.(*stdlib.Conn).Conn().WaitForNotification(ctx)
			if err == nil {
				id, _, _ = strings.Cut(n.Payload, " ")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	good := func(id string) string {
		return `{"from":"` + strings.Repeat("a", 32) + `","id":"` + id + `","ids":["x"]}`
	}
	first, second := strings.Repeat("1", 32), strings.Repeat("2", 32)
	for deadline := time.Now().Add(30 * time.Second); acknowledged(50*time.Millisecond) != first; notify(good(first)) {
		if time.Now().After(deadline) {
			t.Fatal("the instance never listens")
		}
	}
	for _, junk := range []string{"", "x", "{}", "null", good("x"), good(`\u0000`), good(strings.Repeat("f", 7900))} {
		notify(junk)
	}
	notify(good(second))
	for got := ""; got != second; {
		if got = acknowledged(10 * time.Second); got != first && got != second {
			t.Fatalf("%q is acknowledged after junk, want %s", got, second)
		}
	}
}
