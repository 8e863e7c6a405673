// Package paperclips keeps the paper clips of users. It owns the table paper_clips and knows users by id only.
package paperclips

import (
	"context"
	"iter"
	"net/url"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/id"
	"example.com/foyer/internal/list"
	"example.com/foyer/internal/text"
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
	MadeOn     text.Date  `json:"made_on"`
	SoldOn     *text.Date `json:"sold_on"`
	Search     string     `json:"-"` // its texts in lower case
	CreatedAt  time.Time  `json:"created_at"`
	UpdatedAt  time.Time  `json:"updated_at"`
}

// TableName implements gorm's Tabler.
func (PaperClip) TableName() string { return "paper_clips" }

// fill puts what people typed into p, or refuses what is wrong with it by the names of the fields.
func (p *PaperClip) fill(typed url.Values) error {
	in := text.Read(typed)
	p.TradeName = in.Line("trade_name", 1, 200)
	p.WireGauge = in.Line("wire_gauge", 1, 200)
	p.BoxLabel = in.Line("box_label", 0, 200)
	p.SalesPitch = in.Lines("sales_pitch", 1, 5000)
	p.CareHint = in.Lines("care_hint", 0, 5000)
	p.BendCount = in.Number("bend_count", 0, 1_000_000_000)
	p.SpareCount = in.OptionalNumber("spare_count", 0, 1_000_000_000)
	p.ZincCoated = in.Flag("zinc_coated")
	p.MadeOn = in.Day("made_on")
	p.SoldOn = in.OptionalDay("sold_on")
	p.Search = in.Search()
	return errs.Fields(in.Wrong)
}

// Values is what people type to fill p, and the time of its last change.
func (p *PaperClip) Values() url.Values {
	return url.Values{
		"trade_name":  text.Typed(p.TradeName),
		"wire_gauge":  text.Typed(p.WireGauge),
		"box_label":   text.Typed(p.BoxLabel),
		"sales_pitch": text.Typed(p.SalesPitch),
		"care_hint":   text.Typed(p.CareHint),
		"bend_count":  text.Typed(p.BendCount),
		"spare_count": text.Typed(p.SpareCount),
		"zinc_coated": text.Typed(p.ZincCoated),
		"made_on":     text.Typed(p.MadeOn),
		"sold_on":     text.Typed(p.SoldOn),
		"updated_at":  list.Version(p.UpdatedAt),
	}
}

// Store keeps paper clips in a database. It records every event inside the transaction that causes it.
type Store struct {
	db     *gorm.DB
	record func(tx *gorm.DB, events ...*auth.Event) error
}

// New makes a Store on a migrated database.
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

// Export yields all of the owner's paper clips that match q, in its order. ctx should have no deadline; see list.Each.
func (s *Store) Export(ctx context.Context, owner string, q list.Query) iter.Seq2[*PaperClip, error] {
	return list.Each[PaperClip](s.db.WithContext(ctx).Where("owner_id = ?", owner), q)
}

// end:csv

// Get returns a paper clip of the owner; 404 if there is none or another owner has it.
func (s *Store) Get(ctx context.Context, owner, key string) (*PaperClip, error) {
	return list.One[PaperClip](s.db.WithContext(ctx).Where("owner_id = ?", owner), key, "Paper clip")
}

// Save changes a paper clip of the user of by, or adds one if key is "". Refusals: 400 VALIDATION_ERROR, 409 CONFLICT if
// it has changed since updated_at, those of Get and list.Change.
func (s *Store) Save(ctx context.Context, by *auth.Session, key string, typed url.Values) (p *PaperClip, err error) {
	err = list.Change(s.db.WithContext(ctx), func(tx *gorm.DB) error {
		p = &PaperClip{ID: id.New(), OwnerID: by.UserID}
		what, write := event.Name("paper_clip_created"), tx.Create
		if key != "" {
			if p, err = list.Lock[PaperClip](tx.Where("owner_id = ?", by.UserID), key, "Paper clip"); err != nil {
				return err
			}
			if err := list.Unchanged(p.UpdatedAt, typed); err != nil {
				return err
			}
			what, write = "paper_clip_changed", tx.Select("*").Updates
		}
		if err := p.fill(typed); err != nil {
			return err
		}
		if err := write(p).Error; err != nil {
			return err
		}
		return s.note(tx, by, what, p)
	})
	return p, err
}

// Delete removes a paper clip of the user of by. Refusals: those of Get and list.Change.
func (s *Store) Delete(ctx context.Context, by *auth.Session, key string) error {
	return list.Change(s.db.WithContext(ctx), func(tx *gorm.DB) error {
		p, err := list.Lock[PaperClip](tx.Where("owner_id = ?", by.UserID), key, "Paper clip")
		if err != nil {
			return err
		}
		if err := tx.Delete(p).Error; err != nil {
			return err
		}
		return s.note(tx, by, "paper_clip_deleted", p)
	})
}

// note records what by did to p.
func (s *Store) note(tx *gorm.DB, by *auth.Session, what event.Name, p *PaperClip) error {
	e := by.Event(what)
	e.Detail = p.ID
	return s.record(tx, e)
}
