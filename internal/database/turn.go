package database

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"sync"
	"time"

	"gorm.io/gorm"
)

// writerPool is GORM's connection pool with a limit on writers. A writer waits for a turn before it takes a connection.
// Otherwise writers that wait for SQLite's one write lock, or for a row lock of PostgreSQL, would occupy all
// connections, and readers would get none.
type writerPool struct {
	*sql.DB
	turns  chan struct{} // one element per writer; its capacity is the most
	bounds *bounds
	file   sqliteFile
}

// sqliteFile is an SQLite file as it was opened; zero on PostgreSQL.
type sqliteFile struct {
	path string
	info os.FileInfo
}

// writerPoolOf returns the pool of db.
func writerPoolOf(db *gorm.DB) *writerPool {
	pool := db.ConnPool
	if prepared, ok := pool.(*gorm.PreparedStmtDB); ok {
		pool = prepared.ConnPool
	}
	p, _ := pool.(*writerPool)
	return p
}

// acquire waits for a turn. release frees it. A second call does nothing, because GORM rolls back after a commit that
// failed.
func (p *writerPool) acquire(ctx context.Context) (release func(), err error) {
	select {
	case p.turns <- struct{}{}:
		return sync.OnceFunc(func() { <-p.turns }), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// GetDBConn implements gorm.GetDBConnector.
func (p *writerPool) GetDBConn() (*sql.DB, error) { return p.DB, nil }

// prepareTime is the limit for preparing a statement, including the wait for a connection.
const prepareTime = 4 * time.Second

// PrepareContext implements gorm.ConnPool for GORM's statement cache. GORM shares a prepared statement among callers,
// so one cancelled request must not cancel it for the others.
func (p *writerPool) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), prepareTime)
	defer cancel()
	return p.DB.PrepareContext(ctx, query)
}

// BeginTx implements gorm.ConnPoolBeginner. A transaction that only reads needs no turn.
func (p *writerPool) BeginTx(ctx context.Context, options *sql.TxOptions) (gorm.ConnPool, error) {
	if options != nil && options.ReadOnly {
		return p.begin(ctx, options, func() {})
	}
	release, err := p.acquire(ctx)
	if err != nil {
		return nil, err
	}
	tx, err := p.begin(ctx, options, release)
	if err != nil {
		release()
	}
	return tx, err
}

func (p *writerPool) begin(ctx context.Context, options *sql.TxOptions, release func()) (gorm.ConnPool, error) {
	opening := p.bounds.opening()
	tx, err := p.DB.BeginTx(ctx, options)
	if err != nil {
		return nil, err
	}
	if opening != "" {
		if _, err := tx.ExecContext(ctx, opening); err != nil {
			tx.Rollback()
			return nil, err
		}
	}
	return &writerTx{Tx: tx, ctx: ctx, pool: p.DB, release: release}, nil
}

// writerTx is a transaction that frees its turn when it ends.
type writerTx struct {
	*sql.Tx
	ctx     context.Context
	pool    *sql.DB
	release func()

	committed bool
}

// AtEnd calls fn once, after the commit or roll-back and before the turn is free, so fn must not write. committed is
// false if the transaction was rolled back or the outcome is unknown.
func (t *writerTx) AtEnd(fn func(committed bool)) {
	release := t.release
	t.release = sync.OnceFunc(func() {
		fn(t.committed)
		release()
	})
}

// GetDBConn implements gorm.GetDBConnector.
func (t *writerTx) GetDBConn() (*sql.DB, error) { return t.pool, nil }

// Commit implements gorm.TxCommitter. If the context ended first, database/sql has rolled back. Commit then returns the
// context's error, so that the caller sees a time-out.
func (t *writerTx) Commit() error {
	defer t.release()
	err := t.Tx.Commit()
	t.committed = err == nil
	if errors.Is(err, sql.ErrTxDone) && t.ctx.Err() != nil {
		return t.ctx.Err()
	}
	return err
}

// Rollback implements gorm.TxCommitter.
func (t *writerTx) Rollback() error {
	defer t.release()
	return t.Tx.Rollback()
}

// register makes Create, Update, Delete and Exec wait for a turn outside a transaction. Raw(...).Scan does not wait, so
// do not write with it.
func (p *writerPool) register(db *gorm.DB) error {
	c := db.Callback()
	return errors.Join(
		c.Create().Replace("gorm:create", p.around(c.Create().Get("gorm:create"))),
		c.Update().Replace("gorm:update", p.around(c.Update().Get("gorm:update"))),
		c.Delete().Replace("gorm:delete", p.around(c.Delete().Get("gorm:delete"))),
		c.Raw().Replace("gorm:raw", p.around(c.Raw().Get("gorm:raw"))),
	)
}

func (p *writerPool) around(write func(*gorm.DB)) func(*gorm.DB) {
	return func(db *gorm.DB) {
		if _, inside := db.Statement.ConnPool.(gorm.TxCommitter); inside || db.Error != nil || db.DryRun {
			write(db)
			return
		}
		release, err := p.acquire(db.Statement.Context)
		if err != nil {
			db.AddError(err)
			return
		}
		defer release()
		write(db)
	}
}
