package database

import (
	"database/sql"
	"errors"
	"time"

	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

// dialect adds to a GORM dialect what no caller has to know: how many connections there are, whose turn it is to write, and
// the translation of outages.
type dialect struct {
	gorm.Dialector
	conns, writers int // at most, at once
	bounds         *bounds
	opened         opened
}

// Initialize implements gorm.Dialector.
func (d dialect) Initialize(db *gorm.DB) error {
	if err := d.Dialector.Initialize(db); err != nil {
		return err
	}
	pool := db.ConnPool.(*sql.DB)
	pool.SetMaxOpenConns(d.conns)
	pool.SetMaxIdleConns(d.conns)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	t := &turns{pool, make(chan struct{}, d.writers), d.bounds, d.opened}
	db.ConnPool = t
	rows := db.Callback().Row()
	return errors.Join(t.register(db), rows.Replace("gorm:row", translated(rows.Get("gorm:row"))))
}

// translated makes the errors of Rows and Row what those of all other methods are; GORM forgets them.
func translated(query func(*gorm.DB)) func(*gorm.DB) {
	return func(db *gorm.DB) {
		before := db.Error
		query(db)
		if err := db.Error; before == nil && err != nil {
			db.Error = nil
			db.AddError(err)
		}
	}
}

// Translate implements gorm.ErrorTranslator.
func (d dialect) Translate(err error) error {
	var known *errs.Error
	if errors.As(err, &known) {
		return err
	}
	if away(err) {
		return errs.Unavailable(err)
	}
	if t, ok := d.Dialector.(gorm.ErrorTranslator); ok {
		return t.Translate(err)
	}
	return err
}

// SavePoint implements gorm.SavePointerDialectorInterface.
func (d dialect) SavePoint(tx *gorm.DB, name string) error {
	return d.Dialector.(gorm.SavePointerDialectorInterface).SavePoint(tx, name)
}

// RollbackTo implements gorm.SavePointerDialectorInterface.
func (d dialect) RollbackTo(tx *gorm.DB, name string) error {
	return d.Dialector.(gorm.SavePointerDialectorInterface).RollbackTo(tx, name)
}
