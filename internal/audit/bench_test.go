package audit_test

import (
	"fmt"
	"testing"
	"time"

	"example.com/foyer/internal/audit"
	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

func eachBenchmark(b *testing.B, fn func(*testing.B, *gorm.DB)) {
	b.Run("sqlite", func(b *testing.B) { fn(b, dbtest.Open(b, dbtest.SQLite(b))) })
	b.Run("postgres", func(b *testing.B) { fn(b, dbtest.Open(b, dbtest.Postgres(b))) })
}

func BenchmarkRecord(b *testing.B) {
	eachBenchmark(b, func(b *testing.B, db *gorm.DB) {
		r := newTrail(b, db)
		for i := 0; b.Loop(); i++ {
			r.record(r.Log, auth.Event{Name: "sign_in", ActorID: "ada", ActorName: "Ada <ada@example.com>", SubjectID: "ada", SubjectName: "Ada <ada@example.com>", IPAddress: "192.0.2.7", UserAgent: "test/1"})
		}
	})
}

// fill records n events of a thousand people, one a minute.
func (r *trail) fill(n int) {
	names := []string{"sign_in", "sign_in", "sign_in", "sign_out", "sign_in_failed", "user_updated", "password_changed"}
	for i := 0; i < n; {
		err := r.db.Transaction(func(tx *gorm.DB) error { // few commits: they take longest
			for range 100 {
				person := fmt.Sprintf("%032x", i%1000)
				e := auth.Event{Name: event.Name(names[i%len(names)]), ActorID: person, ActorName: "Person <p@example.com>", SubjectID: person, SubjectName: "Person <p@example.com>", IPAddress: "192.0.2.7", UserAgent: "test/1"}
				if err := r.Record(tx, e); err != nil {
					return err
				}
				r.advance(time.Minute)
				i++
			}
			return nil
		})
		if err != nil {
			r.t.Fatal(err)
		}
	}
}

// BenchmarkTrail reads and verifies a trail of 100,000 events.
func BenchmarkTrail(b *testing.B) {
	const events = 100_000
	eachBenchmark(b, func(b *testing.B, db *gorm.DB) {
		r := newTrail(b, db)
		r.fill(events)
		middle := r.now().Add(-events / 2 * time.Minute)
		person := fmt.Sprintf("%032x", 7)
		for name, q := range map[string]audit.Query{
			"all": {}, "deep": {Before: events / 2}, "event": {Events: []event.Name{"password_changed"}}, "person": {Person: person},
			"person and event": {Person: person, Events: []event.Name{"sign_out"}}, "nobody": {Person: "nobody"},
			"time": {From: middle.Add(-24 * time.Hour), To: middle}, "event and time": {Events: []event.Name{"user_updated"}, To: middle},
			"event that never was": {Events: []event.Name{"user_banned"}, From: middle},
		} {
			b.Run("list/"+name, func(b *testing.B) {
				for b.Loop() {
					r.list(q)
				}
			})
		}
		b.Run("per day", func(b *testing.B) {
			for b.Loop() {
				if _, err := r.PerDay(b.Context(), 30); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("verify", func(b *testing.B) {
			for b.Loop() {
				if report, err := r.Verify(b.Context()); err != nil || report.Events != events {
					b.Fatal(report, err)
				}
			}
		})
	})
}
