// Package mail gets letters to people. A letter is a row of the outbox, written in the transaction that causes it; a
// worker sends it by SMTP until a server has taken it. In development it stays, for /dev/mail.
package mail

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"sync"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/keys"
	"example.com/foyer/internal/purge"
	"example.com/foyer/internal/worker"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Mail is a letter on its way. Text and HTML say the same and may hold a link with a secret: in the database both are sealed
// (see seal.go), and empty once the letter is sent or given up, unless Options.Keep. DueAt is when it is to be tried next, nil where nothing is left to do.
type Mail struct {
	ID        string
	Recipient string
	Subject   string
	Text      string
	HTML      string
	Attempts  int
	DueAt     *time.Time
	SentAt    *time.Time
	CreatedAt time.Time
}

// Options is the one configuration of an Outbox.
type Options struct {
	AppName string           // what letters call the app
	Keys    *keys.Ring       // seals what letters say until they are sent; required
	Sender  *SMTP            // nil: nothing is ever sent
	Keep    bool             // for /dev/mail: letters keep their words, the newest 100
	Now     func() time.Time // UTC in whole milliseconds
	Logger  *slog.Logger
}

// Outbox keeps letters in the database and sends them. It implements auth.Mailer; its methods may run side by side,
// in several processes too.
type Outbox struct {
	db *gorm.DB
	Options
	sealer keys.Sealer
}

const (
	kept       = 100              // letters of development: enough to find the last one, too few to fill a disk
	workers    = 4                // a slow letter delays the others by a quarter, and few servers take more at once
	poll       = time.Second      // how soon a committed letter is noticed
	lease      = 3 * time.Minute  // how long a worker has a letter to itself
	handover   = 2 * time.Minute  // how long it may take to hand it over, so that the lease outlasts it
	lastLetter = 5 * time.Second  // how long a letter under way may take when the program ends
	noting     = 5 * time.Second  // how long it may take to write down what became of it
	firstPause = 10 * time.Second // after the first failure, doubled with each up to longest
	longest    = time.Hour
	giveUp     = 24 * time.Hour   // the longest life of a link, but the one that undoes a change of address
	replacing  = 10 * time.Minute // how long instances with an old secret and with a new one run side by side
	memory     = 7 * 24 * time.Hour
)

// New makes an Outbox on a migrated database.
func New(db *gorm.DB, o Options) *Outbox { return &Outbox{db, o, o.Keys.Seal("mail")} }

// Enqueue implements auth.Mailer: the letter is written when tx commits, and not otherwise. An address that is not
// exactly one, or a purpose without words, is an error of the program and undoes tx.
func (o *Outbox) Enqueue(ctx context.Context, tx *gorm.DB, m auth.Mail) error {
	if a, err := mail.ParseAddress(m.To); err != nil || a.Address != m.To {
		return errors.New("mail: the recipient is not one address")
	}
	l, err := write(ctx, o.AppName, m)
	if err != nil {
		return err
	}
	now := o.Now()
	row := &Mail{ID: rand.Text(), Recipient: m.To, Subject: l.subject, Text: l.text, HTML: l.html, CreatedAt: now}
	o.seal(row)
	if o.Sender != nil {
		row.DueAt = &now
	}
	if m.Purpose == letter.AccountDeleted {
		err = o.forgetRecipient(ctx, tx, m.To)
	}
	if err != nil {
		return err
	}
	err = tx.WithContext(ctx).Create(row).Error
	if err == nil && o.Keep {
		newest := tx.Model(&Mail{}).Select("id").Order("created_at DESC, id").Limit(kept)
		err = tx.WithContext(ctx).Where("due_at IS NULL AND id NOT IN (?)", newest).Delete(&Mail{}).Error
	}
	return err
}

// forgetRecipient deletes the letters to an address that are done with, because its account is being deleted. Those on
// their way stay: they may be what tells the owner of a thief.
func (o *Outbox) forgetRecipient(ctx context.Context, tx *gorm.DB, to string) error {
	return tx.WithContext(ctx).Where("recipient = ? AND due_at IS NULL", to).Delete(&Mail{}).Error
}

// List returns the newest letters, at most 100. One that no secret opens says so.
func (o *Outbox) List(ctx context.Context) ([]Mail, error) {
	var list []Mail
	err := o.db.WithContext(ctx).Order("created_at DESC, id").Limit(kept).Find(&list).Error
	for i := range list {
		if err := o.open(&list[i]); err != nil {
			list[i].Text, list[i].HTML = err.Error(), ""
		}
	}
	return list, err
}

// Stats counts the letters of the last 7 days.
type Stats struct {
	Waiting   int64 // to be sent, or sent again
	Failing   int64 // of those, tried in vain at least once
	Sent      int64
	Abandoned int64 // after a day of tries, or because the address does not exist
}

// Stats says how the outbox does.
func (o *Outbox) Stats(ctx context.Context) (s Stats, err error) {
	err = o.db.WithContext(ctx).Model(&Mail{}).Select(`
		COUNT(CASE WHEN due_at IS NOT NULL THEN 1 END) AS waiting,
		COUNT(CASE WHEN due_at > ? AND attempts > 0 THEN 1 END) AS failing,
		COUNT(sent_at) AS sent,
		COUNT(CASE WHEN due_at IS NULL AND sent_at IS NULL AND attempts > 0 THEN 1 END) AS abandoned`, o.Now()).
		Where("created_at > ?", o.Now().Add(-memory)).Scan(&s).Error
	return s, err
}

