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

// Rows deletes the rows of a model that meet a condition, Batch at a time. key is the column of their primary key. db
// has the context that ends it.
func Rows(db *gorm.DB, model any, key, condition string, args ...any) error {
	return Few(db.Statement.Context, Batch, func() (int64, error) {
		some := db.Model(model).Select(key).Where(condition, args...).Limit(Batch)
		done := db.Where(key+" IN (?)", some).Delete(model)
		return done.RowsAffected, done.Error
	})
}

// Few is Rows for rows that take more than one statement each. It calls some, which deletes at most most of them and
// returns how many, until some deletes fewer or ctx ends.
func Few(ctx context.Context, most int64, some func() (int64, error)) error {
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
