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

// All calls some, which deletes at most Batch rows, until it deletes fewer or ctx ends.
func All(ctx context.Context, some func() *gorm.DB) error {
	return Few(ctx, Batch, func() (int64, error) {
		done := some()
		return done.RowsAffected, done.Error
	})
}

// Few is All for rows that take more than one statement each: some deletes at most most of them and returns how many.
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
