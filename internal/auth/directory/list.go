// Package directory lists, searches and exports users. It only reads. It knows the columns of the table and nothing
// of what users do; T is the row that its caller wants, such as auth.User.
package directory

import (
	"context"
	"iter"
	"time"

	"gorm.io/gorm"
)

const (
	MaxLimit   = 100             // users in a page
	BatchTime  = 8 * time.Second // for the database to read one batch of an export: as long as a request may take
	exportSize = 1000            // users in a batch
	fewUsers   = 2000            // a search that finds at most so many sorts them afterwards
)

// List returns a page of the users that q selects, and how many it selects in all.
func List[T any](ctx context.Context, db *gorm.DB, q Query) (users []T, total int64, err error) {
	users, db = []T{}, db.WithContext(ctx)
	roles, err := q.roles(ctx, db)
	if err != nil {
		return nil, 0, err
	}
	selected := q.selected(db, roles, "")
	if q.substring() { // reads all rows: if few match, one pass finds them, instead of one to count and one to list
		var few []string
		if err := selected.Limit(fewUsers+1).Pluck("id", &few).Error; err != nil {
			return nil, 0, err
		}
		if len(few) <= fewUsers {
			err := find(db, q, few, &users)
			return users, int64(len(few)), err
		}
	}
	if err := selected.Count(&total).Error; err != nil {
		return nil, 0, err
	}
	if total > fewUsers && db.Name() == "sqlite" {
		// SQLite would filter by an index and sort every match. Without one it walks the index of q.Sort, and a page
		// is soon full.
		selected = q.selected(db, roles, "+")
	}
	// Only the rows of the page are read whole: a page far behind skips along the index.
	page := q.page(selected.Select("id"))
	err = db.Table("users").Where("id IN (?)", page).Order(q.order(db.Name())).Find(&users).Error
	return users, total, err
}

// find reads a page of the users with these ids. The statement is not prepared: each number of ids would be one more
// that is kept for an hour.
func find[T any](db *gorm.DB, q Query, ids []string, users *[]T) error {
	pool, err := db.DB()
	if err != nil {
		return err
	}
	unprepared := db.Table("users")
	unprepared.Statement.ConnPool = pool
	return q.page(unprepared.Where("id IN ?", ids)).Find(users).Error
}

// Export yields every user that q selects, the oldest first. It reads in batches, so that it needs neither much
// memory nor a connection for long. Sort, Limit and Offset of q do not count. Each batch may take BatchTime, so ctx
// should have no deadline. key is when a user was created, and the id.
func Export[T any](
	ctx context.Context, db *gorm.DB, q Query, key func(*T) (time.Time, string),
) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		var createdAt time.Time
		for id := ""; ; {
			batch, err := readBatch[T](ctx, db, q, createdAt, id)
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range batch {
				if !yield(&batch[i], nil) {
					return
				}
			}
			if len(batch) < exportSize {
				return
			}
			createdAt, id = key(&batch[len(batch)-1])
		}
	}
}

// readBatch reads the users that follow one who was created then.
func readBatch[T any](
	ctx context.Context, db *gorm.DB, q Query, createdAt time.Time, id string,
) (batch []T, err error) {
	ctx, cancel := context.WithTimeout(ctx, BatchTime)
	defer cancel()
	roles, err := q.roles(ctx, db)
	if err != nil {
		return nil, err
	}
	following := q.selected(db.WithContext(ctx), roles, "").Where("(created_at, id) > (?, ?)", createdAt, id)
	err = following.Order("created_at, id").Limit(exportSize).Find(&batch).Error
	return batch, err
}
