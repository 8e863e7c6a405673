package audit

import (
	"context"
	"slices"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/event"
	"gorm.io/gorm"
)

// Entry is an event as it is read. What is left of who was deleted is an id without a name.
type Entry struct {
	Seq int64
	At  time.Time
	auth.Event
	Times int64 // how often; more than once for refusals alone
}

// Query says which events to list. The zero value is the newest 50.
type Query struct {
	Events []event.Name // of these names; nil for all
	Person string       // a user's id, who did it, in whose name it was done, or to whom
	From   time.Time    // at or after
	To     time.Time    // before
	Before int64        // older than this Seq, or
	After  int64        // newer than it
	Limit  int          // at most 200
}

// Page is a part of a list, the newest first, and whether there are newer and older events than it.
type Page struct {
	Entries      []Entry
	Newer, Older bool
}

// List reads a page.
func (l *Log) List(ctx context.Context, q Query) (Page, error) {
	if q.Limit < 1 || q.Limit > 200 {
		q.Limit = 50
	}
	db := l.db.WithContext(ctx)
	rows, err := q.rows(db)
	if err != nil || len(rows) == 0 {
		return Page{Entries: []Entry{}, Newer: q.Before != 0}, err
	}
	more := len(rows) > q.Limit
	rows = rows[:min(len(rows), q.Limit)]
	p := Page{Newer: q.Before != 0, Older: more}
	if q.After != 0 {
		slices.Reverse(rows)
		p = Page{Newer: more, Older: true}
	}
	p.Entries, err = entries(db, rows)
	return p, err
}

// rows finds one more than the page shows, the nearest to the cursor first.
func (q Query) rows(db *gorm.DB) (rows []record, err error) {
	where, err := q.where(db)
	if err != nil {
		return nil, err
	}
	if q.Person == "" {
		return rows, q.nearest(where).Find(&rows).Error
	}
	// One walk along each index: an OR would read and sort all that ever happened to the person.
	found := db.Raw("SELECT * FROM (?) AS a UNION SELECT * FROM (?) AS b UNION SELECT * FROM (?) AS c",
		q.nearest(where.Where("actor_id = ?", q.Person)),
		q.nearest(where.Where("impersonator_id = ?", q.Person)),
		q.nearest(where.Where("subject_id = ?", q.Person)))
	return rows, q.nearest(db.Table("(?) AS found", found)).Find(&rows).Error
}

// where is the condition of q, without the person.
func (q Query) where(db *gorm.DB) (*gorm.DB, error) {
	where := db.Model(&record{})
	if q.Events != nil {
		where = where.Where("event IN ?", q.Events)
	}
	if !q.From.IsZero() {
		where = where.Where("at >= ?", q.From)
	}
	if !q.To.IsZero() {
		where = where.Where("at < ?", q.To)
	}
	if cursor := max(q.Before, q.After); cursor != 0 {
		var at record
		if err := db.Select("at").Limit(1).Find(&at, "seq = ?", cursor).Error; err != nil { // pruned: older than all
			return nil, err
		}
		if q.After != 0 {
			where = where.Where("(at, seq) > (?, ?)", at.At, cursor)
		} else {
			where = where.Where("(at, seq) < (?, ?)", at.At, cursor)
		}
	}
	return where.Session(&gorm.Session{}), nil
}

func (q Query) nearest(where *gorm.DB) *gorm.DB {
	if q.After != 0 {
		return where.Order("at, seq").Limit(q.Limit + 1)
	}
	return where.Order("at DESC, seq DESC").Limit(q.Limit + 1)
}

// entries reads what lies beside rows.
func entries(db *gorm.DB, rows []record) ([]Entry, error) {
	list := make([]Entry, len(rows))
	places := map[int64]*Entry{}
	seqs := make([]int64, len(rows))
	for i, r := range rows {
		list[i] = Entry{Seq: r.Seq, At: r.At, Times: r.Times, Event: auth.Event{
			Name: event.Name(r.Event), ActorID: r.ActorID, ImpersonatorID: r.ImpersonatorID, SubjectID: r.SubjectID, Detail: r.Detail,
		}}
		places[r.Seq], seqs[i] = &list[i], r.Seq
	}
	var parts []part
	err := db.Where("seq IN ?", seqs).Find(&parts).Error
	for _, p := range parts {
		places[p.Seq].take(p)
	}
	return list, err
}

// take fills in what a part says.
func (e *Entry) take(p part) {
	for _, who := range []struct {
		id   string
		name *string
	}{{e.ActorID, &e.ActorName}, {e.ImpersonatorID, &e.ImpersonatorName}, {e.SubjectID, &e.SubjectName}} {
		if who.id == p.OwnerID {
			*who.name = p.Name
		}
	}
	e.Note += p.Note
	e.IPAddress += p.IPAddress // one part alone has each
	e.UserAgent += p.UserAgent
}

// Day counts what happened on one day of UTC.
type Day struct {
	Date     time.Time // its beginning
	SignIns  int64
	Refusals int64 // wrong passwords, and whoever was kept out
}

// What Day.Refusals counts.
// PerDay counts the last days, today the last of them.
func (l *Log) PerDay(ctx context.Context, days int) ([]Day, error) {
	list := make([]Day, days)
	for i := range list {
		d := &list[i]
		d.Date = l.Now().Truncate(24*time.Hour).AddDate(0, 0, i+1-days)
		var counts []struct {
			Event event.Name
			Times int64
		}
		err := l.db.WithContext(ctx).Model(&record{}).Select("event, SUM(times) AS times").Group("event").
			Where("event IN ? AND at >= ? AND at < ?", append(event.Refusals(), event.SignIn), d.Date, d.Date.AddDate(0, 0, 1)).Scan(&counts).Error
		if err != nil {
			return nil, err
		}
		for _, c := range counts {
			if c.Event == event.SignIn {
				d.SignIns = c.Times
			} else {
				d.Refusals += c.Times
			}
		}
	}
	return list, nil
}
