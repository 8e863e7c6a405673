// Package passkey signs users in with passkeys (WebAuthn Level 3) and keeps them. It is a part of internal/auth: it uses
// what that exports and owns the tables passkeys, passkey_handles and passkey_challenges.
//
// A passkey is a whole sign-in, because the authenticator verifies the user, by finger, face or PIN, each time it is
// used: Session.AMR is "pop mfa".
package passkey

import (
	"net/url"

	"example.com/foyer/internal/auth"
	"github.com/go-webauthn/webauthn/protocol"
	"gorm.io/gorm"
)

// Passkeys is the part. It is safe for use by many goroutines; make one per process.
type Passkeys struct {
	auth *auth.Auth
	db   *gorm.DB
	rpID string // the host of Options.BaseURL; "" if that is an IP address
}

// Options configures passkeys.
type Options struct {
	// AppName is what authenticators call this site. Required.
	AppName string

	// BaseURL is the origin of the app. Its host is the relying party ID: passkeys work there and nowhere else. Required.
	BaseURL string

	// Origins are other trusted origins. Pages of those on https, at the host of BaseURL or below it, may use passkeys.
	Origins []string

	// RequireEmailVerification refuses a passkey to a user whose address is not verified, as auth.Options has it.
	RequireEmailVerification bool
}

// New makes the part and joins a. Where BaseURL has an IP address, browsers allow no passkeys: New succeeds, and
// Available is false.
func New(a *auth.Auth, db *gorm.DB, secrets []string, o Options) (*Passkeys, error) {
	p := &Passkeys{auth: a, db: db}
	u, err := url.Parse(o.BaseURL)
	if err != nil {
		return nil, err
	}
	if protocol.ValidateRPID(u.Hostname()) == nil {
		p.rpID = u.Hostname()
	}
	return p, nil
}

// Available reports whether browsers allow passkeys on this site. Without, the verbs that talk to an authenticator
// refuse with 400 PASSKEYS_NOT_AVAILABLE.
func (p *Passkeys) Available() bool { return p.rpID != "" }
