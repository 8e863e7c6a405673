package mail

import gomail "github.com/wneessen/go-mail"

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
