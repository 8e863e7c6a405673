package paperclips

import (
	"context"
	"iter" // opt:csv
	"strings"

	"example.com/foyer/internal/text"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Query selects paper clips. Text is a part of their texts, in any case; Sort is a column.
type Query struct {
	Text          string
	Sort          string
	Descending    bool
	Limit, Offset int
}

// List returns a page of the owner's paper clips, and how many there are on all pages.
func (s *Store) List(ctx context.Context, owner string, q Query) ([]PaperClip, int64, error) {
	return q.page(s.db.WithContext(ctx).Where("owner_id = ?", owner))
}

// opt:everyone

// All is List for the paper clips of all owners.
func (s *Store) All(ctx context.Context, q Query) ([]PaperClip, int64, error) {
	return q.page(s.db.WithContext(ctx))
}

// end:everyone

// matching are the rows that have the text.
func (q Query) matching(rows *gorm.DB) *gorm.DB {
	return rows.Model(&PaperClip{}).Where(`search LIKE ? ESCAPE '\'`, "%"+text.Like(strings.ToLower(q.Text))+"%")
}

func (q Query) page(rows *gorm.DB) (list []PaperClip, total int64, err error) {
	rows = q.matching(rows).Session(&gorm.Session{})
	if err := rows.Count(&total).Error; err != nil {
		return nil, 0, err
	}
	order := clause.OrderBy{Columns: []clause.OrderByColumn{
		{Column: clause.Column{Name: q.Sort}, Desc: q.Descending},
		{Column: clause.PrimaryColumn, Desc: q.Descending},
	}}
	err = rows.Clauses(order).Limit(q.Limit).Offset(q.Offset).Find(&list).Error
	return list, total, err
}

// opt:csv

// Export yields the owner's paper clips that match q in batches, so that it needs neither much memory nor a
// connection for long. ctx should have no deadline.
func (s *Store) Export(ctx context.Context, owner string, q Query) iter.Seq2[*PaperClip, error] {
	return func(yield func(*PaperClip, error) bool) {
		for last, n := "", batchSize; n == batchSize; {
			var batch []PaperClip
			rows := q.matching(s.db.WithContext(ctx).Where("owner_id = ?", owner)).Where("id > ?", last)
			if err := rows.Order("id").Limit(batchSize).Find(&batch).Error; err != nil {
				yield(nil, err)
				return
			}
			for i := range batch {
				if last = batch[i].ID; !yield(&batch[i], nil) {
					return
				}
			}
			n = len(batch)
		}
	}
}

const batchSize = 1000

// end:csv
