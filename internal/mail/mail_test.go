package mail_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/mail"
	"example.com/foyer/internal/mail/mailtest"
	"gorm.io/gorm"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// office is an outbox with a clock that the test moves.
type office struct {
	*mail.Outbox
	t     *testing.T
	db    *gorm.DB
	ahead atomic.Int64
	log   bytes.Buffer
}

func newOffice(t *testing.T, db *gorm.DB, addr string) *office {
	t.Helper()
	o := &office{t: t, db: db}
	options := mail.Options{AppName: "Foyer", Now: func() time.Time { return database.Now().Add(time.Duration(o.ahead.Load())) }, Logger: slog.New(slog.NewTextHandler(&o.log, nil))}
	if addr == "" {
		options.Keep = true
	} else {
		var err error
		if options.Sender, err = mail.NewSMTP("smtp://"+addr, "Foyer <hello@app.example>"); err != nil {
			t.Fatal(err)
		}
	}
	o.Outbox = mail.New(db, options)
	return o
}

const secret = "https://app.example/reset-password?token=s3cr3t-t0ken"

func (o *office) enqueue(to string, after error) error {
	return o.db.Transaction(func(tx *gorm.DB) error {
		return errors.Join(o.Enqueue(o.t.Context(), tx, auth.Mail{To: to, Name: "Ada", Purpose: "reset_password", URL: secret}), after)
	})
}

func (o *office) must(to string) {
	o.t.Helper()
	if err := o.enqueue(to, nil); err != nil {
		o.t.Fatal(err)
	}
}

// deliver tries what is due, and returns how many letters that were.
func (o *office) deliver() (n int) {
	o.t.Helper()
	for {
		found, err := o.Deliver(o.t.Context())
		if err != nil {
			o.t.Fatal(err)
		}
		if !found {
			return n
		}
		n++
	}
}

func (o *office) rows() []mail.Mail {
	o.t.Helper()
	list, err := o.List(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	return list
}

// TestFaults: whatever the server does, the letter arrives once it is well again, and the log holds no secret.
func TestFaults(t *testing.T) {
	for name, fault := range map[string]struct{ command, answer string }{
		"refuses to talk":     {"", "554 not now"},
		"hangs up at once":    {"", ""},
		"busy":                {"MAIL", "451 try later"},
		"refuses the sender":  {"MAIL", "550 who are you"},
		"refuses the address": {"RCPT", "550 no such mailbox"},
		"refuses the letter":  {"taken", "554 looks like spam"},
		"full":                {"taken", "452 no space"},
		"hangs up at DATA":    {"DATA", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
				server := mailtest.Serve(t, "")
				o := newOffice(t, db, server.Addr)
				server.Fail(fault.command, fault.answer)
				o.must("ada@example.com")
				if n := o.deliver(); n != 1 {
					t.Errorf("%d tries at once, want one: the next waits", n)
				}
				if len(server.Received()) != 0 {
					t.Error("it came through")
				}
				server.Heal()
				o.ahead.Add(int64(11 * time.Second))
				o.deliver()
				if n := len(server.Received()); n != 1 {
					t.Fatalf("%d letters arrived, want one: %s", n, o.log.String())
				}
				o.ahead.Add(int64(2 * time.Hour))
				if n := o.deliver(); n != 0 {
					t.Errorf("a sent letter is tried %d times more", n)
				}
				if strings.Contains(o.log.String(), "s3cr3t") || !strings.Contains(o.log.String(), "mail not delivered") {
					t.Errorf("log: %s", o.log.String())
				}
				if m := o.rows()[0]; m.SentAt == nil || m.Text+m.HTML != "" {
					t.Errorf("a sent letter stays in the database: %+v", m)
				}
			})
		})
	}
}

// TestServerDown: nothing listens; the request that caused the letter does not notice.
func TestServerDown(t *testing.T) {
	server := mailtest.Serve(t, "")
	server.Stop()
	o := newOffice(t, dbtest.Open(t, dbtest.SQLite(t)), server.Addr)
	o.must("ada@example.com")
	for _, wait := range []time.Duration{0, 10 * time.Second, 20 * time.Second, 40 * time.Second} { // doubling
		if o.ahead.Add(int64(wait - time.Second)); wait > 0 && o.deliver() != 0 {
			t.Errorf("tried before %v are over", wait)
		}
		if o.ahead.Add(int64(2 * time.Second)); o.deliver() != 1 {
			t.Errorf("not tried after %v", wait)
		}
	}
	back := mailtest.Serve(t, server.Addr)
	o.ahead.Add(int64(time.Hour))
	o.deliver()
	if len(back.Received()) != 1 {
		t.Error("the letter is lost")
	}
}

