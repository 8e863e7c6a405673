// Package paperclips keeps the paper clips of users. It owns the table paper_clips and knows users by id only.
package paperclips

import (
	"context"
	"errors"
	"iter"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/id"
	"example.com/foyer/internal/list"
	"gorm.io/gorm"
)

// PaperClip is one as it is stored.
type PaperClip struct {
	ID         string     `json:"id"`
	OwnerID    string     `json:"owner_id"` // opt:owned
	TradeName  string     `json:"trade_name"`
	WireGauge  string     `json:"wire_gauge"`
	BoxLabel   string     `json:"box_label"`
	SalesPitch string     `json:"sales_pitch"`
	CareHint   string     `json:"care_hint"`
	BendCount  int64      `json:"bend_count"`
	SpareCount *int64     `json:"spare_count"`
	ZincCoated bool       `json:"zinc_coated"`
	MadeOn     time.Time  `json:"made_on"`
	SoldOn     *time.Time `json:"sold_on"`
	Search     string     `json:"-"` // its texts in lower case
	CreatedAt  time.Time  `json:"created_at"`
	UpdatedAt  time.Time  `json:"updated_at"`
}

// What is recorded of a paper clip.
const (
	created event.Name = "paper_clip_created"
	changed event.Name = "paper_clip_changed"
	deleted event.Name = "paper_clip_deleted"
)

// Store keeps paper clips in a database.
type Store struct {
	db     *gorm.DB
	record func(tx *gorm.DB, events ...*auth.Event) error
}

// New makes a Store on a migrated database. record gets every event inside the transaction that causes it.
func New(db *gorm.DB, record func(tx *gorm.DB, events ...*auth.Event) error) *Store {
	return &Store{db: db, record: record}
}

// List returns a page of the owner's paper clips, and how many there are on all pages.
func (s *Store) List(ctx context.Context, owner string, q list.Query) ([]PaperClip, int64, error) {
	return list.Page[PaperClip](s.db.WithContext(ctx).Where("owner_id = ?", owner), q)
}

// opt:everyone

// All is List for the paper clips of all owners.
func (s *Store) All(ctx context.Context, q list.Query) ([]PaperClip, int64, error) {
	return list.Page[PaperClip](s.db.WithContext(ctx), q)
}

// end:everyone

// opt:csv

// Export yields all of the owner's paper clips that match q. ctx should have no deadline; see list.Each.
func (s *Store) Export(ctx context.Context, owner string, q list.Query) iter.Seq2[*PaperClip, error] {
	return list.Each[PaperClip](s.db.WithContext(ctx).Where("owner_id = ?", owner), q)
}

// end:csv

// Get returns a paper clip of the owner; 404 if there is none or another owner has it.
func (s *Store) Get(ctx context.Context, owner, key string) (*PaperClip, error) {
	return take(s.db.WithContext(ctx), owner, key)
}

func take(db *gorm.DB, owner, key string) (*PaperClip, error) {
	if !id.Is(key) { // not every database accepts it
		return nil, errs.NotFound("Paper clip")
	}
	var p PaperClip
	err := db.Where("owner_id = ?", owner).Where("id = ?", key).Take(&p).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, errs.NotFound("Paper clip")
	}
	return &p, err
}

// Create adds a paper clip of the user of by. Refusals: 400 VALIDATION_ERROR.
func (s *Store) Create(ctx context.Context, by *auth.Session, in Input) (*PaperClip, error) {
	return s.change(ctx, by, created, func(tx *gorm.DB) (*PaperClip, error) {
		p := &PaperClip{ID: id.New()}
		p.OwnerID = by.UserID // opt:owned
		if err := in.fill(p); err != nil {
			return nil, err
		}
		return p, tx.Create(p).Error
	})
}

// Update replaces what a paper clip says. Refusals: those of Get and Create.
func (s *Store) Update(ctx context.Context, by *auth.Session, key string, in Input) (*PaperClip, error) {
	return s.change(ctx, by, changed, func(tx *gorm.DB) (*PaperClip, error) {
		p, err := take(tx, by.UserID, key)
		if err != nil {
			return nil, err
		}
		if err := in.fill(p); err != nil {
			return nil, err
		}
		return p, tx.Select("*").Updates(p).Error
	})
}

// Delete removes a paper clip. Refusals: those of Get.
func (s *Store) Delete(ctx context.Context, by *auth.Session, key string) error {
	_, err := s.change(ctx, by, deleted, func(tx *gorm.DB) (*PaperClip, error) {
		p, err := take(tx, by.UserID, key)
		if err != nil {
			return nil, err
		}
		return p, tx.Delete(p).Error
	})
	return err
}

// change runs act in a transaction and records that by did what to the paper clip.
func (s *Store) change(
	ctx context.Context, by *auth.Session, what event.Name, act func(tx *gorm.DB) (*PaperClip, error),
) (p *PaperClip, err error) {
	err = s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if p, err = act(tx); err != nil {
			return err
		}
		e := by.Event(what)
		e.Detail = p.ID
		return s.record(tx, e)
	})
	return p, err
}
