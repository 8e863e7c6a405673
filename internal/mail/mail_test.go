package mail_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/keys"
	"example.com/foyer/internal/mail"
	"example.com/foyer/internal/mail/mailtest"
	"example.com/foyer/internal/purge"
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
	options := mail.Options{
		AppName: "Quill", Keys: ring(t, first), Logger: slog.New(slog.NewTextHandler(&o.log, nil)),
		Now: func() time.Time { return database.Now().Add(time.Duration(o.ahead.Load())) },
	}
	if addr == "" {
		options.Keep = true
	} else {
		options.Sender = sender(t, addr, 0)
	}
	o.Outbox = mail.New(db, options)
	return o
}

const first, second = "the-first-secret-of-a-ring-of-two", "the-second-secret-of-a-ring-of-two"

func ring(t *testing.T, secrets ...string) *keys.Ring {
	t.Helper()
	r, err := keys.New(secrets)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func sender(t *testing.T, addr string, stepTime time.Duration) *mail.SMTP {
	t.Helper()
	s, err := mail.NewSMTP("smtp://"+addr, "Quill <hello@app.example>", "app.example", stepTime)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const secret = "https://app.example/reset-password?token=s3cr3t-t0ken"

func (o *office) enqueue(to string, after error) error {
	return o.db.Transaction(func(tx *gorm.DB) error {
		return errors.Join(o.Enqueue(o.t.Context(), tx,
			auth.Mail{To: to, Name: "Ada", Purpose: "reset_password", URL: secret}), after)
	})
}

func (o *office) must(to string) {
	o.t.Helper()
	if err := o.enqueue(to, nil); err != nil {
		o.t.Fatal(err)
	}
}

// deliver attempts all due mails and returns how many there were.
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

// TestManyWorkers: each mail is sent by one worker.
func TestManyWorkers(t *testing.T) {
	t.Parallel()
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
		o.deliver() // the mails that a worker skipped while another claimed them
		to := map[string]int{}
		for _, r := range server.Received() {
			to[strings.Join(r.Recipients, ",")]++
		}
		if len(to) != 40 || len(server.Received()) != 40 {
			t.Errorf("%d letters to %d people, want 40 to 40", len(server.Received()), len(to))
		}
	})
}

// TestAClockThatWasAhead: a mail that was written while the clock was ahead is sent once the clock is corrected, and
// belongs to the worker that claimed it as long as any other.
func TestAClockThatWasAhead(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		server := mailtest.Serve(t, "")
		o := newOffice(t, db, server.Addr)
		o.ahead.Store(int64(time.Hour))
		o.must("ada@example.com")
		o.ahead.Store(0)
		if n := o.deliver(); n != 1 || len(server.Received()) != 1 {
			t.Fatalf("%d attempts, %d letters, want 1 of each", n, len(server.Received()))
		}

		o.ahead.Store(int64(time.Hour))
		o.must("bob@example.com")
		o.ahead.Store(0)
		server.Stop()
		for _, want := range []int{1, 0} { // the second attempt has its time
			if n := o.deliver(); n != want {
				t.Errorf("%d attempts while the mail server is down, want %d", n, want)
			}
		}
	})
}

// TestRun: Run sends mails until its context ends.
func TestRun(t *testing.T) {
	t.Parallel()
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

// TestOldMailsAreDeleted: mails of a week ago are deleted in batches, but for those that wait for an attempt.
func TestOldMailsAreDeleted(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		server := mailtest.Serve(t, "")
		o := newOffice(t, db, server.Addr)
		old := make([]mail.Mail, purge.Batch+1)
		for i := range old {
			old[i] = mail.Mail{ID: fmt.Sprint(i), Recipient: "ada@example.com", CreatedAt: o.Now().AddDate(0, 0, -8)}
		}
		if err := db.CreateInBatches(old, 500).Error; err != nil {
			t.Fatal(err)
		}
		waiting := old[0]
		waiting.ID, waiting.Recipient = "waiting", "bob@example.com"
		waiting.Attempts, waiting.DueAt = 1, new(o.Now().Add(time.Hour))
		if err := db.Create(&waiting).Error; err != nil {
			t.Fatal(err)
		}
		o.must("bob@example.com")
		batches := make(chan int64, 10)
		err := db.Callback().Delete().After("gorm:delete").Register("test:batch",
			func(tx *gorm.DB) { batches <- tx.RowsAffected })
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { o.Run(ctx); close(ended) }()
		if first, second := <-batches, <-batches; first != purge.Batch || second != 1 {
			t.Errorf("%d and %d letters go, want %d and 1", first, second, purge.Batch)
		}
		cancel()
		<-ended
		if rows := o.rows(); len(rows) != 2 || rows[0].Recipient != "bob@example.com" || rows[1].ID != "waiting" {
			t.Errorf("%d letters are left, want the new one and the one that waits", len(rows))
		}
	})
}

