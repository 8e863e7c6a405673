package auth

import (
	"context"
	"log/slog"
	"net"
	"net/http"

	"gorm.io/gorm"
)

// Mail is a letter to one person. Purpose is one of
//
//	verify_email          URL confirms that the address is theirs
//	reset_password        URL leads to choosing a new password
//	confirm_email_change  URL, to the old address, allows the change to NewEmail
//	change_email          URL, to the new address, makes the change
//	delete_account        URL deletes the account
//	set_password          URL leads to choosing the password of an account made for them
//
// or, with Options.Notices,
//
//	password_changed      by whoever knew the old one, by a mailed link, or by an admin
//	email_changed         to the old address: the account has moved to NewEmail; URL undoes it (purpose undo_email_change
//	                      of Options.Links), "" where there is no page for that
//	email_change_asked    to the old address: the account is to move to NewEmail; URL stops it (purpose stop_email_change
//	                      of Options.Links), "" where there is no page for that
//	account_deleted       with everything in it
//	existing_account      somebody signed up with the address, which is taken
//	new_device            somebody signed in on a device on which this user never has
//	admin_made            to every other admin: About has become one
//
// URL is the only place that holds the secret; it belongs into the letter and nowhere else.
type Mail struct {
	To       string
	Name     string // the person's, as they typed it; "" where To is not proved to be theirs
	Purpose  string
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
