package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// goodbye is how long a server may take to answer QUIT.
const goodbye = 2 * time.Second

// line is a connection to the mail server, kept from one letter to the next. It belongs to one worker and connects
// when it is needed.
type line struct {
	*SMTP
	client *gomail.Client // nil: not connected
	conn   net.Conn
}

// send hands over one letter until ctx ends. Where a kept connection turns out to be closed, it takes a new one, so that
// an idle time-out of the server is no failure of the letter. A panic is a failure like any other.
func (l *line) send(ctx context.Context, m *Mail) (err error) {
	defer func() {
		if p := recover(); p != nil {
			l.drop()
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	msg, err := l.message(m)
	if err != nil {
		return err
	}
	kept := l.client != nil
	err = l.hand(ctx, msg)
	if kept && stale(err) && !msg.IsDelivered() {
		err = l.hand(ctx, msg)
	}
	if msg.IsDelivered() {
		return nil // however the server took leave: else one that is rude about it gets the letter again and again
	}
	return err
}

// hand gives msg to the server. After an error the connection is gone.
func (l *line) hand(ctx context.Context, msg *gomail.Msg) (err error) {
	defer func() {
		if err != nil {
			l.drop()
		}
	}()
	if l.client == nil {
		if err := l.dial(ctx); err != nil {
			return err
		}
	}
	conn := l.conn
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	return l.client.Send(msg)
}

// dial connects and says hello. go-mail itself watches ctx only until the connection stands.
func (l *line) dial(ctx context.Context) error {
	stop := func() bool { return true }
	connect := func(c context.Context, _, _ string) (net.Conn, error) {
		conn, err := l.connect(c)
		if err != nil {
			return nil, err
		}
		l.conn = conn
		stop = context.AfterFunc(ctx, func() { conn.Close() })
		return conn, nil
	}
	defer func() { stop() }()
	client, err := gomail.NewClient(l.host, append(l.options[:len(l.options):len(l.options)], gomail.WithDialContextFunc(connect))...)
	if err != nil {
		return err
	}
	if err := client.DialWithContext(ctx); err != nil {
		return err
	}
	l.client = client
	return nil
}

func (s *SMTP) connect(ctx context.Context) (net.Conn, error) {
	addr := net.JoinHostPort(s.host, strconv.Itoa(s.port)) // go-mail would leave the brackets of IPv6 out
	if s.tls != nil {
		return (&tls.Dialer{Config: s.tls}).DialContext(ctx, "tcp", addr)
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", addr)
}

// hangUp takes leave of the server where there is a connection.
func (l *line) hangUp() {
	if l.client == nil {
		return
	}
	l.conn.SetDeadline(time.Now().Add(goodbye))
	l.client.Close() // the letters are handed over: nothing depends on the answer
	l.drop()
}

// drop ends the connection without a word.
func (l *line) drop() {
	if l.conn != nil {
		l.conn.Close()
	}
	l.client, l.conn = nil, nil
}

// stale reports whether a failure is that of a connection which the server has closed before it was given the words of
// the letter. 421 is how a server says that it closes.
func stale(err error) bool {
	var e *gomail.SendError
	if !errors.As(err, &e) || e.Reason == gomail.ErrWriteContent || e.Reason == gomail.ErrSMTPDataClose {
		return false
	}
	return e.ErrorCode() == 0 || e.ErrorCode() == 421
}

// noSuchMailbox reports whether the server has refused the recipient for good (RFC 5321 §4.2.3, 550 to 555). What
// it says at other commands, and about our own commands or log-in (50x, 530), is for the operator to mend.
func noSuchMailbox(err error) bool {
	var e *gomail.SendError
	return errors.As(err, &e) && e.Reason == gomail.ErrSMTPRcptTo && e.ErrorCode()/10 == 55
}
