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

// turns is the pool as GORM sees it. Writers wait here for a turn, without a connection, so that readers always find
// one. Otherwise writers that wait for SQLite's one write lock, or for a row lock of PostgreSQL, would occupy all
// connections.
type turns struct {
	*sql.DB
	busy   chan struct{} // one element per writer; its capacity is the most
	bounds *bounds
	opened // on SQLite
}

// opened is an SQLite file as it was opened.
type opened struct {
	path string
	file os.FileInfo
}

// turnsOf returns the pool of db.
func turnsOf(db *gorm.DB) *turns {
	pool := db.ConnPool
	if prepared, ok := pool.(*gorm.PreparedStmtDB); ok {
		pool = prepared.ConnPool
	}
	t, _ := pool.(*turns)
	return t
}

// take waits for a turn. give ends it; further calls of give do nothing.
func (t *turns) take(ctx context.Context) (give func(), err error) {
	select {
	case t.busy <- struct{}{}:
		return sync.OnceFunc(func() { <-t.busy }), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// GetDBConn implements gorm.GetDBConnector.
func (t *turns) GetDBConn() (*sql.DB, error) { return t.DB, nil }

// prepareTime is the limit for preparing a statement, including the wait for a connection.
const prepareTime = 4 * time.Second

// PrepareContext implements gorm.ConnPool for GORM's statement cache. It ignores the end of ctx, because other callers
// wait for the same statement.
func (t *turns) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), prepareTime)
	defer cancel()
	return t.DB.PrepareContext(ctx, query)
}

// BeginTx implements gorm.ConnPoolBeginner. A transaction that only reads needs no turn.
func (t *turns) BeginTx(ctx context.Context, options *sql.TxOptions) (gorm.ConnPool, error) {
	if options != nil && options.ReadOnly {
		return t.begin(ctx, options, func() {})
	}
	give, err := t.take(ctx)
	if err != nil {
		return nil, err
	}
	tx, err := t.begin(ctx, options, give)
	if err != nil {
		give()
	}
	return tx, err
}

func (t *turns) begin(ctx context.Context, options *sql.TxOptions, give func()) (gorm.ConnPool, error) {
	opening := t.bounds.opening()
	tx, err := t.DB.BeginTx(ctx, options)
	if err != nil {
		return nil, err
	}
	if opening != "" {
		if _, err := tx.ExecContext(ctx, opening); err != nil {
			tx.Rollback()
			return nil, err
		}
	}
	return &turn{Tx: tx, ctx: ctx, pool: t.DB, give: give}, nil
}

// turn is a transaction that ends its turn with itself.
type turn struct {
	*sql.Tx
	ctx  context.Context
	pool *sql.DB
	give func()

	committed bool
}

// AtEnd calls fn when the transaction has ended. committed is false if it was rolled back or the result is unknown.
func (t *turn) AtEnd(fn func(committed bool)) {
	give := t.give
	t.give = sync.OnceFunc(func() {
		fn(t.committed)
		give()
	})
}

// GetDBConn implements gorm.GetDBConnector.
func (t *turn) GetDBConn() (*sql.DB, error) { return t.pool, nil }

// Commit implements gorm.TxCommitter. database/sql rolls back when ctx ends; Commit returns the error of ctx then.
func (t *turn) Commit() error {
	defer t.give()
	err := t.Tx.Commit()
	t.committed = err == nil
	if errors.Is(err, sql.ErrTxDone) && t.ctx.Err() != nil {
		return t.ctx.Err()
	}
	return err
}

// Rollback implements gorm.TxCommitter.
func (t *turn) Rollback() error {
	defer t.give()
	return t.Tx.Rollback()
}

// register makes statements that write wait for a turn. Those in a transaction have its turn.
func (t *turns) register(db *gorm.DB) error {
	c := db.Callback()
	return errors.Join(
		c.Create().Replace("gorm:create", t.around(c.Create().Get("gorm:create"))),
		c.Update().Replace("gorm:update", t.around(c.Update().Get("gorm:update"))),
		c.Delete().Replace("gorm:delete", t.around(c.Delete().Get("gorm:delete"))),
		c.Raw().Replace("gorm:raw", t.around(c.Raw().Get("gorm:raw"))),
	)
}

func (t *turns) around(write func(*gorm.DB)) func(*gorm.DB) {
	return func(db *gorm.DB) {
		if _, inside := db.Statement.ConnPool.(gorm.TxCommitter); inside || db.Error != nil || db.DryRun {
			write(db)
			return
		}
		give, err := t.take(db.Statement.Context)
		if err != nil {
			db.AddError(err)
			return
		}
		defer give()
		write(db)
	}
}
