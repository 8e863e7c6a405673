package auth_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync/atomic"
	"testing"

	"example.com/foyer/internal/auth"
	"gorm.io/gorm"
)

// lossy is a pool whose commits, while lost is set, succeed and are not heard of.
type lossy struct {
	*sql.DB
	lost *atomic.Bool
}

func (p lossy) BeginTx(ctx context.Context, o *sql.TxOptions) (gorm.ConnPool, error) {
	tx, err := p.DB.BeginTx(ctx, o)
	return &lossyTx{tx, p.lost}, err
}

func (p lossy) GetDBConn() (*sql.DB, error) { return p.DB, nil }

type lossyTx struct {
	*sql.Tx
	lost *atomic.Bool
}

func (t *lossyTx) Commit() error {
	err := t.Tx.Commit()
	if err == nil && t.lost.Load() {
		err = driver.ErrBadConn
	}
	return err
}

// A connection may break between a commit and the word of it: the session is gone then, and so must its copies be.
func TestACommitNobodyHeardOfVoidsCopiesToo(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	r.SignUp("ada@example.com")
	pool, err := r.db.DB()
	prepared, ok := r.db.ConnPool.(*gorm.PreparedStmtDB)
	if err != nil || !ok {
		t.Fatalf("%T, %v", r.db.ConnPool, err)
	}
	var lost atomic.Bool
	prepared.ConnPool = lossy{pool, &lost}
	thief := r.Copy()
	r.clock.advance(1)
	r.wantWho("before", thief, "ada@example.com")
	lost.Store(true)
	if got := post(r.Client, "/sign-out", `{}`); got.StatusCode < 500 || r.count(&auth.Session{}) != 0 {
		t.Fatalf("%d %s, %d sessions", got.StatusCode, got.Text, r.count(&auth.Session{}))
	}
	lost.Store(false)
	r.wantWho("afterwards", thief, "")
}

// TestRefusalsAfterTheCommit: what is written before a refusal of Tx.Refuse stays, unless the transaction fails; then
// its error counts. Of two statements that spend a row, RefuseNone refuses the second.
func TestRefusalsAfterTheCommit(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	id := r.SignUp("ada@example.com")
	refusal, fault := errors.New("refusal"), errors.New("fault")
	for _, c := range []struct{ fails, want error }{{fault, fault}, {nil, refusal}, {nil, refusal}} {
		err := r.auth.Transact(t.Context(), func(tx *auth.Tx) error {
			tx.Refuse(refusal)
			return errors.Join(c.fails, tx.Where("user_id = ?", id).Delete(&auth.Session{}).Error)
		})
		if left := r.count(&auth.Session{}); !errors.Is(err, c.want) || (left == 0) != (c.fails == nil) {
			t.Errorf("%v, %d sessions are left", err, left)
		}
	}
	spend := func() error { return auth.RefuseNone(r.db.Where("id = ?", id).Delete(&auth.User{}), refusal) }
	if first, second := spend(), spend(); first != nil || second != refusal {
		t.Errorf("first %v, second %v", first, second)
	}
}
