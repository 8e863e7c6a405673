package mail_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/mail"
	"example.com/foyer/internal/mail/mailtest"
	"gorm.io/gorm"
)

// run delivers in the background until the test ends or stop is called.
func (o *office) run() (stop func()) {
	ctx, cancel := context.WithCancel(o.t.Context())
	ended := make(chan struct{})
	go func() { o.Run(ctx); close(ended) }()
	stop = func() { cancel(); <-ended }
	o.t.Cleanup(stop)
	return stop
}

// TestNoSuchMailbox: an address that the server refuses for good is tried once, because providers block repeated
// attempts.
func TestNoSuchMailbox(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"550 5.1.1 user unknown", "551 moved", "553 no such name", "554 refused"} {
		server := mailtest.Serve(t, "")
		server.FailFor("nobody@", "RCPT", answer)
		o := newOffice(t, dbtest.Open(t, dbtest.SQLite(t)), server.Addr)
		o.must("nobody@example.com")
		o.must("ada@example.com")
		tries := o.deliver()
		for range 30 {
			o.ahead.Add(int64(time.Hour))
			tries += o.deliver()
		}
		if tries != 2 || len(server.Received()) != 1 {
			t.Errorf("%s: %d tries for two letters, %d arrived", answer, tries, len(server.Received()))
		}
		for _, m := range o.rows() {
			if m.DueAt != nil || m.Text+m.HTML != "" {
				t.Errorf("%s: %+v", answer, m)
			}
		}
		if log := o.log.String(); strings.Contains(log, "s3cr3t") || !strings.Contains(log, "abandoned=true") {
			t.Errorf("%s: log: %s", answer, log)
		}
		stats, err := o.Stats(t.Context())
		if err != nil || stats.Abandoned != 1 {
			t.Errorf("%s: %+v, %v", answer, stats, err)
		}
	}
}

// TestSlowMail: a mail that the server is slow with does not delay the others.
func TestSlowMail(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		server := mailtest.Serve(t, "")
		server.FailFor("slow@", "DATA", mailtest.Silence)
		o := newOffice(t, db, server.Addr)
		o.must("slow@example.com")
		o.run()
		<-server.Held
		for i := range 5 {
			o.must(fmt.Sprintf("user%d@example.com", i))
		}
		for range 5 {
			<-server.Mails
		}
		rows := o.rows()
		slow := slices.IndexFunc(rows, func(m mail.Mail) bool { return m.Recipient == "slow@example.com" })
		if due := rows[slow].DueAt; due == nil || due.Before(o.Now().Add(time.Minute)) {
			t.Error("the others had to wait until the slow letter was given up")
		}
		server.Heal()
	})
}

// TestKeptConnection: mails due at the same time use few connections, and idle connections are closed.
func TestKeptConnection(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		server := mailtest.Serve(t, "")
		o := newOffice(t, db, server.Addr)
		for i := range 24 {
			o.must(fmt.Sprintf("user%d@example.com", i))
		}
		stop := o.run()
		for range 24 {
			<-server.Mails
		}
		stop()
		if n := server.Conversations(); n > 12 {
			t.Errorf("%d connections for 24 letters", n)
		}
		server.Stop() // returns when every connection is closed
	})
}

// TestBrokenConnection: a connection that the server closed between two mails costs no attempt.
func TestBrokenConnection(t *testing.T) {
	t.Parallel()
	for _, goodbye := range []string{"", "421 idle for too long"} {
		for _, command := range []string{"NOOP", "MAIL"} {
			t.Run(command+" "+goodbye, func(t *testing.T) {
				server := mailtest.Serve(t, "")
				server.FailUsed(command, goodbye)
				o := newOffice(t, dbtest.Open(t, dbtest.SQLite(t)), server.Addr)
				for i := range 6 {
					o.must(fmt.Sprintf("user%d@example.com", i))
				}
				o.run()
				for range 6 {
					<-server.Mails
				}
				for _, m := range o.rows() {
					if m.Attempts > 1 {
						t.Errorf("%d attempts of a letter: %s", m.Attempts, o.log.String())
					}
				}
			})
		}
	}
}

