package mail

import (
	"context"

	gomail "github.com/wneessen/go-mail"
)

// Broken returns a copy of s that panics.
func (s *SMTP) Broken() *SMTP {
	broken := *s
	broken.options = []gomail.Option{func(*gomail.Client) error { panic("an answer too odd") }}
	return &broken
}

// ErrSealed is the error of Open if no secret opens a mail.
var ErrSealed = errSealed

// Open opens a mail as before it is sent.
func (o *Outbox) Open(m *Mail) error { return o.open(m) }

// Deliver attempts one due mail on a connection of its own.
func (o *Outbox) Deliver(ctx context.Context) (found bool, err error) {
	c := connection{SMTP: o.Sender}
	defer c.quit()
	return o.deliver(ctx, &c)
}

// Compose makes a mail that is written now.
var Compose = compose
