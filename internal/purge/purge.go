// Package purge deletes many rows in small batches, so that other writers wait for milliseconds only.
package purge

import (
	"context"
	"time"

	"gorm.io/gorm"
)

const (
	// Batch is the most rows that one statement may delete.
	Batch = 1000
	pause = 20 * time.Millisecond // between two statements, for other writers
)

// Where deletes the rows of a model that a condition names. key is the column of their primary key.
func Where(ctx context.Context, db *gorm.DB, model any, key, condition string, args ...any) error {
	db = db.WithContext(ctx)
	return Repeat(ctx, Batch, func() (int64, error) {
		some := db.Model(model).Select(key).Where(condition, args...).Limit(Batch)
		done := db.Where(key+" IN (?)", some).Delete(model)
		return done.RowsAffected, done.Error
	})
}

// Repeat calls some, which deletes at most most rows and returns how many, until it deletes fewer or ctx ends.
func Repeat(ctx context.Context, most int64, some func() (int64, error)) error {
	for {
		n, err := some()
		if err != nil || n < most {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}
