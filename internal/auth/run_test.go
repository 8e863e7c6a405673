package auth_test

import (
	"context"
	"sync/atomic"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// TestRunSurvivesAPanic: a purge that panics neither ends the program nor stays away, and the ear goes on hearing.
func TestRunSurvivesAPanic(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		var panics atomic.Int32
		again := make(chan struct{}, 100)
		err := db.Callback().Delete().Before("gorm:delete").Register("test:panic", func(*gorm.DB) {
			if panics.Add(1) == 1 {
				panic("a row too odd")
			}
			again <- struct{}{}
		})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Callback().Delete().Remove("test:panic")
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { r.auth.Run(ctx); close(ended) }()
		<-again
		cancel()
		<-ended
	})
}
