package chain_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"example.com/foyer/internal/audit/audittest"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

const putBack = "put back to an earlier state"

// An attacker puts head and rows back to a state in which they fit each other. The process that wrote what is gone
// logs it, once.
func TestRollBackOfARunningServerIsLogged(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newTrail(t, db)
		var log bytes.Buffer
		l := r.Log
		l.Logger = slog.New(slog.NewTextHandler(&log, nil))
		r.restart(authtest.Secret)
		r.Write(l, audittest.Sample(1))
		r.Exec("CREATE TABLE earlier AS SELECT * FROM audit_head")
		r.Write(l, audittest.Sample(2))
		r.Exec("DELETE FROM audit_private WHERE seq > 1")
		r.Exec("DELETE FROM audit_events WHERE seq > 1")
		r.Exec("DELETE FROM audit_head")
		r.Exec("INSERT INTO audit_head SELECT * FROM earlier")
		r.wantWhole(1)
		r.Write(l, audittest.Sample(3))
		if n := strings.Count(log.String(), putBack); n != 1 {
			t.Errorf("logged %d times: %s", n, &log)
		}
		r.Write(l, audittest.Sample(4))
		r.Write(r.Log, audittest.Sample(5)) // another process goes on
		r.Write(l, audittest.Sample(6))
		if n := strings.Count(log.String(), putBack); n != 1 {
			t.Errorf("afterwards logged %d times: %s", n, &log)
		}
	})
}

// Neither a rolled back transaction, nor events of other processes, nor several events in a transaction count as put
// back.
func TestAnUndoneEventIsNoRollBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newTrail(t, db)
		var log bytes.Buffer
		l := r.Log
		l.Logger = slog.New(slog.NewTextHandler(&log, nil))
		r.restart(authtest.Secret)
		undone := errors.New("undone")
		for i := range 3 {
			r.Write(l, audittest.Sample(i))
			err := db.WithContext(t.Context()).Transaction(func(tx *gorm.DB) error {
				return errors.Join(l.Record(tx, audittest.Sample(7)), l.Record(tx, audittest.Sample(8)), undone)
			})
			if !errors.Is(err, undone) {
				t.Fatal(err)
			}
			r.Write(r.Log, audittest.Sample(9))
			err = db.WithContext(t.Context()).Transaction(func(tx *gorm.DB) error {
				return errors.Join(l.Record(tx, audittest.Sample(7)), l.Record(tx, audittest.Sample(8)))
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if strings.Contains(log.String(), putBack) {
			t.Error(log.String())
		}
	})
}
