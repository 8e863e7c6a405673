package auth

import (
	"context"
	"log/slog"
	"net"
	"net/http"

	"example.com/foyer/internal/auth/letter"
	"gorm.io/gorm"
)

// Mail is a letter to one person. URL is set where the mail has a link, and the only place that holds the secret; it belongs
// into the letter and nowhere else. A warning has one where Options.Links names a page for it.
type Mail struct {
	To       string
	Name     string // the person's, as they typed it; "" where To is not proved to be theirs
	Purpose  letter.Purpose
	URL      string
	NewEmail string // of confirm_email_change, email_changed and email_change_asked
	About    string // of admin_made: the address of the user it is about
}

// Mailer takes a mail inside tx, so that it is kept exactly when the change that causes it is.
type Mailer interface {
	Enqueue(ctx context.Context, tx *gorm.DB, m Mail) error
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