// TestMail: a mail has one recipient, a text and HTML, and hostile names are text in both.
func TestMail(t *testing.T) {
	t.Parallel()
	server := mailtest.Serve(t, "")
	db := dbtest.Open(t, dbtest.SQLite(t))
	o := newOffice(t, db, server.Addr)
	err := db.Transaction(func(tx *gorm.DB) error {
		return o.Enqueue(t.Context(), tx, auth.Mail{To: "ada@example.com", Name: `<script>x</script>{app}`,
			Purpose: "confirm_email_change", NewEmail: "new@example.com", URL: secret + "&a=b"})
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
	if err != nil || subject != "Allow the change of your e-mail address for Quill" ||
		h.Get("From") != `"Quill" <hello@app.example>` || !strings.HasSuffix(h.Get("Message-Id"), "@app.example>") ||
		h.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("headers %v", h)
	}
	body, err := io.ReadAll(got[0].Message.Body)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(strings.ReplaceAll(string(body), "=\r\n", ""), "=3D", "=")
	for _, want := range []string{"text/plain", "text/html", "Hello <script>x</script>{app},",
		"&lt;script&gt;x&lt;/script&gt;{app}", "change its address to new@example.com", "change its address to <bdi>new@example.com</bdi>", "s3cr3t-t0ken&a=b", "s3cr3t-t0ken&amp;a=b"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing from %s", want, text)
		}
	}
}

// TestMailsGoWithTheAccount: deleting an account deletes the mails that were sent to it. Unsent ones and those of
// others stay.
func TestMailsGoWithTheAccount(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		server := mailtest.Serve(t, "")
		o := newOffice(t, db, server.Addr)
		o.must("ada@example.com")
		o.must("bob@example.com")
		o.deliver()
		o.must("ada@example.com") // still on its way
		undone := errors.New("undone")
		leave := func(after error) error {
			return db.Transaction(func(tx *gorm.DB) error {
				return errors.Join(o.Enqueue(t.Context(), tx, auth.Mail{To: "ada@example.com", Purpose: "account_deleted"}), after)
			})
		}
		if err := leave(undone); !errors.Is(err, undone) || len(o.rows()) != 3 {
			t.Fatalf("%v, %d letters after a deletion that was undone", err, len(o.rows()))
		}
		if err := leave(nil); err != nil {
			t.Fatal(err)
		}
		var left []string
		for _, m := range o.rows() {
			left = append(left, fmt.Sprint(m.Recipient, " sent ", m.SentAt != nil))
		}
		slices.Sort(left)
		if want := []string{"ada@example.com sent false", "ada@example.com sent false",
			"bob@example.com sent true"}; !slices.Equal(left, want) {
			t.Errorf("left: %q, want %q", left, want)
		}
	})
}

// TestAMailWithoutAName has a greeting without a name in text and HTML.
func TestAMailWithoutAName(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Open(t, dbtest.SQLite(t)), "")
	if err := o.Enqueue(t.Context(), o.db, auth.Mail{To: "ada@example.com", Purpose: "verify_email",
		URL: secret}); err != nil {
		t.Fatal(err)
	}
	if m := o.rows()[0]; !strings.HasPrefix(m.Text, "Hello,\n") || !strings.Contains(m.HTML, ">Hello,</p>") {
		t.Errorf("%+v", m)
	}
}

// TestEnqueue: a mail is stored with the transaction that causes it, to exactly one address, with the text of its
// purpose.
func TestEnqueue(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		o := newOffice(t, db, "")
		undone := errors.New("undone")
		if err := o.enqueue("undone@example.com", undone); !errors.Is(err, undone) {
			t.Fatal(err)
		}
		for _, to := range []string{"", "ada", "ada@example.com, eve@example.com", "ada@example.com\r\nBcc: eve@example.com",
			"Ada <ada@example.com>", "ada@example.com\n", "<ada@example.com>", "a@b.c;d@e.f"} {
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
		for _, purpose := range purposes {
			if err := o.Enqueue(t.Context(), db, auth.Mail{To: "ada@example.com", Name: "Ada 100%s", Purpose: purpose,
				NewEmail: "new%d@example.com", About: "eve%s@example.com", URL: secret}); err != nil {
				t.Fatal(err)
			}
			m := o.rows()[0]
			subjects[m.Subject] = true
			if !strings.HasPrefix(m.Text, "Hello Ada 100%s,") || strings.ContainsAny(m.Subject+m.Text, "{}") ||
				!strings.Contains(m.Subject, "Quill") {
				t.Errorf("%s: %+v", purpose, m)
			}
			if linked := strings.Contains(m.Text, secret); linked == slices.Contains(linkless, purpose) {
				t.Errorf("%s: %+v", purpose, m)
			}
			if about := strings.Contains(m.Subject, "eve%s@example.com") &&
				strings.Contains(m.Text, "Admin, Users"); about != (purpose == "admin_made") {
				t.Errorf("%s: %+v", purpose, m)
			}
			o.ahead.Add(int64(time.Second))
		}
		if len(subjects) != len(purposes) {
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

// TestNewSMTP: a bad URL or sender is refused, and the error does not quote the password.
func TestNewSMTP(t *testing.T) {
	for _, c := range []struct {
		url, from string
		ok        bool
	}{
		{"smtp://mail.example", "hello@app.example", true},
		{"smtps://user:p%40ss@mail.example:465", "Quill <hello@app.example>", true},
		{"smtp://127.0.0.1:2525", "hello@app.example", true},
		{"http://user:hunter2@mail.example", "hello@app.example", false},
		{"smtp://user:hunter2@", "hello@app.example", false},
		{"smtp://user:hunter2@mail.example/path", "hello@app.example", false},
		{"smtp://user:hunter2@mail.example:x", "hello@app.example", false},
		{"smtp://user:hunter2@mail.example:99999", "hello@app.example", false},
		{"smtp://mail.example", "hello", false},
		{"smtp://mail.example", "a@b.example, c@d.example", false},
	} {
		_, err := mail.NewSMTP(c.url, c.from, "app.example", 0)
		if (err == nil) != c.ok || err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s from %s: %v", c.url, c.from, err)
		}
	}
}