// TestGivingUp: after a day a letter is abandoned, and what it said is gone.
func TestGivingUp(t *testing.T) {
	server := mailtest.Serve(t, "")
	server.Fail("RCPT", "550 no such mailbox")
	o := newOffice(t, dbtest.Open(t, dbtest.SQLite(t)), server.Addr)
	o.must("ada@example.com")
	tries := 0
	for range 100 {
		tries += o.deliver()
		o.ahead.Add(int64(time.Hour))
	}
	if m := o.rows()[0]; m.DueAt != nil || m.SentAt != nil || m.Text+m.HTML != "" || tries < 10 || tries > 40 {
		t.Errorf("after %d tries: %+v", tries, m)
	}
	if !strings.Contains(o.log.String(), "abandoned=true") {
		t.Error("nobody is told")
	}
}

// TestDeadWorker: a worker that dies in the middle keeps the letter for its lease, then another sends it: at most
// twice, and with one Message-ID.
func TestDeadWorker(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		server := mailtest.Serve(t, "")
		o := newOffice(t, db, server.Addr)
		o.must("ada@example.com")
		// The server takes the letter and dies; so does the worker, before it can write that down.
		server.Fail("taken", "")
		died := errors.New("killed")
		err := db.Callback().Update().Before("gorm:update").Register("test:kill", func(tx *gorm.DB) {
			if len(server.Received()) == 1 {
				tx.AddError(died)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Deliver(t.Context()); !errors.Is(err, died) {
			t.Fatal(err)
		}
		db.Callback().Update().Remove("test:kill")
		server.Heal()
		if o.deliver() != 0 {
			t.Error("taken from a worker that may still be at it")
		}
		o.ahead.Add(int64(3 * time.Minute))
		o.deliver()
		got := server.Received()
		if len(got) != 2 || got[0].Message.Header.Get("Message-Id") != got[1].Message.Header.Get("Message-Id") {
			t.Fatalf("%d letters: %+v", len(got), got)
		}
	})
}

// TestManyWorkers: each letter is sent by one.
func TestManyWorkers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		server := mailtest.Serve(t, "")
		o := newOffice(t, db, server.Addr)
		for i := range 40 {
			o.must(fmt.Sprintf("user%d@example.com", i))
		}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for {
					if found, err := o.Deliver(t.Context()); err != nil || !found {
						if err != nil {
							t.Error(err)
						}
						return
					}
				}
			})
		}
		wg.Wait()
		o.deliver() // what a worker skipped while another held it
		to := map[string]int{}
		for _, r := range server.Received() {
			to[strings.Join(r.Recipients, ",")]++
		}
		if len(to) != 40 || len(server.Received()) != 40 {
			t.Errorf("%d letters to %d people, want 40 to 40", len(server.Received()), len(to))
		}
	})
}

// TestRun: a letter goes out by itself, and the worker ends when told.
func TestRun(t *testing.T) {
	server := mailtest.Serve(t, "")
	o := newOffice(t, dbtest.Open(t, dbtest.SQLite(t)), server.Addr)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { o.Run(ctx); close(ended) }()
	o.must("ada@example.com")
	if got := <-server.Mails; !strings.Contains(got.Text, "Hello Ada") {
		t.Errorf("%+v", got)
	}
	cancel()
	<-ended
}

// TestLetter: what arrives is one letter to one person, in words and in HTML, with hostile names as text.
func TestLetter(t *testing.T) {
	server := mailtest.Serve(t, "")
	db := dbtest.Open(t, dbtest.SQLite(t))
	o := newOffice(t, db, server.Addr)
	err := db.Transaction(func(tx *gorm.DB) error {
		return o.Enqueue(t.Context(), tx, auth.Mail{To: "ada@example.com", Name: `<script>x</script>{app}`, Purpose: "confirm_email_change", NewEmail: "new@example.com", URL: secret + "&a=b"})
	})
	if err != nil {
		t.Fatal(err)
	}
	o.deliver()
	got := server.Received()
	if len(got) != 1 || len(got[0].Recipients) != 1 || !strings.Contains(got[0].Recipients[0], "<ada@example.com>") {
		t.Fatalf("%+v", got)
	}
	h := got[0].Message.Header
	subject, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
	if err != nil || subject != "Allow the change of your e-mail address for Foyer" || h.Get("From") != `"Foyer" <hello@app.example>` || !strings.HasSuffix(h.Get("Message-Id"), "@app.example>") || h.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("headers %v", h)
	}
	body, err := io.ReadAll(got[0].Message.Body)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(strings.ReplaceAll(string(body), "=\r\n", ""), "=3D", "=")
	for _, want := range []string{"text/plain", "text/html", "Hello <script>x</script>{app},", "&lt;script&gt;x&lt;/script&gt;{app}", "moved to new@example.com", "s3cr3t-t0ken&a=b", "s3cr3t-t0ken&amp;a=b"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing from %s", want, text)
		}
	}
}

