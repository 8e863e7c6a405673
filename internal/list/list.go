// Package list selects the rows of a list that is searched, sorted and divided into pages. A table of such rows has the
// columns id and search: search holds the texts of a row as text.Fold makes them, which no database can.
package list

import (
	"cmp"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"time"

	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/id"
	"example.com/foyer/internal/text"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Query selects rows.
type Query struct {
	Text          string // a part of their texts, in any case; "" for all
	Sort          string // a column; "" means id
	Descending    bool
	Limit, Offset int
}

// order is the order of the rows that q selects. Rows of the same value are in the order of their ids. Missing values
// come last, as in indexes of PostgreSQL; SQLite would begin with them.
func (q Query) order() clause.OrderBy {
	sql := "? ASC NULLS LAST, id ASC"
	if q.Descending {
		sql = "? DESC NULLS FIRST, id DESC"
	}
	column := clause.Column{Name: cmp.Or(q.Sort, "id")}
	return clause.OrderBy{Expression: clause.Expr{SQL: sql, Vars: []any{column}}}
}

// Page returns a page of the rows that q selects, and how many it selects in all.
func Page[T any](rows *gorm.DB, q Query) (page []T, total int64, err error) {
	rows = matching[T](rows, q)
	if err := rows.Count(&total).Error; err != nil {
		return nil, 0, err
	}
	err = rows.Clauses(q.order()).Limit(q.Limit).Offset(q.Offset).Find(&page).Error
	return page, total, err
}

// One returns the row with that id. If rows lack it, it is a 404, whose sentence begins with what, such as "Project".
func One[T any](rows *gorm.DB, key, what string) (*T, error) {
	if !id.Is(key) { // not every database accepts it
		return nil, errs.NotFound(what)
	}
	var row T
	err := rows.Where("id = ?", key).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, errs.NotFound(what)
	}
	return &row, err
}

// Lock is One for a transaction that changes the row: no other one that locks it comes in between, until this one ends.
// On SQLite it locks nothing, because there transactions run one after the other.
func Lock[T any](rows *gorm.DB, key, what string) (*T, error) {
	return One[T](rows.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate}), key, what)
}

// Change runs f in a transaction. It is a 422 where what f writes breaks a rule of the tables: a row that it refers to is
// missing or refers to it (REFERENCE_BROKEN), or a unique value is taken (ALREADY_EXISTS).
func Change(db *gorm.DB, f func(tx *gorm.DB) error) error {
	err := db.Transaction(f)
	var refusal *errs.Error
	switch {
	case errors.Is(err, gorm.ErrForeignKeyViolated):
		refusal = errs.New(http.StatusUnprocessableEntity, "REFERENCE_BROKEN",
			"This belongs to something that was deleted meanwhile, or something else still belongs to this.")
	case errors.Is(err, gorm.ErrDuplicatedKey):
		refusal = errs.New(http.StatusUnprocessableEntity, "ALREADY_EXISTS", "There is one like this already.")
	default:
		return err
	}
	refusal.Err = err
	return refusal
}

// updatedAt is the field of an input that has the time of the last change of its row.
const updatedAt = "updated_at"

// Version is the value of the field updated_at in an input for a row: the time of its last change, as JSON has it.
func Version(changed time.Time) []string { return []string{changed.Format(time.RFC3339Nano)} }

// Unchanged refuses an input whose field updated_at is not the time of the last change of its row: else the second of
// two people who have opened a form would undo what the first one saves. Without the field nothing is refused.
func Unchanged(changed time.Time, typed url.Values) error {
	seen := typed.Get(updatedAt)
	at, err := time.Parse(time.RFC3339, seen)
	if seen != "" && (err != nil || !at.Equal(changed)) {
		return errs.Changed(updatedAt)
	}
	return nil
}

// Each yields all rows that q selects, in its order. It reads their ids first and then the rows in batches, so that it
// needs neither much memory nor a connection for long, and each row comes once at most, whatever changes meanwhile. The
// context of rows should have no deadline.
func Each[T any](rows *gorm.DB, q Query) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		rows := matching[T](rows, q).Clauses(q.order()).Session(&gorm.Session{})
		var ids []string
		err := rows.Pluck("id", &ids).Error
		for len(ids)%batchSize > 0 {
			ids = append(ids, "") // of no row, so that all batches are one prepared statement
		}
		for ids := range slices.Chunk(ids, batchSize) {
			var batch []T
			if err = rows.Where("id IN ?", ids).Find(&batch).Error; err != nil {
				break
			}
			for i := range batch {
				if !yield(&batch[i], nil) {
					return
				}
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

const batchSize = 1000

// matching are the rows that have the text, for any number of statements.
func matching[T any](rows *gorm.DB, q Query) *gorm.DB {
	rows = rows.Model(new(T))
	if q.Text != "" {
		rows = rows.Where(`search LIKE ? ESCAPE '\'`, "%"+text.Like(text.Fold(q.Text))+"%")
	}
	return rows.Session(&gorm.Session{})
}
