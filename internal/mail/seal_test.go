package mail_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/mail"
	"example.com/foyer/internal/mail/mailtest"
	"gorm.io/gorm"
)

// stored reads all mails as they are in the database.
func (o *office) stored() (list []mail.Mail) {
	o.t.Helper()
	if err := o.db.Order("created_at, id").Find(&list).Error; err != nil {
		o.t.Fatal(err)
	}
	return list
}

// with returns the office after a restart with other secrets.
func (o *office) with(secrets ...string) *office {
	next := &office{t: o.t, db: o.db}
	next.ahead.Store(o.ahead.Load())
	options := o.Options
	options.Keys, options.Now, options.Logger = ring(o.t, secrets...), o.Now, o.Logger
	next.Outbox = mail.New(o.db, options)
	return next
}

// TestMailsWaitSealed: a copy of the database has no readable mail. The mail server and /dev/mail get the plain text,
// also after the secret was replaced.
func TestMailsWaitSealed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		server := mailtest.Serve(t, "")
		o := newOffice(t, db, server.Addr)
		o.must("ada@example.com")
		for _, m := range o.stored() {
			if all := m.Text + m.HTML; strings.Contains(all, "s3cr3t") || strings.Contains(all, "Hello") || m.Text == m.HTML {
				t.Errorf("the database says %+v", m)
			}
		}
		o = o.with(second, first)
		if list := o.rows(); len(list) != 1 || list[0].Link() != secret || !strings.Contains(list[0].Page(), "Hello <bdi>Ada</bdi>") {
			t.Errorf("the list says %+v", list)
		}
		if n := o.deliver(); n != 1 {
			t.Fatalf("%d letters", n)
		}
		if got := <-server.Mails; !strings.Contains(strings.ReplaceAll(got.Text, "=\r\n", ""), "s3cr3t-t0ken") {
			t.Errorf("sent %s", got.Text)
		}
		if m := o.stored()[0]; m.Text != "" || m.HTML != "" || m.SentAt == nil {
			t.Errorf("afterwards %+v", m)
		}
	})
}

// TestOldMailsAreSent: unsealed mails of an older version are sent.
func TestOldMailsAreSent(t *testing.T) {
	t.Parallel()
	server := mailtest.Serve(t, "")
	o := newOffice(t, dbtest.Open(t, dbtest.SQLite(t)), server.Addr)
	now := o.Now()
	old := &mail.Mail{ID: "old", Recipient: "ada@example.com", Subject: "x", Text: "Hello old", HTML: "<p>Hello old</p>",
		DueAt: &now, CreatedAt: now}
	if err := o.db.Create(old).Error; err != nil {
		t.Fatal(err)
	}
	o.deliver()
	if got := <-server.Mails; !strings.Contains(got.Text, "Hello old") {
		t.Errorf("sent %s", got.Text)
	}
}

// TestAMailThatDoesNotOpen: without its secret a mail is abandoned and logged once, after ten minutes in which an
// instance with the secret may send it. A mail that was copied to another row does not open.
func TestAMailThatDoesNotOpen(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		server := mailtest.Serve(t, "")
		o := newOffice(t, db, server.Addr)
		o.must("ada@example.com")
		o.must("bob@example.com")
		rows := o.stored()
		swap := map[string]any{"text": rows[0].Text, "html": rows[0].HTML}
		if err := db.Model(&mail.Mail{}).Where("id = ?", rows[1].ID).Updates(swap).Error; err != nil {
			t.Fatal(err)
		}
		strange := o.with(second)
		if n := strange.deliver(); n != 2 || o.log.Len() != 0 {
			t.Errorf("%d letters, and the log says %s", n, o.log.String())
		}
		o.ahead.Add(int64(time.Minute))
		if n := o.deliver(); n != 2 || len(server.Received()) != 1 {
			t.Errorf("%d letters, %d sent", n, len(server.Received()))
		}
		if list := o.rows(); !strings.Contains(list[0].Text+list[1].Text, "APP_SECRET") {
			t.Errorf("the list says %+v", list)
		}
		for range 20 {
			o.ahead.Add(int64(time.Hour))
			o.deliver()
		}
		if n := strings.Count(o.log.String(), "mail not delivered"); n != 1 ||
			!strings.Contains(o.log.String(), "abandoned=true") {
			t.Errorf("the log says %s", o.log.String())
		}
		for _, m := range o.stored() {
			if m.DueAt != nil || m.Text != "" || m.HTML != "" {
				t.Errorf("left: %+v", m)
			}
		}
	})
}

// FuzzStored: any stored text is read without a panic, and none opens that the outbox has not sealed.
func FuzzStored(f *testing.F) {
	for _, s := range []string{"", "Hello", "sealed:", "sealed:AAAA", "sealed:%", "sealed:" + strings.Repeat("A", 64)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, stored string) {
		m := &mail.Mail{ID: "x", Text: stored, HTML: stored}
		err := mail.New(nil, mail.Options{Keys: ring(t, first)}).Open(m)
		if sealed := strings.HasPrefix(stored, "sealed:"); sealed != errors.Is(err, mail.ErrSealed) || !sealed &&
			m.Text != stored {
			t.Errorf("%q: %v", stored, err)
		}
	})
}

// TestTheNoticeOfAChangeNamesBoth the new address and the link that stops the change.
func TestTheNoticeOfAChangeNamesBoth(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Open(t, dbtest.SQLite(t)), "")
	m := auth.Mail{To: "ada@example.com", Name: "Ada", Purpose: "email_change_asked", NewEmail: "eve@example.com",
		URL: secret}
	if err := o.Enqueue(t.Context(), o.db, m); err != nil {
		t.Fatal(err)
	}
	if got := o.rows()[0].Text; !strings.Contains(got, "change its address to eve@example.com") ||
		!strings.Contains(got, "Stop the change:\n"+secret) {
		t.Error(got)
	}
}
