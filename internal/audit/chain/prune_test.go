package chain_test

import (
	"testing"
	"time"

	"example.com/foyer/internal/audit"
	"example.com/foyer/internal/audit/audittest"
	"example.com/foyer/internal/audit/chain"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// Prune deletes events with their personal data, records that, and leaves a whole trail.
func TestPrune(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newTrail(t, db)
		const day = 24 * time.Hour
		r.Fill(2100) // more than one batch
		r.Advance(10 * day)
		for i := range 3 {
			r.Write(r.Log, audittest.Sample(i))
		}
		first := r.Clock().Truncate(day)
		noted := r.wantWhole(2103).Head
		for _, before := range []time.Time{first, first.Add(-6 * day), first.Add(30 * day)} {
			if n, err := r.Prune(t.Context(), before); err == nil || n != 0 {
				t.Errorf("%v: %d pruned, though it is less than a week ago", before, n)
			}
		}
		if n, err := r.Prune(t.Context(), first.Add(-20*day)); n != 0 || err != nil {
			t.Errorf("%d pruned, %v, where nothing is older", n, err)
		}
		r.wantWhole(2103)
		for _, want := range []int64{2100, 0} {
			if n, err := r.Prune(t.Context(), first.Add(-7*day)); n != want || err != nil {
				t.Errorf("%d pruned, %v; want %d", n, err, want)
			}
			if report := r.wantWhole(4); report.Pruned != 2100 {
				t.Errorf("%+v", report)
			}
		}
		if _, err := r.Verify(t.Context(), noted); err != nil {
			t.Error(err)
		}
		e := r.Entries(audit.Query{Limit: 1})[0]
		if e.Name != chain.EventPruned || e.Detail != "2100 events before 2031-03-05" {
			t.Errorf("%+v", e)
		}
		var personal int64
		if db.Table("audit_private").Count(&personal); personal != 3*3+1 {
			t.Errorf("%d rows of personal data are left", personal)
		}
		r.Write(r.Log, audittest.Sample(1))
		r.wantWhole(5)
		r.Exec("DELETE FROM audit_events WHERE seq = 2101")
		r.wantTampering("pruned by hand", 2101, "missing")
		r.Advance(30 * day)
		if n, err := r.Prune(t.Context(), r.Clock().Add(-8*day)); err == nil || n != 0 {
			t.Errorf("%d events of a broken trail are pruned", n)
		}
	})
}

// TestPruneMeetsAChange: where another process prunes or alters the trail after Prune has verified it, Prune deletes no
// further event.
func TestPruneMeetsAChange(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newTrail(t, db)
		day := r.Clock().Add(24 * time.Hour)
		r.Fill(2100) // one a minute
		first := r.Chain
		r.restart(authtest.Secret)
		// meet prunes all by the first process, and runs change before the nth read of a table.
		meet := func(table string, n int, change func(tx *gorm.DB)) (int64, error) {
			r.Advance(10 * 24 * time.Hour)
			err := db.Callback().Query().Before("gorm:query").Register("test:meet", func(tx *gorm.DB) {
				if tx.Statement.Table != table {
					return
				}
				if n--; n == 0 {
					change(tx.Session(&gorm.Session{NewDB: true}))
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Callback().Query().Remove("test:meet")
			return first.Prune(t.Context(), r.Clock().AddDate(0, 0, -8))
		}
		// The head is read to verify, to record and by each cut.
		n, err := meet("audit_head", 4, func(tx *gorm.DB) { tx.Exec("UPDATE audit_head SET link = 'x'") })
		if n != 1000 || err == nil {
			t.Errorf("altered between two cuts: %d pruned, %v", n, err)
		}
		r.wantWhole(1101)
		n, err = meet("audit_events", 1, func(*gorm.DB) {
			if n, err := r.Prune(t.Context(), day); n != 440 || err != nil {
				t.Errorf("the other process: %d pruned, %v", n, err)
			}
		})
		if n != 0 || err == nil {
			t.Errorf("pruned by another process: %d pruned, %v", n, err)
		}
		r.wantWhole(662)
	})
}
