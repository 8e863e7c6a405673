package audit_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"example.com/foyer/internal/audit"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

const putBack = "put back to an earlier state"

// TestARollBackUnderARunningServerIsTold: who writes the database puts head and rows back, which fit each other then; the
// process that wrote what is gone says so, once.
func TestARollBackUnderARunningServerIsTold(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newTrail(t, db)
		var told bytes.Buffer
		l, err := audit.New(db, audit.Options{Secrets: []string{authtest.Secret}, Now: r.now, Logger: slog.New(slog.NewTextHandler(&told, nil))})
		if err != nil {
			t.Fatal(err)
		}
		r.record(l, sample(1))
		r.exec("CREATE TABLE earlier AS SELECT * FROM audit_head")
		r.record(l, sample(2))
		r.exec("DELETE FROM audit_private WHERE seq > 1")
		r.exec("DELETE FROM audit_events WHERE seq > 1")
		r.exec("DELETE FROM audit_head")
		r.exec("INSERT INTO audit_head SELECT * FROM earlier")
		r.wantWhole(1)
		r.record(l, sample(3))
		if n := strings.Count(told.String(), putBack); n != 1 {
			t.Errorf("told %d times: %s", n, &told)
		}
		r.record(l, sample(4))
		r.record(r.Log, sample(5)) // another process goes on
		r.record(l, sample(6))
		if n := strings.Count(told.String(), putBack); n != 1 {
			t.Errorf("afterwards told %d times: %s", n, &told)
		}
	})
}

// TestAnUndoneEventIsNoRollBack: what was never kept is not missed, nor what others write, nor several events at once.
func TestAnUndoneEventIsNoRollBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newTrail(t, db)
		var told bytes.Buffer
		l, err := audit.New(db, audit.Options{Secrets: []string{authtest.Secret}, Now: r.now, Logger: slog.New(slog.NewTextHandler(&told, nil))})
		if err != nil {
			t.Fatal(err)
		}
		undone := errors.New("undone")
		for i := range 3 {
			r.record(l, sample(i))
			err := db.WithContext(t.Context()).Transaction(func(tx *gorm.DB) error {
				return errors.Join(l.Record(tx, sample(7)), l.Record(tx, sample(8)), undone)
			})
			if !errors.Is(err, undone) {
				t.Fatal(err)
			}
			r.record(r.Log, sample(9))
			err = db.WithContext(t.Context()).Transaction(func(tx *gorm.DB) error {
				return errors.Join(l.Record(tx, sample(7)), l.Record(tx, sample(8)))
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if strings.Contains(told.String(), putBack) {
			t.Error(told.String())
		}
	})
}
