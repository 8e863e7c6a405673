package auth

import (
	"context"
	"log/slog"
	"net"
	"net/http"

	"example.com/foyer/internal/auth/letter"
	"gorm.io/gorm"
)

// Mail is a mail to one user. URL is its link, "" for none, and holds the only copy of a secret: it belongs into the
// mail and nowhere else. A warning has one only if Options.Links names a page for it.
type Mail struct {
	To       string
	Name     string // the user's; "" if To is not proved to be theirs
	Purpose  letter.Purpose
	URL      string
	NewEmail string // of confirm_email_change, email_changed and email_change_asked
	About    string // of admin_made: the address of the new admin
}

// Mailer enqueues a mail inside tx, so that it goes out if, and only if, the change that causes it commits.
type Mailer interface {
	Enqueue(ctx context.Context, tx *gorm.DB, m Mail) error
}

type logMailer struct{ log *slog.Logger }

// Enqueue implements Mailer; the link stays out of the log.
func (m logMailer) Enqueue(ctx context.Context, _ *gorm.DB, mail Mail) error {
	m.log.WarnContext(ctx, "mail not sent: no mailer is configured", "purpose", mail.Purpose)
	return nil
}

// peer is the IP address at the other end of the connection.
func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return host
}
