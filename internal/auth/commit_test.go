package auth_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"testing"

	"example.com/foyer/internal/auth"
	"gorm.io/gorm"
)

// hookedPool is a pool that calls after behind each commit. The error of after is that of the commit.
type hookedPool struct {
	*sql.DB
	after func() error
}

func (p hookedPool) BeginTx(ctx context.Context, o *sql.TxOptions) (gorm.ConnPool, error) {
	tx, err := p.DB.BeginTx(ctx, o)
	return &hookedTx{tx, p.after}, err
}

func (p hookedPool) GetDBConn() (*sql.DB, error) { return p.DB, nil }

type hookedTx struct {
	*sql.Tx
	after func() error
}

func (t *hookedTx) Commit() error {
	if err := t.Tx.Commit(); err != nil {
		return err
	}
	return t.after()
}

// afterCommit calls fn behind each commit of an SQLite. The error of fn is that of the commit.
func afterCommit(t *testing.T, db *gorm.DB, fn func() error) {
	t.Helper()
	pool, err := db.DB()
	prepared, ok := db.ConnPool.(*gorm.PreparedStmtDB)
	if err != nil || !ok {
		t.Fatalf("%T, %v", db.ConnPool, err)
	}
	prepared.ConnPool = hookedPool{pool, fn}
}

// A connection may break between a commit and the word of it: the session is gone then, and so must its copies be.
func TestACommitNobodyHeardOfVoidsCopiesToo(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	r.SignUp("ada@example.com")
	var lost error
	afterCommit(t, r.db, func() error { return lost })
	thief := r.Copy()
	r.clock.advance(1)
	r.wantWho("before", thief, "ada@example.com")
	lost = driver.ErrBadConn
	if got := post(r.Client, "/sign-out", `{}`); got.StatusCode < 500 || r.count(&auth.Session{}) != 0 {
		t.Fatalf("%d %s, %d sessions", got.StatusCode, got.Text, r.count(&auth.Session{}))
	}
	lost = nil
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