// TestMailThatPanics: a panic counts as an attempt, and the other mails are attempted.
func TestMailThatPanics(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		server := mailtest.Serve(t, "")
		o := newOffice(t, db, server.Addr)
		well := o.Sender
		o.Sender = well.Broken()
		for _, to := range []string{"ada@example.com", "grace@example.com"} {
			o.must(to)
		}
		if n := o.deliver(); n != 2 {
			t.Errorf("%d letters were tried, want two", n)
		}
		for _, m := range o.rows() {
			if m.Attempts != 1 || m.DueAt == nil || !m.DueAt.After(o.Now()) {
				t.Errorf("%+v", m)
			}
		}
		if log := o.log.String(); !strings.Contains(log, "panic: an answer too odd") ||
			!strings.Contains(log, "export_test.go") {
			t.Errorf("log: %s", log)
		}
		o.Sender = well
		o.ahead.Add(int64(time.Minute))
		if o.deliver(); len(server.Received()) != 2 {
			t.Errorf("%d letters arrived, want two", len(server.Received()))
		}
	})
}

// TestStopInTheMiddle: an attempt under way ends soon after the program should, and the next start sends the mail.
func TestStopInTheMiddle(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"EHLO", "DATA"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			server := mailtest.Serve(t, "")
			server.Fail(command, mailtest.Silence)
			o := newOffice(t, dbtest.Open(t, dbtest.SQLite(t)), server.Addr)
			o.must("ada@example.com")
			stop := o.run()
			<-server.Held
			began := time.Now()
			stop()
			if took := time.Since(began); took > 20*time.Second { // without the rule a silent server has half a minute
				t.Errorf("the end took %v", took)
			}
			server.Heal()
			o.ahead.Add(int64(time.Minute))
			if o.deliver(); len(server.Received()) != 1 {
				t.Errorf("the letter is lost: %s", o.log.String())
			}
		})
	}
}

// TestHello: EHLO has a name with a dot, because many servers refuse others.
func TestHello(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"www.app.example": "www.app.example", "localhost": "app.example", "": "app.example", "192.0.2.1": "app.example",
		"::1": "app.example",
	} {
		server := mailtest.Serve(t, "")
		o := newOffice(t, dbtest.Open(t, dbtest.SQLite(t)), server.Addr)
		sender, err := mail.NewSMTP("smtp://"+server.Addr, "App <hello@app.example>", host, 0)
		if err != nil {
			t.Fatal(err)
		}
		o.Sender = sender
		o.must("ada@example.com")
		o.deliver()
		if got := server.Received(); len(got) != 1 || got[0].Hello != want {
			t.Errorf("host %q: %+v, want a greeting as %s", host, got, want)
		}
	}
}

// TestLoginWithoutTLS: without TLS the password is sent to a server on this machine only.
func TestLoginWithoutTLS(t *testing.T) {
	t.Parallel()
	for _, mechanism := range []string{"PLAIN", "LOGIN"} {
		server := mailtest.Serve(t, "")
		server.Login(mechanism, "dev", "s3cr3t pass")
		o := newOffice(t, dbtest.Open(t, dbtest.SQLite(t)), server.Addr)
		for i, password := range []string{"wrong", "s3cr3t%20pass"} {
			sender, err := mail.NewSMTP("smtp://dev:"+password+"@"+server.Addr, "hello@app.example", "app.example", 0)
			if err != nil {
				t.Fatal(err)
			}
			o.Sender = sender
			o.must("ada@example.com")
			o.deliver()
			if n := len(server.Received()); n != i {
				t.Errorf("%s with %s: %d letters arrived: %s", mechanism, password, n, o.log.String())
			}
		}
		if strings.Contains(o.log.String(), "s3cr3t") {
			t.Errorf("log: %s", o.log.String())
		}
	}
}
