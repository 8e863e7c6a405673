package auth

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"example.com/foyer/internal/auth/event"
	"gorm.io/gorm"
)

// UserQuery says which users to list. The zero value lists the first 100.
type UserQuery struct {
	Text       string // a part of name or e-mail, whatever its case
	Role       string // one that they have
	Banned     bool   // only who is
	Unverified bool   // only whose address is not

	Search         string // a part of SearchField, whatever its case
	SearchField    string // email (default) or name
	SearchOperator string // contains (default), starts_with or ends_with

	Filter         any    // a value, or several as []any for in and not_in; nil for no filter
	FilterField    string // a column: id, name, email (default), emailVerified, role, banned, createdAt or updatedAt
	FilterOperator string // eq (default), ne, lt, lte, gt, gte, in, not_in, contains, starts_with or ends_with

	Sort       string // a column; default by id
	Descending bool
	Limit      int // 1 to 100; 0 means 100
	Offset     int
}

// Users lists users and counts all that match. Text is ordered byte by byte, alike on every database. Refusals: 400
// VALIDATION_ERROR for columns, operators, values and bounds that are none.
func (a *Auth) Users(ctx context.Context, q UserQuery) (users []User, total int64, err error) {
	if q.Limit < 0 || q.Limit > 100 {
		return nil, 0, badQuery("limit", "a number from 1 to 100")
	}
	if q.Offset < 0 {
		return nil, 0, badQuery("offset", "a number from 0 on")
	}
	set(&q.Limit, 100)
	order, err := q.order(a.db.Name())
	if err != nil {
		return nil, 0, err
	}
	where, err := a.matching(ctx, q, "")
	if err != nil {
		return nil, 0, err
	}
	users = []User{}
	page := func(where *gorm.DB) *gorm.DB { return where.Order(order).Limit(q.Limit).Offset(q.Offset) }
	if q.Text+q.Search != "" { // no index helps, and two passes are too many: where few match, the first finds them all
		var few []string
		if err := where().Limit(fewUsers+1).Pluck("id", &few).Error; err != nil {
			return nil, 0, err
		}
		if len(few) <= fewUsers {
			pool, err := a.db.DB()
			if err != nil {
				return nil, 0, err
			}
			unprepared := a.db.WithContext(ctx)
			unprepared.Statement.ConnPool = pool // else each number of ids is a statement that is kept for an hour
			return users, int64(len(few)), page(unprepared.Where("id IN ?", few)).Find(&users).Error
		}
	}
	if err := where().Count(&total).Error; err != nil {
		return nil, 0, err
	}
	if total > fewUsers && a.db.Name() == "sqlite" { // it would sort them all; walked in order, a page is soon full
		if where, err = a.matching(ctx, q, "+"); err != nil {
			return nil, 0, err
		}
	}
	// Only the rows of the page are read whole: a deep one skips along the index.
	err = a.db.WithContext(ctx).Where("id IN (?)", page(where().Select("id"))).Order(order).Find(&users).Error
	return users, total, err
}

// fewUsers is how many matches are found first and sorted then.
const fewUsers = 2000

// batchTime is how long the database may take over one batch of an export: as long as over a whole request.
const (
	batchTime  = 8 * time.Second
	exportSize = 1000 // users in a batch
)

// ExportUsers yields every user that matches q, the oldest first, in batches: neither memory nor a connection is held for
// long, however many there are. Sort, Limit and Offset of q do not count. That by takes them all is an event. ctx should
// have no deadline: each batch has one of its own.
func (a *Auth) ExportUsers(ctx context.Context, by *Session, q UserQuery) iter.Seq2[*User, error] {
	return func(yield func(*User, error) bool) {
		where, err := a.beginExport(ctx, by, q)
		if err != nil {
			yield(nil, err)
			return
		}
		for last := (User{}); ; {
			batch, err := exportBatch(ctx, where(), last)
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
			last = batch[len(batch)-1]
		}
	}
}

func (a *Auth) beginExport(ctx context.Context, by *Session, q UserQuery) (func() *gorm.DB, error) {
	ctx, cancel := context.WithTimeout(ctx, batchTime)
	defer cancel()
	where, err := a.matching(ctx, q, "")
	if err != nil {
		return nil, err
	}
	return where, a.recordEvent(ctx, by.actor(), event.UsersExported, "")
}

// exportBatch reads the users that follow last, by age and id.
func exportBatch(ctx context.Context, where *gorm.DB, last User) (batch []User, err error) {
	ctx, cancel := context.WithTimeout(ctx, batchTime)
	defer cancel()
	after := where.WithContext(ctx).Where("(created_at, id) > (?, ?)", last.CreatedAt, last.ID)
	err = after.Order("created_at, id").Limit(exportSize).Find(&batch).Error
	return batch, err
}

// matching gives the condition of q, anew at each call. walk is put before the columns of yes and no: "+" keeps SQLite
// from their index.
func (a *Auth) matching(ctx context.Context, q UserQuery, walk string) (func() *gorm.DB, error) {
	where := a.db.WithContext(ctx).Model(&User{})
	if q.Text != "" {
		if asText(q.Text) == nil {
			return nil, badQuery("text", "text")
		}
		pattern, _ := likePattern("contains", strings.ToLower(q.Text))
		where = where.Where(`search LIKE ? ESCAPE '\'`, pattern)
	}
	if q.Role != "" {
		lists, err := a.rolesWith(ctx, q.Role)
		if err != nil {
			return nil, err
		}
		where = where.Where(walk+"role IN ?", lists)
	}
	if q.Banned {
		where = where.Where(walk+"banned = ?", true)
	}
	if q.Unverified {
		where = where.Where(walk+"email_verified = ?", false)
	}
	where, err := q.search(where)
	if err == nil && q.Filter != nil {
		where, err = q.filter(where)
	}
	return func() *gorm.DB { return where.Session(&gorm.Session{}) }, err
}

// rolesWith lists the comma lists in use that hold a role. It leaps from one to the next along their index.
func (a *Auth) rolesWith(ctx context.Context, role string) ([]string, error) {
	var all []string
	err := a.db.WithContext(ctx).Raw(`
		WITH RECURSIVE lists (role) AS (
			SELECT MIN(role) FROM users
			UNION ALL
			SELECT (SELECT MIN(u.role) FROM users u WHERE u.role > lists.role) FROM lists WHERE lists.role IS NOT NULL
		)
		SELECT role FROM lists WHERE role IS NOT NULL`).Scan(&all).Error
	with := slices.DeleteFunc(all, func(list string) bool { return !(&User{Role: list}).HasRole(role) })
	return with, err
}
