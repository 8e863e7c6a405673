package mail

import (
	"crypto/tls"
	"errors"
	"net/mail"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"example.com/foyer/internal/origins"
	gomail "github.com/wneessen/go-mail"
)

// patience is how long a server may take over a step: the connection, or a letter.
const patience = 30 * time.Second

// SMTP is a mail server and what it is told about the sender.
type SMTP struct {
	host    string
	port    int
	tls     *tls.Config // from the first byte; nil for STARTTLS
	options []gomail.Option
	from    string
	domain  string // of from; ends message ids
}

// How a password is shown to a server, the best way first. The first that the server knows is taken. Without TLS it is
// shown in plain to this machine only, where nobody listens in.
var (
	logins = []gomail.SMTPAuthType{
		gomail.SMTPAuthSCRAMSHA256PLUS, gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1PLUS, gomail.SMTPAuthSCRAMSHA1,
		gomail.SMTPAuthNTLM, gomail.SMTPAuthCramMD5, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin,
	}
	localLogins = []gomail.SMTPAuthType{
		gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthCramMD5,
		gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc,
	}
)

// NewSMTP makes a sender for smtp://user:password@host:587 (STARTTLS, which only a server on this machine may lack)
// or smtps://user:password@host:465 (TLS from the first byte). from is what letters come from, such as
// "Foyer <hello@app.example>". host is the app's: mail servers are greeted with it, or with from's domain where it is
// no full name, because many refuse a name without a dot. A server that takes longer than stepTime over a step is given
// up until the letter's next try; 0 means 30 seconds, which nothing may exceed. Errors never hold the URL: there is a
// password in it.
func NewSMTP(rawURL, from, host string, stepTime time.Duration) (*SMTP, error) {
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
	s := &SMTP{host: u.Hostname(), port: port, from: from, domain: sender.Address[strings.LastIndex(sender.Address, "@")+1:]}
	s.options = []gomail.Option{
		gomail.WithPort(port), gomail.WithTimeout(stepTime), gomail.WithHELO(fullName(host, s.domain)),
		gomail.WithTLSPolicy(gomail.TLSMandatory),
	}
	known := logins
	switch {
	case u.Scheme == "smtps":
		s.tls = &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12}
		s.options = append(s.options, gomail.WithSSL())
	case origins.Loopback(s.host):
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
		known = localLogins
	}
	if password, _ := u.User.Password(); u.User.Username() != "" {
		s.options = append(s.options, gomail.WithOpportunisticSMTPAuth(known...),
			gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	_, err = gomail.NewClient(s.host, s.options...)
	return s, err
}

// fullName is host, or the domain where host is an address or has no dot.
func fullName(host, domain string) string {
	if _, err := netip.ParseAddr(host); err == nil || !strings.Contains(host, ".") {
		return domain
	}
	return host
}

// message is m as it is sent. Its Message-ID is that of the row, so that a mailbox that gets it twice can tell.
func (s *SMTP) message(m *Mail) (*gomail.Msg, error) {
	msg := gomail.NewMsg()
	if err := msg.From(s.from); err != nil {
		return nil, err
	}
	if err := msg.To(m.Recipient); err != nil {
		return nil, err
	}
	msg.Subject(m.Subject)
	msg.SetMessageIDWithValue(m.ID + "@" + s.domain)
	msg.SetDateWithValue(m.CreatedAt)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office answers
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.Page())
	return msg, nil
}
