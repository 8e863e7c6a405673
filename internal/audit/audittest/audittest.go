// Package audittest makes audit trails for tests.
package audittest

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"example.com/foyer/internal/audit"
	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/event"
	"gorm.io/gorm"
)

// Trail is a Log with a clock that the test moves.
type Trail struct {
	*audit.Log
	DB     *gorm.DB
	Logged atomic.Int64 // lines of the log about events

	t  testing.TB
	ms atomic.Int64
}

// New makes a Trail on a migrated database.
func New(t testing.TB, db *gorm.DB) *Trail {
	r := &Trail{DB: db, t: t}
	r.ms.Store(time.Date(2031, 3, 1, 12, 0, 0, 0, time.UTC).UnixMilli())
	r.Log = r.Another()
	return r
}

// Another returns another Log on the same database, as another process has it.
func (r *Trail) Another() *audit.Log {
	logger := slog.New(counter{slog.DiscardHandler, &r.Logged})
	return audit.New(r.DB, audit.Options{Now: r.Clock, Logger: logger})
}

// counter counts the log's lines about events.
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

// Clock is the trail's time.
func (r *Trail) Clock() time.Time { return time.UnixMilli(r.ms.Load()).UTC() }

// Advance moves the clock.
func (r *Trail) Advance(d time.Duration) { r.ms.Add(d.Milliseconds()) }

// Write records e by l as auth does: in a transaction of its own unless it is a refusal.
func (r *Trail) Write(l *audit.Log, e auth.Event) {
	r.t.Helper()
	db := r.DB.WithContext(r.t.Context())
	err := error(nil)
	if e.Refused {
		err = l.Record(db, e)
	} else {
		err = db.Transaction(func(tx *gorm.DB) error { return l.Record(tx, e) })
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// Sample returns an event that fills every column.
func Sample(i int) auth.Event {
	return auth.Event{
		Name: event.RoleChanged, ActorID: "ada", ActorName: "Ada <ada@example.com>",
		ImpersonatorID: "root", ImpersonatorName: "Root <root@example.com>",
		SubjectID: "bob", SubjectName: "Bob <bob@example.com>",
		Detail: fmt.Sprint("role: user → admin ", i), Note: "he asked", IPAddress: "192.0.2.7", UserAgent: "test/1",
	}
}

// Fill records n events of a thousand users, one a minute.
func (r *Trail) Fill(n int) {
	names := []event.Name{
		event.SignIn, event.SignIn, event.SignIn, event.SignOut, event.SignInFailed, event.UserUpdated, event.PasswordChanged,
	}
	for i := 0; i < n; {
		err := r.DB.Transaction(func(tx *gorm.DB) error { // commits take longest
			for range 100 {
				id, name := fmt.Sprintf("%032x", i%1000), "Person <p@example.com>"
				err := r.Record(tx, auth.Event{
					Name: names[i%len(names)], ActorID: id, ActorName: name, SubjectID: id, SubjectName: name,
					IPAddress: "192.0.2.7", UserAgent: "test/1",
				})
				if err != nil {
					return err
				}
				r.Advance(time.Minute)
				i++
			}
			return nil
		})
		if err != nil {
			r.t.Fatal(err)
		}
	}
}

// Flush writes the numbers of refusals, as the end of the program does.
func (r *Trail) Flush() {
	ctx, cancel := context.WithCancel(r.t.Context())
	cancel()
	r.Run(ctx)
}

// Entries lists what q asks for.
func (r *Trail) Entries(q audit.Query) []audit.Entry {
	r.t.Helper()
	page, err := r.List(r.t.Context(), q)
	if err != nil {
		r.t.Fatal(err)
	}
	return page.Entries
}

// Exec changes at least one row.
func (r *Trail) Exec(statement string, values ...any) {
	r.t.Helper()
	if res := r.DB.Exec(statement, values...); res.Error != nil || res.RowsAffected == 0 {
		r.t.Fatalf("%s: %d rows, %v", statement, res.RowsAffected, res.Error)
	}
}

// WantRows fails the test if the trail does not hold n events.
func (r *Trail) WantRows(n int64) {
	r.t.Helper()
	var got int64
	if err := r.DB.Model(&audit.Row{}).Count(&got).Error; err != nil || got != n {
		r.t.Errorf("%d events, %v; want %d", got, err, n)
	}
}
