package auth

import (
	"context"
	"log/slog"
	"net"
	"net/http"

	"gorm.io/gorm"
)

// Mail is a letter to one person. URL is the secret-bearing link, "" where the letter only informs.
type Mail struct {
	To      string
	Purpose string
	URL     string
}

// Mailer takes a mail inside tx, so that it is kept exactly when the change that causes it is.
type Mailer interface {
	Enqueue(ctx context.Context, tx *gorm.DB, m Mail) error
}

// Event says who did what, to whom, from where. It holds no secret.
type Event struct {
	Name      string // one of the Event constants
	ActorID   string // who did it; "" where nobody is signed in
	SubjectID string // the user it happened to; "" where the address is unknown
	IPAddress string
	UserAgent string
}

// The events of this package.
const (
	EventSignUp       = "sign_up"
	EventSignIn       = "sign_in"
	EventSignInFailed = "sign_in_failed"
	EventSignOut      = "sign_out"
	EventUserCreated  = "user_created"
	EventRoleChanged  = "role_changed"
	EventUserBanned   = "user_banned"
)

// event tells that by did something to a subject; by is nil for the command line.
func (a *Auth) event(tx *gorm.DB, by *Session, name, subjectID string) error {
	e := Event{Name: name, SubjectID: subjectID}
	if by != nil {
		e.ActorID, e.IPAddress, e.UserAgent = by.UserID, by.from.ip, by.from.agent
	}
	return a.opts.OnEvent(tx, e)
}

func logEvent(log *slog.Logger) func(*gorm.DB, Event) error {
	return func(tx *gorm.DB, e Event) error {
		log.InfoContext(tx.Statement.Context, "auth", "event", e.Name, "actor", e.ActorID, "subject", e.SubjectID, "ip", e.IPAddress, "agent", e.UserAgent)
		return nil
	}
}

type logMailer struct{ log *slog.Logger }

// Enqueue implements Mailer; the link stays out of the log.
func (m logMailer) Enqueue(ctx context.Context, _ *gorm.DB, mail Mail) error {
	m.log.WarnContext(ctx, "mail not sent: no mailer is configured", "purpose", mail.Purpose)
	return nil
}

// peer is the address at the other end of the connection.
func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return host
}

// maxUserAgent bounds what a client can make the store and the cache cookie carry; real ones stay below 300 bytes.
const maxUserAgent = 512

func (a *Auth) from(r *http.Request) origin {
	return origin{a.opts.ClientIP(r), printable(r.UserAgent(), maxUserAgent)}
}
