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
//
// or, with Options.Notices,
//
//	password_changed      by whoever knew the old one, by a mailed link, or by an admin
//	email_changed         to the old address: the account has moved to NewEmail; URL undoes it (purpose undo_email_change
//	                      of Options.Links), "" where there is no page for that
//	account_deleted       with everything in it
//	existing_account      somebody signed up with the address, which is taken
//	new_device            somebody signed in on a device on which this user never has
//
// URL is the only place that holds the secret; it belongs into the letter and nowhere else.
type Mail struct {
	To       string
	Name     string // the person's, as they typed it
	Purpose  string
	URL      string
	NewEmail string // of confirm_email_change and email_changed
}

// Mailer takes a mail inside tx, so that it is kept exactly when the change that causes it is.
type Mailer interface {
	Enqueue(ctx context.Context, tx *gorm.DB, m Mail) error
}

// Event says who did what, to whom, from where. It holds no secret.
type Event struct {
	Name           string // such as "sign_in"; the list is in seams.go
	ActorID        string // who did it; "" where nobody is signed in
	ImpersonatorID string // the admin who acts as ActorID, "" where nobody does
	SubjectID      string // the user it happened to; "" where the address is unknown
	IPAddress      string
	UserAgent      string
}

const (
	eventSignUp               = "sign_up"
	eventSignIn               = "sign_in"
	eventSignInFailed         = "sign_in_failed"
	eventSignOut              = "sign_out"
	eventReauthenticated      = "reauthenticated"
	eventSessionRevoked       = "session_revoked"
	eventSessionsRevoked      = "sessions_revoked"
	eventUserUpdated          = "user_updated"
	eventPasswordChanged      = "password_changed"
	eventPasswordResetAsked   = "password_reset_asked"
	eventPasswordReset        = "password_reset"
	eventPasswordRefused      = "password_refused" // a wrong current password within a session
	eventVerificationSent     = "verification_sent"
	eventEmailVerified        = "email_verified"
	eventEmailChangeAsked     = "email_change_asked"
	eventEmailChanged         = "email_changed"
	eventEmailRestored        = "email_restored"
	eventAccountUnlinked      = "account_unlinked"
	eventDeletionAsked        = "deletion_asked"
	eventUserDeleted          = "user_deleted"
	eventUserCreated          = "user_created"
	eventRoleChanged          = "role_changed"
	eventPasswordSet          = "password_set" // by an admin
	eventUserBanned           = "user_banned"
	eventUserUnbanned         = "user_unbanned"
	eventImpersonationStarted = "impersonation_started"
	eventImpersonationStopped = "impersonation_stopped"
)

// event tells that by did something to a subject; by is nil for the command line.
func (a *Auth) event(tx *gorm.DB, by *Session, name, subjectID string) error {
	e := Event{Name: name, SubjectID: subjectID}
	if by != nil {
		e.ActorID, e.IPAddress, e.UserAgent = by.UserID, by.from.ip, by.from.agent
		if by.ImpersonatedBy != nil {
			e.ImpersonatorID = *by.ImpersonatedBy
		}
	}
	return a.opts.OnEvent(tx, e)
}

func logEvent(log *slog.Logger) func(*gorm.DB, Event) error {
	return func(tx *gorm.DB, e Event) error {
		log.InfoContext(tx.Statement.Context, "auth", "event", e.Name, "actor", e.ActorID, "impersonator", e.ImpersonatorID, "subject", e.SubjectID, "ip", e.IPAddress, "agent", e.UserAgent)
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
