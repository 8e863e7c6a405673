package auth_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
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
