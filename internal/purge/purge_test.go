package purge_test

import (
	"context"
	"errors"
	"testing"

	"example.com/foyer/internal/purge"
	"gorm.io/gorm"
)

// TestAll: All continues while batches are full. It ends with a smaller batch, an error, or its context.
func TestAll(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		rows []int64
		last error
		want error
	}{
		"none":      {[]int64{0}, nil, nil},
		"few":       {[]int64{purge.Batch - 1}, nil, nil},
		"many":      {[]int64{purge.Batch, purge.Batch, 7}, nil, nil},
		"exactly":   {[]int64{purge.Batch, 0}, nil, nil},
		"broken":    {[]int64{purge.Batch, 0}, broken, broken},
		"cancelled": {[]int64{purge.Batch, purge.Batch}, context.Canceled, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			calls := 0
			err := purge.All(ctx, func() *gorm.DB {
				calls++
				done := &gorm.DB{RowsAffected: c.rows[calls-1]}
				if calls < len(c.rows) {
					return done
				}
				if c.last == context.Canceled {
					cancel()
				} else {
					done.Error = c.last
				}
				return done
			})
			if !errors.Is(err, c.want) || calls != len(c.rows) {
				t.Errorf("%d calls, %v; want %d, %v", calls, err, len(c.rows), c.want)
			}
		})
	}
}
