package audit

import (
	"context"
	"slices"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/event"
	"gorm.io/gorm"
)

// Entry is an event as it is read. Deleted users are ids without names.
type Entry struct {
	Seq int64
	At  time.Time
	auth.Event
	Times int64 // how often it happened; more than once for refusals only
}

// Query says which events to list. The zero value is the newest 50.
type Query struct {
	Events []event.Name // of these names; nil for all
	Person string       // the id of a user who is actor, impersonator or subject
	From   time.Time    // at or after
	To     time.Time    // before
	Before int64        // older than this Seq, or
	After  int64        // newer than it
	Limit  int          // 1 to 200; else 50
}

// Page is a page of a list, newest first, and whether there are newer and older events.
type Page struct {
	Entries      []Entry
	Newer, Older bool
}

// List reads a page.
func (l *Log) List(ctx context.Context, q Query) (Page, error) {
	if q.Limit < 1 || q.Limit > 200 {
		q.Limit = 50
	}
	rows, err := q.rows(l.db.WithContext(ctx))
	if err != nil {
		return Page{}, err
	}
	more := len(rows) > q.Limit
	rows = rows[:min(len(rows), q.Limit)]
	p := Page{Newer: q.Before != 0, Older: more}
	if q.After != 0 && len(rows) > 0 {
		slices.Reverse(rows)
		p = Page{Newer: more, Older: true}
	}
	for _, r := range rows {
		p.Entries = append(p.Entries, r.entry())
	}
	return p, nil
}

// rows reads one row more than the page shows, the nearest to the cursor first.
func (q Query) rows(db *gorm.DB) (rows []Row, err error) {
	where, err := q.where(db)
	if err != nil {
		return nil, err
	}
	if q.Person == "" {
		err = q.nearest(where).Preload("Personal").Find(&rows).Error
		return rows, err
	}
	// Each part follows an index; an OR would read and sort all events of the person.
	found := db.Raw("SELECT * FROM (?) AS a UNION SELECT * FROM (?) AS b UNION SELECT * FROM (?) AS c",
		q.nearest(where.Where("actor_id = ?", q.Person)),
		q.nearest(where.Where("impersonator_id = ?", q.Person)),
		q.nearest(where.Where("subject_id = ?", q.Person)))
	err = q.nearest(db.Table("(?) AS found", found)).Preload("Personal").Find(&rows).Error
	return rows, err
}

// where is the condition of q, without the person.
func (q Query) where(db *gorm.DB) (*gorm.DB, error) {
	where := db.Model(&Row{})
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
		var at Row // zero if it is pruned: older than all
		if err := db.Select("at").Limit(1).Find(&at, "seq = ?", cursor).Error; err != nil {
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

func (r *Row) entry() Entry {
	e := Entry{Seq: r.Seq, At: r.At, Times: r.Times, Event: auth.Event{
		Name: event.Name(r.Event), Detail: r.Detail,
		ActorID: r.ActorID, ImpersonatorID: r.ImpersonatorID, SubjectID: r.SubjectID,
	}}
	names := map[string]string{}
	for _, p := range r.Personal {
		names[p.OwnerID] = p.Name
		e.Note += p.Note // only one owner has it, and only one the address
		e.IPAddress += p.IPAddress
		e.UserAgent += p.UserAgent
	}
	e.ActorName, e.ImpersonatorName, e.SubjectName = names[e.ActorID], names[e.ImpersonatorID], names[e.SubjectID]
	return e
}

// Day counts what happened on one day of UTC.
type Day struct {
	Date     time.Time // its beginning
	SignIns  int64
	Refusals int64 // events of event.Refusals
}

// PerDay counts the last days; today is the last of them.
func (l *Log) PerDay(ctx context.Context, days int) ([]Day, error) {
	list := make([]Day, days)
	for i := range list {
		d := &list[i]
		d.Date = l.Now().Truncate(24*time.Hour).AddDate(0, 0, i+1-days)
		var counts []struct {
			Event event.Name
			Times int64
		}
		err := l.db.WithContext(ctx).Model(&Row{}).Select("event, SUM(times) AS times").Group("event").
			Where("event IN ?", append(event.Refusals(), event.SignIn)).
			Where("at >= ? AND at < ?", d.Date, d.Date.AddDate(0, 0, 1)).Scan(&counts).Error
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
