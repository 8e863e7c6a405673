package mail_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/mail/mailtest"
	"gorm.io/gorm"
)

// TestFaults: after any fault of the server the mail arrives once, and the log has no secret.
func TestFaults(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]struct{ command, answer string }{
		"refuses to talk":    {"", "554 not now"},
		"hangs up at once":   {"", ""},
		"busy":               {"MAIL", "451 try later"},
		"refuses the sender": {"MAIL", "550 who are you"},
		"puts off":           {"RCPT", "450 try later"},
		"does not know us":   {"RCPT", "530 log in first"},
		"dislikes our name":  {"RCPT", "504 Helo command rejected: need fully-qualified hostname"},
		"refuses the letter": {"taken", "554 looks like spam"},
		"full":               {"taken", "452 no space"},
		"hangs up at DATA":   {"DATA", ""},
		"silent at once":     {"", mailtest.Silence},
		"silent at EHLO":     {"EHLO", mailtest.Silence},
		"silent at MAIL":     {"MAIL", mailtest.Silence},
		"silent at DATA":     {"DATA", mailtest.Silence},
		"silent at the end":  {"taken", mailtest.Silence},
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
				server := mailtest.Serve(t, "")
				o := newOffice(t, db, server.Addr)
				server.Fail(fault.command, fault.answer)
				patient := o.Sender
				if fault.answer == mailtest.Silence { // the default would do, in half a minute
					o.Sender = sender(t, server.Addr, 100*time.Millisecond)
				}
				o.must("ada@example.com")
				if n := o.deliver(); n != 1 {
					t.Errorf("%d tries at once, want one: the next waits", n)
				}
				if len(server.Received()) != 0 {
					t.Error("it came through")
				}
				server.Heal()
				o.Sender = patient
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

// TestSilence: while a worker waits for the server, it blocks neither the database nor the other mails.
func TestSilence(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		server := mailtest.Serve(t, "")
		o := newOffice(t, db, server.Addr)
		server.Fail("MAIL", mailtest.Silence)
		o.must("ada@example.com")
		tried := make(chan error)
		go func() {
			_, err := o.Deliver(t.Context())
			tried <- err
		}()
		<-server.Held
		o.must("grace@example.com")
		if n := len(o.rows()); n != 2 {
			t.Errorf("%d letters, want two", n)
		}
		server.Heal()
		if err := <-tried; err != nil {
			t.Fatal(err)
		}
		if o.deliver(); len(server.Received()) != 1 {
			t.Error("the second letter waits for the first")
		}
		o.ahead.Add(int64(11 * time.Second))
		if o.deliver(); len(server.Received()) != 2 {
			t.Error("the first letter is lost")
		}
	})
}

// TestTakenIsTaken: an error after the server has taken a mail does not send it again.
func TestTakenIsTaken(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"", "500 what"} {
		for _, command := range []string{"RSET", "QUIT"} {
			server := mailtest.Serve(t, "")
			o := newOffice(t, dbtest.Open(t, dbtest.SQLite(t)), server.Addr)
			server.Fail(command, answer)
			o.must("ada@example.com")
			o.deliver()
			o.ahead.Add(int64(time.Hour))
			if tries := o.deliver(); tries != 0 || len(server.Received()) != 1 {
				t.Errorf("%q at %s: tried %d times more, %d letters arrived, want one", answer, command, tries,
					len(server.Received()))
			}
		}
	}
}

// TestServerDown: without a server, mails are enqueued and attempted later.
func TestServerDown(t *testing.T) {
	t.Parallel()
	server := mailtest.Serve(t, "")
	server.Stop()
	o := newOffice(t, dbtest.Open(t, dbtest.SQLite(t)), server.Addr)
	o.must("ada@example.com")
	for _, wait := range []time.Duration{0, 10 * time.Second, 20 * time.Second, 40 * time.Second} { // doubling
		if o.ahead.Add(int64(max(0, wait-5*time.Second))); wait > 0 && o.deliver() != 0 {
			t.Errorf("tried before %v are over", wait)
		}
		if o.ahead.Add(int64(5 * time.Second)); o.deliver() != 1 {
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

// TestGivingUp: after a day a mail is abandoned and its content deleted.
func TestGivingUp(t *testing.T) {
	t.Parallel()
	server := mailtest.Serve(t, "")
	server.Fail("MAIL", "550 who are you")
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
		t.Error("it is not logged")
	}
}

// TestDeadWorker: after the lease of a dead worker another one sends the mail: at most twice, and with one Message-ID.
func TestDeadWorker(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		server := mailtest.Serve(t, "")
		o := newOffice(t, db, server.Addr)
		o.must("ada@example.com")
		// The server takes the mail and dies. The worker dies before it can record that.
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
		o.ahead.Add(int64(4 * time.Minute))
		o.deliver()
		got := server.Received()
		if len(got) != 2 || got[0].Message.Header.Get("Message-Id") != got[1].Message.Header.Get("Message-Id") {
			t.Fatalf("%d letters: %+v", len(got), got)
		}
	})
}

// TestALateResult: a worker whose lease has run out reports a failure after another worker has sent the mail. The mail
// stays sent.
func TestALateResult(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		server := mailtest.Serve(t, "")
		late := newOffice(t, db, server.Addr)
		server.Fail("MAIL", mailtest.Silence)
		late.must("ada@example.com")
		tried := make(chan error)
		go func() {
			_, err := late.Deliver(t.Context())
			tried <- err
		}()
		<-server.Held
		next := newOffice(t, db, mailtest.Serve(t, "").Addr)
		next.ahead.Store(int64(4 * time.Minute))
		if n := next.deliver(); n != 1 {
			t.Errorf("%d attempts after the lease, want one", n)
		}
		server.Heal() // hangs up
		if err := <-tried; err != nil {
			t.Error(err)
		}
		if m := next.rows()[0]; m.SentAt == nil || m.DueAt != nil || !strings.Contains(late.log.String(), "not delivered") {
			t.Errorf("%+v, log: %s", m, late.log.String())
		}
	})
}
