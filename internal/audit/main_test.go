package audit_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/foyer/internal/audit"
	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// trail is a log on a database of its own, with a clock that the test moves.
type trail struct {
	*audit.Log
	t  testing.TB
	db *gorm.DB
	ms atomic.Int64

	logged atomic.Int64 // lines of the log that tell of an event

	third audit.Point // see each
}

func newTrail(t testing.TB, db *gorm.DB, secrets ...string) *trail {
	t.Helper()
	r := &trail{t: t, db: db}
	r.ms.Store(time.Date(2031, 3, 1, 12, 0, 0, 0, time.UTC).UnixMilli())
	r.Log = r.with(secrets...)
	return r
}

// with is another log on the same trail, as another process or one with other secrets has it.
func (r *trail) with(secrets ...string) *audit.Log {
	r.t.Helper()
	if secrets == nil {
		secrets = []string{authtest.Secret}
	}
	l, err := audit.New(r.db, audit.Options{Secrets: secrets, Now: r.now, Logger: slog.New(counter{slog.DiscardHandler, &r.logged})})
	if err != nil {
		r.t.Fatal(err)
	}
	return l
}

// counter is a log that counts its lines about events.
type counter struct {
	slog.Handler
	lines *atomic.Int64
}

func (counter) Enabled(context.Context, slog.Level) bool { return true }

func (c counter) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "auth" {
		c.lines.Add(1)
	}
	return nil
}

func (r *trail) now() time.Time          { return time.UnixMilli(r.ms.Load()).UTC() }
func (r *trail) advance(d time.Duration) { r.ms.Add(d.Milliseconds()) }

// record writes e in a transaction of its own, as auth does.
func (r *trail) record(l *audit.Log, e auth.Event) {
	r.t.Helper()
	var err error
	if e.Refused {
		err = l.Record(r.db.WithContext(r.t.Context()), e)
	} else {
		err = r.db.WithContext(r.t.Context()).Transaction(func(tx *gorm.DB) error { return l.Record(tx, e) })
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// event is one that fills every column.
func sample(i int) auth.Event {
	return auth.Event{
		Name: "role_changed", ActorID: "ada", ActorName: "Ada <ada@example.com>", ImpersonatorID: "root", ImpersonatorName: "Root <root@example.com>",
		SubjectID: "bob", SubjectName: "Bob <bob@example.com>", Detail: fmt.Sprint("role: user → admin ", i), Note: "he asked",
		IPAddress: "192.0.2.7", UserAgent: "test/1",
	}
}

// flush writes what is counted, as the end of the program does.
func (r *trail) flush() {
	ctx, cancel := context.WithCancel(r.t.Context())
	cancel()
	r.Run(ctx)
}

func (r *trail) list(q audit.Query) []audit.Entry {
	r.t.Helper()
	page, err := r.List(r.t.Context(), q)
	if err != nil {
		r.t.Fatal(err)
	}
	return page.Entries
}

func (r *trail) wantWhole(events int64) audit.Report {
	r.t.Helper()
	report, err := r.Verify(r.t.Context())
	if err != nil || report.Events != events {
		r.t.Errorf("%d events, error %v; want %d and none", report.Events, err, events)
	}
	return report
}

func (r *trail) wantBreak(what string, seq int64, why string, noted ...audit.Point) {
	r.t.Helper()
	_, err := r.Verify(r.t.Context(), noted...)
	var b *audit.Break
	if !errors.As(err, &b) || b.Seq != seq || !strings.Contains(b.Why, why) {
		r.t.Errorf("%s: %v; want a break at %d: %s", what, err, seq, why)
	}
}

func (r *trail) exec(statement string, values ...any) {
	r.t.Helper()
	if res := r.db.Exec(statement, values...); res.Error != nil || res.RowsAffected == 0 {
		r.t.Fatalf("%s: %d rows, %v", statement, res.RowsAffected, res.Error)
	}
}
