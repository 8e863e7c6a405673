package mail

import (
	"cmp"
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

// maxStepTime is how long a server may take for a step: connecting, or taking a mail.
const maxStepTime = 30 * time.Second

// SMTP is a mail server and the sender of mails.
type SMTP struct {
	host    string
	port    int
	tls     *tls.Config // from the first byte; nil for STARTTLS
	options []gomail.Option
	from    string
	domain  string // of from; the end of message ids
}

// Log-in methods, the most secure first; the first that the server supports is used. localLogins include those that
// send the password in plain text without TLS, to a server on this machine only.
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

// errBadURL does not quote the URL, because it may contain a password.
var errBadURL = errors.New("the mail server is not smtp://user:password@host:587 or smtps://user:password@host:465")

// NewSMTP makes a sender for smtp://user:password@host:587 (STARTTLS, which only a server on this machine may lack) or
// smtps://user:password@host:465 (TLS from the start). from is the sender, such as "App <hello@app.example>". host
// is the host of the app, used in EHLO; if it has no dot, the domain of from is used, because many servers refuse such
// names. An attempt fails if a step takes longer than stepTime; 0 and more than 30 seconds mean 30 seconds. Errors do
// not quote rawURL, because it may contain a password.
func NewSMTP(rawURL, from, host string, stepTime time.Duration) (*SMTP, error) {
	sender, err := mail.ParseAddress(from)
	if err != nil {
		return nil, errors.New("the sender is not an address such as App <hello@app.example>")
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, errBadURL
	}
	usual, known := map[string]string{"smtp": "587", "smtps": "465"}[u.Scheme]
	port, err := strconv.Atoi(cmp.Or(u.Port(), usual))
	if err != nil || !known || u.Hostname() == "" || u.Path+u.RawQuery+u.Fragment != "" {
		return nil, errBadURL
	}
	if stepTime <= 0 || stepTime > maxStepTime {
		stepTime = maxStepTime
	}
	domain := sender.Address[strings.LastIndex(sender.Address, "@")+1:]
	s := &SMTP{host: u.Hostname(), port: port, from: from, domain: domain}
	s.options = []gomail.Option{
		gomail.WithPort(port), gomail.WithTimeout(stepTime), gomail.WithHELO(fullName(host, s.domain)),
		gomail.WithTLSPolicy(gomail.TLSMandatory),
	}
	methods := logins
	switch {
	case u.Scheme == "smtps":
		s.tls = &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12}
		s.options = append(s.options, gomail.WithSSL())
	case origins.Loopback(s.host):
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
		methods = localLogins
	}
	if password, _ := u.User.Password(); u.User.Username() != "" {
		s.options = append(s.options, gomail.WithOpportunisticSMTPAuth(methods...),
			gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	_, err = gomail.NewClient(s.host, s.options...)
	return s, err
}

// fullName returns host, or domain if host is an IP address or has no dot.
func fullName(host, domain string) string {
	if _, err := netip.ParseAddr(host); err == nil || !strings.Contains(host, ".") {
		return domain
	}
	return host
}

// message returns m for sending. The Message-ID is the ID of the row, so that a mailbox can detect duplicates.
func (s *SMTP) message(m *Mail) (*gomail.Msg, error) {
	msg := gomail.NewMsg()
	if err := errors.Join(msg.From(s.from), msg.To(m.Recipient)); err != nil {
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
