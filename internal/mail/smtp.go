package mail

import (
	"context"
	"errors"
	"net/mail"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// patience is how long a server may take over each step of handing over one letter; go-mail knows at most steps of
// them, from the connection to the good-bye.
const (
	patience = 30 * time.Second
	steps    = 5
)

// SMTP hands letters to a mail server.
type SMTP struct {
	client *gomail.Client
	from   string
	domain string // of from; ends message ids
}

// NewSMTP makes a sender for smtp://user:password@host:587 (STARTTLS, which only a server on this machine may lack)
// or smtps://user:password@host:465 (TLS from the first byte). from is what letters come from, such as
// "Foyer <hello@app.example>". A server that takes longer than stepTime over a step is given up until the letter's next
// try; 0 means 30 seconds, which nothing may exceed. Errors never hold the URL: there is a password in it.
func NewSMTP(rawURL, from string, stepTime time.Duration) (*SMTP, error) {
	sender, err := mail.ParseAddress(from)
	if err != nil {
		return nil, errors.New("the sender is not an address such as Foyer <hello@app.example>")
	}
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" || u.Path+u.RawQuery+u.Fragment != "" {
		return nil, errors.New("the mail server is not smtp://user:password@host:587 or smtps://user:password@host:465")
	}
	port := map[string]int{"smtp": 587, "smtps": 465}[u.Scheme]
	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil {
			return nil, errors.New("the mail server's port is no number")
		}
	}
	if stepTime <= 0 || stepTime > patience {
		stepTime = patience
	}
	options := []gomail.Option{gomail.WithPort(port), gomail.WithTimeout(stepTime), gomail.WithTLSPolicy(gomail.TLSMandatory)}
	switch addr, err := netip.ParseAddr(u.Hostname()); {
	case u.Scheme == "smtps":
		options = append(options, gomail.WithSSL())
	case u.Hostname() == "localhost", err == nil && addr.IsLoopback():
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	}
	if password, _ := u.User.Password(); u.User.Username() != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	client, err := gomail.NewClient(u.Hostname(), options...)
	if err != nil {
		return nil, err
	}
	return &SMTP{client, from, sender.Address[strings.LastIndex(sender.Address, "@")+1:]}, nil
}

// send hands over one letter. Its Message-ID is that of the row, so that whoever gets it twice can tell.
func (s *SMTP) send(ctx context.Context, m *Mail) error {
	msg := gomail.NewMsg()
	if err := msg.From(s.from); err != nil {
		return err
	}
	if err := msg.To(m.Recipient); err != nil {
		return err
	}
	msg.Subject(m.Subject)
	msg.SetMessageIDWithValue(m.ID + "@" + s.domain)
	msg.SetDateWithValue(m.CreatedAt)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office answers
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.Page())
	err := s.client.DialAndSendWithContext(ctx, msg)
	if msg.IsDelivered() {
		return nil // however the good-byes went: else a server that is rude about them gets the letter again and again
	}
	return err
}
