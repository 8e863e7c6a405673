// Package purge deletes many rows a few at a time, so that whoever else wants to write waits for a few milliseconds only.
package purge

import (
	"context"
	"time"

	"gorm.io/gorm"
)

const (
	// Batch is how many rows one statement may delete.
	Batch = 1000
	pause = 20 * time.Millisecond // between two statements, for others
)

// All calls some, which deletes at most Batch rows, until it finds fewer, or ctx ends.
func All(ctx context.Context, some func() *gorm.DB) error {
	return Few(ctx, Batch, func() (int64, error) {
		done := some()
		return done.RowsAffected, done.Error
	})
}

// Few is All for rows that cost more than one statement: some deletes at most most of them, and tells how many.
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
