package audit_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"example.com/foyer/internal/audit/audittest"
	"example.com/foyer/internal/database/dbtest"
)

// While a transaction holds the lock, the others of its process wait outside the database. A queue in the database
// would outlast a frozen process: each of those that wait would hold the lock in turn.
func TestOneAsksForTheLock(t *testing.T) {
	t.Parallel()
	r := audittest.New(t, dbtest.Open(t, dbtest.Postgres(t)))
	first := r.DB.Begin()
	defer first.Rollback()
	for i := range 2 { // a transaction may record several events
		if err := r.Record(first, audittest.Sample(i)); err != nil {
			t.Fatal(err)
		}
	}
	ctx, leave := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	for range 3 {
		tx := r.DB.WithContext(ctx).Begin()
		waiting.Go(func() {
			defer tx.Rollback()
			if err := r.Record(tx, audittest.Sample(9)); !errors.Is(err, context.Canceled) {
				t.Errorf("a visitor who left: %v", err)
			}
		})
	}
	idle := func() (n int64) {
		err := r.DB.Raw(`SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND state = 'idle in transaction'`).Scan(&n).Error
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for deadline := time.Now().Add(30 * time.Second); idle() < 4; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("transactions wait in the database")
		}
	}
	leave()
	waiting.Wait()
	if err := first.Commit().Error; err != nil {
		t.Fatal(err)
	}
	r.Write(r.Log, audittest.Sample(2))
	r.WantRows(3)
}
