package database

import (
	"database/sql"
	"errors"
	"strings"
	"time"

	"example.com/foyer/internal/errs"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/ncruces/go-sqlite3"
	"gorm.io/gorm"
)

// dialect adds the number of connections, turns for writers and the translation of outages to a GORM dialect.
type dialect struct {
	dialector
	conns, writers int // the most, at the same time
	bounds         *bounds
	file           sqliteFile
}

// dialector is what both of GORM's dialects implement.
type dialector interface {
	gorm.Dialector
	gorm.ErrorTranslator
	gorm.SavePointerDialectorInterface
}

// Initialize implements gorm.Dialector.
func (d dialect) Initialize(db *gorm.DB) error {
	if err := d.dialector.Initialize(db); err != nil {
		return err
	}
	pool := db.ConnPool.(*sql.DB)
	pool.SetMaxOpenConns(d.conns)
	pool.SetMaxIdleConns(d.conns)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	p := &writerPool{pool, make(chan struct{}, d.writers), d.bounds, d.file}
	db.ConnPool = p
	rows := db.Callback().Row()
	return errors.Join(p.register(db), rows.Replace("gorm:row", translated(rows.Get("gorm:row"))))
}

// translated translates the errors of Rows and Row. GORM translates only those of its other methods.
func translated(query func(*gorm.DB)) func(*gorm.DB) {
	return func(db *gorm.DB) {
		before := db.Error
		query(db)
		if err := db.Error; before == nil && err != nil {
			db.Error = nil
			db.AddError(err) // translates
		}
	}
}

// Translate implements gorm.ErrorTranslator.
func (d dialect) Translate(err error) error {
	var known *errs.Error
	if errors.As(err, &known) {
		return err
	}
	if outage(err) {
		return errs.Unavailable(err)
	}
	if restricted(err) {
		return gorm.ErrForeignKeyViolated
	}
	return d.dialector.Translate(err)
}

// restricted reports whether ON DELETE RESTRICT kept a row. GORM's dialects do not know its codes: SQLite raises it like
// a trigger, and PostgreSQL has called it restrict_violation since version 18.
func restricted(err error) bool {
	var state *pgconn.PgError
	if errors.As(err, &state) {
		return state.Code == "23001"
	}
	return errors.Is(err, sqlite3.CONSTRAINT_TRIGGER) && strings.HasSuffix(err.Error(), "FOREIGN KEY constraint failed")
}
