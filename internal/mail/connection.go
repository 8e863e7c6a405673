package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// quitTime is how long a server may take to answer QUIT.
const quitTime = 2 * time.Second

// connection is a connection to the mail server that is kept from one mail to the next. It belongs to one worker and
// connects with its first mail.
type connection struct {
	*SMTP
	client *gomail.Client // nil: not connected
	conn   net.Conn
}

// send hands over one mail, until ctx ends. If the server closed a kept connection, it connects again, so that an idle
// time-out is no failed attempt. A panic is returned as an error.
func (c *connection) send(ctx context.Context, m *Mail) (err error) {
	defer func() {
		if p := recover(); p != nil {
			c.drop()
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	msg, err := c.message(m)
	if err != nil {
		return err
	}
	kept := c.client != nil
	err = c.handOver(ctx, msg)
	if kept && stale(err) && !msg.IsDelivered() {
		err = c.handOver(ctx, msg)
	}
	if msg.IsDelivered() {
		return nil // a later error does not count, or a server with a bad QUIT would get the mail again and again
	}
	return err
}

// handOver sends msg to the server. After an error the connection is closed.
func (c *connection) handOver(ctx context.Context, msg *gomail.Msg) (err error) {
	defer func() {
		if err != nil {
			c.drop()
		}
	}()
	if c.client == nil {
		if err := c.dial(ctx); err != nil {
			return err
		}
	}
	conn := c.conn
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	return c.client.Send(msg)
}

// dial connects and sends EHLO. It closes the connection when ctx ends, because go-mail only watches ctx until TCP is
// up.
func (c *connection) dial(ctx context.Context) error {
	stop := func() bool { return true }
	connect := func(dialing context.Context, _, _ string) (net.Conn, error) {
		conn, err := c.connect(dialing)
		if err != nil {
			return nil, err
		}
		c.conn = conn
		stop = context.AfterFunc(ctx, func() { conn.Close() })
		return conn, nil
	}
	defer func() { stop() }()
	client, err := gomail.NewClient(c.host, append(slices.Clip(c.options), gomail.WithDialContextFunc(connect))...)
	if err != nil {
		return err
	}
	if err := client.DialWithContext(ctx); err != nil {
		return err
	}
	c.client = client
	return nil
}

func (s *SMTP) connect(ctx context.Context) (net.Conn, error) {
	addr := net.JoinHostPort(s.host, strconv.Itoa(s.port)) // go-mail omits the brackets of IPv6
	if s.tls != nil {
		return (&tls.Dialer{Config: s.tls}).DialContext(ctx, "tcp", addr)
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", addr)
}

// quit ends the connection with QUIT, if there is one.
func (c *connection) quit() {
	if c.client == nil {
		return
	}
	c.conn.SetDeadline(time.Now().Add(quitTime))
	c.client.Close() // the mails are handed over, so the answer does not matter
	c.drop()
}

// drop closes the connection without QUIT.
func (c *connection) drop() {
	if c.conn != nil {
		c.conn.Close()
	}
	c.client, c.conn = nil, nil
}

// stale reports whether the server closed the connection before it received the content of the mail. It announces that
// with 421, or just closes.
func stale(err error) bool {
	var e *gomail.SendError
	if !errors.As(err, &e) || e.Reason == gomail.ErrWriteContent || e.Reason == gomail.ErrSMTPDataClose {
		return false
	}
	return e.ErrorCode() == 0 || e.ErrorCode() == 421
}

// noSuchMailbox reports whether the server refused the recipient for good (RFC 5321 §4.2.3, 550 to 555). Refusals of
// other commands, or of our commands or log-in (50x, 530), may end when the operator changes something.
func noSuchMailbox(err error) bool {
	var e *gomail.SendError
	return errors.As(err, &e) && e.Reason == gomail.ErrSMTPRcptTo && e.ErrorCode()/10 == 55
}
