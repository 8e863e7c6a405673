package mail

import (
	"context"
	"errors"
	"sync"
	"time"

	"example.com/foyer/internal/purge"
	"example.com/foyer/internal/worker"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

const (
	workers     = 4                // one slow mail delays the others by a quarter; few servers take more connections
	poll        = time.Second      // how often a worker looks for a due mail
	lease       = 3 * time.Minute  // how long a claimed mail belongs to its worker
	sendTime    = 2 * time.Minute  // for one attempt; shorter than the lease, so that no two workers send at once
	stopTime    = 5 * time.Second  // for an attempt under way when the program ends
	recordTime  = 5 * time.Second  // for writing the result of an attempt
	firstPause  = 10 * time.Second // after the first failure; doubled after each further one up to maxPause
	maxPause    = time.Hour
	giveUp      = 24 * time.Hour   // links live no longer, except invitations and undo links, which live a week
	replaceTime = 10 * time.Minute // how long instances with an old and a new secret may run side by side
)

// Run sends due mails until ctx ends; attempts under way have five seconds more. Without a Sender it returns at once.
func (o *Outbox) Run(ctx context.Context) {
	if o.Sender == nil {
		return
	}
	var working sync.WaitGroup
	for range workers {
		working.Go(func() { worker.Run(ctx, o.Logger, "mail", o.work) })
	}
	working.Go(func() { worker.Run(ctx, o.Logger, "mail purge", o.purgeHourly) })
	working.Wait()
}

// work sends due mails. It keeps its connection while there are any.
func (o *Outbox) work(ctx context.Context) {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	c := connection{SMTP: o.Sender}
	defer c.quit()
	for ctx.Err() == nil {
		found, err := o.deliver(ctx, &c)
		if found && err == nil {
			continue
		}
		if err != nil && ctx.Err() == nil {
			o.Logger.WarnContext(ctx, "delivering mail failed", "error", err)
		}
		c.quit()
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// deliver attempts one due mail and reports whether there was one. If its worker dies, the mail is attempted again
// after its lease: no mail is lost, but one may arrive twice.
func (o *Outbox) deliver(ctx context.Context, c *connection) (found bool, err error) {
	m, err := o.claim(ctx)
	if m == nil || err != nil {
		return false, err
	}
	failure := o.send(ctx, c, m)
	now := o.Now()
	result := map[string]any{"sent_at": now, "due_at": nil}
	if failure != nil {
		result = map[string]any{"due_at": o.nextAttempt(ctx, m, failure, now)}
	}
	if result["due_at"] == nil && !o.Keep {
		result["text"], result["html"] = "", ""
	}
	recording, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	// After the lease another worker may have claimed the mail: attempts differs then, and its result counts.
	claimed := o.db.WithContext(recording).Model(&Mail{}).
		Where("id = ? AND attempts = ? AND sent_at IS NULL", m.ID, m.Attempts)
	return true, claimed.Updates(result).Error
}

func (o *Outbox) send(ctx context.Context, c *connection, m *Mail) error {
	if err := o.open(m); err != nil {
		return err
	}
	sending, cancel := outlive(ctx, stopTime, sendTime)
	defer cancel()
	return c.send(sending, m)
}

// nextAttempt returns when to try again after a failure, nil for never.
func (o *Outbox) nextAttempt(ctx context.Context, m *Mail, failure error, now time.Time) any {
	due, limit := now.Add(pause(m.Attempts)), giveUp
	sealed := errors.Is(failure, errSealed)
	if sealed {
		limit = replaceTime
	}
	abandoned := due.Sub(m.CreatedAt) > limit || noSuchMailbox(failure)
	if abandoned || !sealed { // a mail that cannot be opened is logged once
		o.Logger.WarnContext(ctx, "mail not delivered",
			"id", m.ID, "attempt", m.Attempts, "abandoned", abandoned, "error", failure)
	}
	if abandoned {
		return nil
	}
	return due
}

// outlive returns a context that ends after more than ctx, or after limit, whichever is first.
func outlive(ctx context.Context, more, limit time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-longer.Done():
		case <-time.After(more):
			cancel()
		}
	})
	return longer, func() { stop(); cancel() }
}

// pause returns the wait after the given number of attempts.
func pause(attempts int) time.Duration {
	return min(firstPause<<min(attempts-1, 16), maxPause)
}

// dueMails is the condition of claim. A first attempt is due whatever its time, because the clock may have been ahead
// when the mail was written; a claimed mail has had an attempt. The lower bound, the zero time, keeps SQLite from
// reading the mails that are sent.
const dueMails = "due_at > ? AND (due_at <= ? OR attempts = 0)"

// claim gives a due mail to this worker for the length of the lease; nil if none is due. On PostgreSQL, workers skip
// the mails that others are claiming.
func (o *Outbox) claim(ctx context.Context) (m *Mail, err error) {
	db, now := o.db.WithContext(ctx), o.Now()
	// Without a lock, because most polls find nothing.
	due := db.Select("id").Where(dueMails, time.Time{}, now).Limit(1).Find(&Mail{})
	if due.Error != nil || due.RowsAffected == 0 {
		return nil, due.Error
	}
	err = db.Transaction(func(tx *gorm.DB) error {
		lock := clause.Locking{Strength: clause.LockingStrengthUpdate, Options: clause.LockingOptionsSkipLocked}
		var found []Mail
		err := tx.Clauses(lock).Where(dueMails, time.Time{}, now).Order("due_at, id").Limit(1).Find(&found).Error
		if err != nil || len(found) == 0 {
			return err
		}
		m = &found[0]
		m.Attempts++
		claimed := map[string]any{"attempts": m.Attempts, "due_at": now.Add(lease)}
		return tx.Model(&Mail{}).Where("id = ?", m.ID).Updates(claimed).Error
	})
	return m, err
}

func (o *Outbox) purgeHourly(ctx context.Context) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := o.purge(ctx); err != nil && ctx.Err() == nil {
			o.Logger.WarnContext(ctx, "purging mails failed", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// purge deletes mails of more than a week ago that are sent or abandoned.
func (o *Outbox) purge(ctx context.Context) error {
	db := o.db.WithContext(ctx)
	return purge.All(ctx, func() *gorm.DB {
		old := db.Model(&Mail{}).Select("id").Limit(purge.Batch).
			Where("due_at IS NULL AND created_at < ?", o.Now().Add(-history))
		return db.Where("id IN (?)", old).Delete(&Mail{})
	})
}
