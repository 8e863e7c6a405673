// Package mail writes the letters that authentication causes and, in development, keeps them for /dev/mail instead of
// sending them.
package mail

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"example.com/foyer/internal/auth"
	"gorm.io/gorm"
)

// Mail is a letter as its reader sees it. URL is the one link in it, "" for none; it holds a secret.
type Mail struct {
	ID        string
	Recipient string
	Subject   string
	Text      string
	URL       string
	CreatedAt time.Time
}

// Inbox keeps mails in the database. It implements auth.Mailer.
type Inbox struct {
	db      *gorm.DB
	appName string
	now     func() time.Time
}

// capacity is how many mails an Inbox keeps: enough to find the last one, too few to fill a disk.
const capacity = 100

// NewInbox makes an Inbox on a migrated database; appName is what letters call the app.
func NewInbox(db *gorm.DB, appName string, now func() time.Time) *Inbox {
	return &Inbox{db, appName, now}
}

// Enqueue implements auth.Mailer: the mail is kept when tx commits, and the oldest beyond the newest 100 go.
func (b *Inbox) Enqueue(ctx context.Context, tx *gorm.DB, m auth.Mail) error {
	l, ok := letters[m.Purpose]
	if !ok {
		return fmt.Errorf("mail: no letter for %q", m.Purpose)
	}
	err := tx.WithContext(ctx).Create(&Mail{
		ID: rand.Text(), Recipient: m.To, Subject: fmt.Sprintf(l.subject, b.appName),
		Text: fmt.Sprintf("Hello %s, %s", m.Name, fmt.Sprintf(l.text, m.NewEmail)), URL: m.URL, CreatedAt: b.now(),
	}).Error
	kept := tx.Model(&Mail{}).Select("id").Order("created_at DESC, id").Limit(capacity)
	return errors.Join(err, tx.WithContext(ctx).Where("id NOT IN (?)", kept).Delete(&Mail{}).Error)
}

// List returns the mails that are kept, the newest first.
func (b *Inbox) List(ctx context.Context) ([]Mail, error) {
	var list []Mail
	err := b.db.WithContext(ctx).Order("created_at DESC, id").Find(&list).Error
	return list, err
}

// letters holds what is said for each purpose of an auth.Mail: %s is the app's name in a subject, and the new
// address in a text.
var letters = map[string]struct{ subject, text string }{
	"verify_email":         {"Confirm your e-mail address for %s", "this link confirms that the address is yours.%.0s"},
	"reset_password":       {"Choose a new password for %s", "this link lets you choose a new password. If you did not ask for it, do nothing: your password stays as it is.%.0s"},
	"confirm_email_change": {"Allow the change of your e-mail address for %s", "this link allows the change of your address to %s. If you did not ask for it, do nothing, and change your password."},
	"change_email":         {"Confirm your new e-mail address for %s", "this link makes this your address.%.0s"},
	"delete_account":       {"Delete your account for %s", "this link deletes your account and everything in it. If you did not ask for it, do nothing, and change your password.%.0s"},
}