// Run sends what is due until ctx ends; letters under way have another five seconds. Without a Sender it returns at once.
func (o *Outbox) Run(ctx context.Context) {
	if o.Sender == nil {
		return
	}
	var working sync.WaitGroup
	for range workers {
		working.Go(func() { worker.Run(ctx, o.Logger, "mail", o.work) })
	}
	working.Go(func() { worker.Run(ctx, o.Logger, "mail purge", o.forget) })
	working.Wait()
}

// work delivers what is due, by one connection as long as there is something.
func (o *Outbox) work(ctx context.Context) {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	l := line{SMTP: o.Sender}
	defer l.hangUp()
	for ctx.Err() == nil {
		found, err := o.deliver(ctx, &l)
		if found && err == nil {
			continue
		}
		if err != nil && ctx.Err() == nil {
			o.Logger.WarnContext(ctx, "outbox", "error", err)
		}
		l.hangUp()
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// forget purges the outbox once an hour.
func (o *Outbox) forget(ctx context.Context) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := o.purge(ctx); err != nil && ctx.Err() == nil {
			o.Logger.WarnContext(ctx, "outbox", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// Deliver tries one letter that is due, and reports whether there was one. A worker that dies while it sends keeps the
// letter for the length of its lease; then it is tried again: nothing is lost, and a letter may come twice.
func (o *Outbox) Deliver(ctx context.Context) (found bool, err error) {
	l := line{SMTP: o.Sender}
	defer l.hangUp()
	return o.deliver(ctx, &l)
}

func (o *Outbox) deliver(ctx context.Context, l *line) (found bool, err error) {
	m, err := o.claim(ctx)
	if m == nil || err != nil {
		return false, err
	}
	sending, cancel := outlive(ctx, lastLetter, handover)
	defer cancel()
	failure := o.open(m)
	if failure == nil {
		failure = l.send(sending, m)
	}
	now := o.Now()
	done := map[string]any{"sent_at": now, "due_at": nil}
	if failure != nil {
		done = map[string]any{"due_at": o.next(ctx, m, failure, now)}
	}
	if done["due_at"] == nil && !o.Keep {
		done["text"], done["html"] = "", ""
	}
	writing, cancel := context.WithTimeout(context.WithoutCancel(ctx), noting)
	defer cancel()
	// Only while the lease holds: a worker that took over since then says what became of it.
	mine := o.db.WithContext(writing).Model(&Mail{}).Where("id = ? AND attempts = ? AND sent_at IS NULL", m.ID, m.Attempts)
	return true, mine.Updates(done).Error
}

// next is when a letter is to be tried again after a failure, nil for never.
func (o *Outbox) next(ctx context.Context, m *Mail, failure error, now time.Time) any {
	due, patience := now.Add(pause(m.Attempts)), giveUp
	sealed := errors.Is(failure, errSealed)
	if sealed {
		patience = replacing
	}
	abandoned := due.Sub(m.CreatedAt) > patience || noSuchMailbox(failure)
	if abandoned || !sealed { // a sealed letter is worth one line
		o.Logger.WarnContext(ctx, "mail not delivered", "id", m.ID, "attempt", m.Attempts, "abandoned", abandoned, "error", failure)
	}
	if abandoned {
		return nil
	}
	return due
}

// outlive gives a context that ends so long after ctx, but at the latest when most is over.
func outlive(ctx context.Context, after, most time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithTimeout(context.WithoutCancel(ctx), most)
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-longer.Done():
		case <-time.After(after):
			cancel()
		}
	})
	return longer, func() { stop(); cancel() }
}

// pause is how long to wait after so many attempts.
func pause(attempts int) time.Duration {
	return min(firstPause<<min(attempts-1, 16), longest)
}

// claim takes a letter that is due for the length of a lease; nil where there is none. Several workers never wait for
// each other (PostgreSQL) or take turns (SQLite, whose writers are one at a time).
func (o *Outbox) claim(ctx context.Context) (*Mail, error) {
	var m Mail
	now := o.Now()
	db := o.db.WithContext(ctx)
	err := db.Select("id").Where("due_at <= ?", now).Take(&m).Error // most looks find nothing, and write nothing
	if err == nil {
		m = Mail{}
		err = db.Transaction(func(tx *gorm.DB) error {
			lock := clause.Locking{Strength: clause.LockingStrengthUpdate, Options: clause.LockingOptionsSkipLocked}
			if err := tx.Clauses(lock).Where("due_at <= ?", now).Order("due_at, id").Take(&m).Error; err != nil {
				return err
			}
			m.Attempts++
			return tx.Model(&Mail{}).Where("id = ?", m.ID).Updates(map[string]any{"attempts": m.Attempts, "due_at": now.Add(lease)}).Error
		})
	}
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("claim: %w", err)
	}
	return &m, nil
}

// purge forgets what was done with a week ago.
func (o *Outbox) purge(ctx context.Context) error {
	db := o.db.WithContext(ctx)
	return purge.All(ctx, func() *gorm.DB {
		some := db.Model(&Mail{}).Select("id").Where("due_at IS NULL AND created_at < ?", o.Now().Add(-memory)).Limit(purge.Batch)
		return db.Where("id IN (?)", some).Delete(&Mail{})
	})
}
