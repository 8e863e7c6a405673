// Package mail sends mails. A mail is a row of the outbox, written in the transaction that causes it. A worker sends
// it by SMTP and, if that fails, tries again for a day. In development, mails stay in the outbox for /dev/mail.
package mail

import (
	"context"
	"errors"
	"log/slog"
	"net/mail"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/id"
	"example.com/foyer/internal/keys"
	"gorm.io/gorm"
)

// Mail is a row of the outbox. Text and HTML have the same content, which may include a link with a secret. The
// database has them sealed (see seal.go). They are emptied when the mail is sent or abandoned, unless Options.Keep is
// set.
type Mail struct {
	ID        string
	Recipient string
	Subject   string
	Text      string
	HTML      string
	Attempts  int
	DueAt     *time.Time // of the next attempt; nil after the last, and without a Sender
	SentAt    *time.Time
	CreatedAt time.Time
}

// Options is the configuration of an Outbox.
type Options struct {
	AppName string           // the name of the app in mails
	Keys    *keys.Ring       // seals Text and HTML until the mail is sent; required
	Sender  *SMTP            // nil sends nothing
	Keep    bool             // for /dev/mail: mails keep Text and HTML, and only the newest 100 are kept
	Now     func() time.Time // UTC in whole milliseconds
	Logger  *slog.Logger
}

// Outbox stores mails in the database and sends them. It implements auth.Mailer. Its methods may run concurrently,
// also in several processes.
type Outbox struct {
	db *gorm.DB
	Options
	sealer keys.Sealer
}

const (
	kept    = 100 // mails in development: enough to find the last one, too few to fill a disk
	history = 7 * 24 * time.Hour
)

// New makes an Outbox on a migrated database.
func New(db *gorm.DB, o Options) *Outbox { return &Outbox{db, o, o.Keys.Seal("mail")} }

// Enqueue implements auth.Mailer: the mail is stored if tx commits. It fails if the recipient is not exactly one
// address or the purpose has no text; both are mistakes of the program. The mail about a deleted account also deletes
// the earlier mails to its address that are sent or abandoned.
func (o *Outbox) Enqueue(ctx context.Context, tx *gorm.DB, m auth.Mail) error {
	if a, err := mail.ParseAddress(m.To); err != nil || a.Address != m.To {
		return errors.New("mail: the recipient is not one address")
	}
	now := o.Now()
	row, err := compose(ctx, o.AppName, m, now)
	if err != nil {
		return err
	}
	row.ID, row.CreatedAt = id.New(), now
	o.seal(row)
	if o.Sender != nil {
		row.DueAt = &now
	}
	tx = tx.WithContext(ctx)
	if m.Purpose == letter.AccountDeleted {
		// Unsent mails stay: one of them may warn the owner of a thief who deletes the account.
		if err := tx.Where("recipient = ? AND due_at IS NULL", m.To).Delete(&Mail{}).Error; err != nil {
			return err
		}
	}
	if err := tx.Create(row).Error; err != nil || !o.Keep {
		return err
	}
	newest := tx.Model(&Mail{}).Select("id").Order("created_at DESC, id").Limit(kept)
	return tx.Where("due_at IS NULL AND id NOT IN (?)", newest).Delete(&Mail{}).Error
}

// List returns the newest mails, at most 100. A mail that no secret opens has the error as its text.
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

// Empty reports whether there is no mail.
func (o *Outbox) Empty(ctx context.Context) (bool, error) {
	var first []string
	err := o.db.WithContext(ctx).Model(&Mail{}).Limit(1).Pluck("id", &first).Error
	return len(first) == 0, err
}

// Stats counts the mails of the last 7 days.
type Stats struct {
	Waiting   int64 // with an attempt to come
	Failing   int64 // of those, the ones that wait after a failed attempt, or whose attempt is under way
	Sent      int64
	Abandoned int64 // after a day of attempts, because the address does not exist, or because no secret opens the mail
}

// Stats counts the mails of the last 7 days by their state.
func (o *Outbox) Stats(ctx context.Context) (s Stats, err error) {
	err = o.db.WithContext(ctx).Model(&Mail{}).Select(`
		COUNT(CASE WHEN due_at IS NOT NULL THEN 1 END) AS waiting,
		COUNT(CASE WHEN due_at > ? AND attempts > 0 THEN 1 END) AS failing,
		COUNT(sent_at) AS sent,
		COUNT(CASE WHEN due_at IS NULL AND sent_at IS NULL AND attempts > 0 THEN 1 END) AS abandoned`, o.Now()).
		Where("created_at > ?", o.Now().Add(-history)).Scan(&s).Error
	return s, err
}
