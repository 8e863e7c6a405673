package mail

import gomail "github.com/wneessen/go-mail"

// Broken is s with a fault of the program in it.
func (s *SMTP) Broken() *SMTP {
	broken := *s
	broken.options = []gomail.Option{func(*gomail.Client) error { panic("an answer too odd") }}
	return &broken
}

// ErrSealed is what Open gives for what no secret opens.
var ErrSealed = errSealed

// Open is what happens to a letter before it is sent.
func (o *Outbox) Open(m *Mail) error { return o.open(m) }