// TestEnqueue: written with the change that causes it, to exactly one address, with words for its purpose.
func TestEnqueue(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		o := newOffice(t, db, "")
		undone := errors.New("undone")
		if err := o.enqueue("undone@example.com", undone); !errors.Is(err, undone) {
			t.Fatal(err)
		}
		for _, to := range []string{"", "ada", "ada@example.com, eve@example.com", "ada@example.com\r\nBcc: eve@example.com", "Ada <ada@example.com>", "ada@example.com\n", "<ada@example.com>", "a@b.c;d@e.f"} {
			if o.enqueue(to, nil) == nil {
				t.Errorf("%q is taken", to)
			}
		}
		if err := o.Enqueue(t.Context(), db, auth.Mail{To: "ada@example.com", Purpose: "unknown"}); err == nil {
			t.Error("a mail without words is taken")
		}
		if n := len(o.rows()); n != 0 {
			t.Fatalf("%d mails, want none", n)
		}
		subjects := map[string]bool{}
		for _, purpose := range []string{
			"verify_email", "reset_password", "set_password", "confirm_email_change", "change_email", "delete_account",
			"password_changed", "email_changed", "new_device", "account_deleted", "existing_account",
		} {
			if err := o.Enqueue(t.Context(), db, auth.Mail{To: "ada@example.com", Name: "Ada 100%s", Purpose: purpose, NewEmail: "new%d@example.com", URL: secret}); err != nil {
				t.Fatal(err)
			}
			m := o.rows()[0]
			subjects[m.Subject] = true
			if !strings.HasPrefix(m.Text, "Hello Ada 100%s,") || strings.ContainsAny(m.Subject+m.Text, "{}") || !strings.Contains(m.Subject, "Foyer") || strings.Contains(m.Text, secret) != (purpose != "account_deleted") {
				t.Errorf("%s: %+v", purpose, m)
			}
			o.ahead.Add(int64(time.Second))
		}
		if len(subjects) != 11 {
			t.Errorf("subjects: %v", subjects)
		}
		for i := range 110 {
			o.ahead.Add(int64(time.Second))
			o.must(fmt.Sprintf("user%d@example.com", i))
		}
		var all int64
		if err := db.Model(&mail.Mail{}).Count(&all).Error; err != nil || all != 100 {
			t.Errorf("%d are kept, want 100 (%v)", all, err)
		}
		if m := o.rows()[0]; m.Recipient != "user109@example.com" || m.Text == "" {
			t.Errorf("the newest is %+v", m)
		}
		if found, err := o.Deliver(t.Context()); found || err != nil {
			t.Error("without a server something is sent: ", found, err)
		}
	})
}

// TestNewSMTP: what cannot work is refused at the start, without a word of the password.
func TestNewSMTP(t *testing.T) {
	for _, c := range []struct {
		url, from string
		ok        bool
	}{
		{"smtp://mail.example", "hello@app.example", true},
		{"smtps://user:p%40ss@mail.example:465", "Foyer <hello@app.example>", true},
		{"smtp://127.0.0.1:2525", "hello@app.example", true},
		{"http://user:hunter2@mail.example", "hello@app.example", false},
		{"smtp://user:hunter2@", "hello@app.example", false},
		{"smtp://user:hunter2@mail.example/path", "hello@app.example", false},
		{"smtp://user:hunter2@mail.example:x", "hello@app.example", false},
		{"smtp://user:hunter2@mail.example:99999", "hello@app.example", false},
		{"smtp://mail.example", "hello", false},
		{"smtp://mail.example", "a@b.example, c@d.example", false},
	} {
		_, err := mail.NewSMTP(c.url, c.from)
		if (err == nil) != c.ok || err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s from %s: %v", c.url, c.from, err)
		}
	}
}
