package audit_test

import (
	"fmt"
	"testing"
	"time"

	"example.com/foyer/internal/audit"
	"example.com/foyer/internal/audit/audittest"
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
		r := audittest.New(b, db)
		for i := 0; b.Loop(); i++ {
			r.Write(r.Log, auth.Event{
				Name: "sign_in", ActorID: "ada", ActorName: ada, SubjectID: "ada", SubjectName: ada,
				IPAddress: "192.0.2.7", UserAgent: "test/1",
			})
		}
	})
}

// BenchmarkTrail reads a trail of 100,000 events.
func BenchmarkTrail(b *testing.B) {
	const events = 100_000
	eachBenchmark(b, func(b *testing.B, db *gorm.DB) {
		r := audittest.New(b, db)
		r.Fill(events)
		middle := r.Clock().Add(-events / 2 * time.Minute)
		person := fmt.Sprintf("%032x", 7)
		for name, q := range map[string]audit.Query{
			"all":                  {},
			"deep":                 {Before: events / 2},
			"event":                {Events: []event.Name{"password_changed"}},
			"person":               {Person: person},
			"person and event":     {Person: person, Events: []event.Name{"sign_out"}},
			"nobody":               {Person: "nobody"},
			"time":                 {From: middle.Add(-24 * time.Hour), To: middle},
			"event and time":       {Events: []event.Name{"user_updated"}, To: middle},
			"event that never was": {Events: []event.Name{"user_banned"}, From: middle},
		} {
			b.Run("list/"+name, func(b *testing.B) {
				for b.Loop() {
					r.Entries(q)
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
	})
}
