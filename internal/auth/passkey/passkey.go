// Package passkey signs users in with passkeys (WebAuthn Level 3, https://www.w3.org/TR/webauthn-3/) and keeps them. It
// is a part of internal/auth: it uses what that exports, and owns the tables passkeys, passkey_handles and
// passkey_challenges.
//
// A passkey is a whole sign-in, because the authenticator verifies its user by finger, face or PIN each time:
// Session.AMR is "pop mfa", and no second step is asked for.
//
// A ceremony is two requests. The first one gets options with a challenge (challenge.go), the second one brings what
// the authenticator made of it: a new passkey (register.go) or a proof (signin.go). github.com/go-webauthn/webauthn
// checks signatures and flags. The rest is checked here: a challenge counts once, no two users have one credential, a
// counter never goes back. manage.go lists, renames and deletes passkeys.
// The plugin of better-auth is served by endpoints.go. // part:betterauth
//
// # Cookies
//
//	<prefix>.better-auth-passkey   for 5 minutes: the sealed challenge of this browser
//
// # Threats, and where they are met
//
//   - A stolen database: it holds public keys.
//   - A replayed answer: a challenge counts once (challenge.go).
//   - A copied authenticator: a counter that goes back is refused (signin.go).
//   - A thief in a session: adding and deleting need a recently authenticated session, and are mailed (register.go,
//     manage.go).
package passkey

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/keys"
	"example.com/foyer/internal/origins"
	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"gorm.io/gorm"
)

// amr is Session.AMR of a sign-in with a passkey: possession of a key, and the finger, face or PIN that unlocked it
// (RFC 8176).
const amr = "pop mfa"

// amrGone is what amr becomes when the user's last passkey is deleted.
const amrGone = "pop"

// Passkeys is the part. It is safe for use by many goroutines; make one per process.
type Passkeys struct {
	auth         *auth.Auth
	db           *gorm.DB
	opts         Options
	web          *webauthn.WebAuthn // nil where browsers allow no passkeys
	sealer       keys.Sealer        // of challenges
	asked        auth.Cookie        // has the sealed challenge
	dontRemember auth.Cookie
}

// Options configures passkeys.
type Options struct {
	// AppName is what authenticators call this site. Required.
	AppName string

	// BaseURL is the origin of the app. Its host is the relying party ID: if it changes, every passkey is lost. Required.
	BaseURL string

	// Origins are other trusted origins. Those on https, on the host of BaseURL or below it, may use passkeys as well.
	Origins []string

	// RequireProof refuses a session that has to prove a passkey before it adds or deletes one. nil refuses none.
	RequireProof func(context.Context, *auth.Session) error
}

// New makes the part and joins a. Where the host of BaseURL is an IP address, browsers allow no passkeys: New succeeds,
// and Available is false.
func New(a *auth.Auth, db *gorm.DB, secrets []string, o Options) (*Passkeys, error) {
	ring, err := keys.New(secrets)
	if err != nil {
		return nil, fmt.Errorf("passkey: %w", err)
	}
	p := &Passkeys{
		auth: a, db: db, opts: o, sealer: ring.Seal("passkey challenge"),
		asked: a.Cookie("better-auth-passkey"), dontRemember: a.Cookie("dont_remember"),
	}
	home, ok := origins.Parse(o.BaseURL)
	if !ok {
		return nil, fmt.Errorf("passkey: BaseURL %q is not an origin", o.BaseURL)
	}
	if host := hostOf(home); protocol.ValidateRPID(host) == nil {
		p.web, err = webauthn.New(&webauthn.Config{
			RPID: host, RPDisplayName: o.AppName, RPOrigins: allowed(home, host, o.Origins),
			AttestationPreference: protocol.PreferNoAttestation,
			// Browsers and password managers return more than they are asked for. Nothing here reads it.
			ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
		})
		if err != nil {
			return nil, fmt.Errorf("passkey: %w", err)
		}
	}
	a.Join(auth.Hooks{
		TakenOver: func(t *auth.Tx, u *auth.User, since time.Time, tell auth.Tell) error {
			return remove(t, u, since, letter.PasskeyRemoved, tell)
		},
		Purge: func(ctx context.Context) error { // no answer to them counts any more
			return a.PurgeExpired(ctx, &passkeyChallenge{}, "challenge", a.Now())
		},
	})
	return p, nil
}

// allowed lists the origins of pages that may use passkeys of rpID.
func allowed(home, rpID string, others []string) []string {
	list := []string{home}
	for _, raw := range others {
		origin, ok := origins.Parse(raw)
		if ok && strings.HasPrefix(origin, "https:") && strings.HasSuffix("."+hostOf(origin), "."+rpID) {
			list = append(list, origin)
		}
	}
	return list
}

func hostOf(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// Available reports whether browsers allow passkeys on this site. If not, every verb that talks to an authenticator
// refuses with 400 PASSKEYS_NOT_AVAILABLE.
func (p *Passkeys) Available() bool { return p.web != nil }

func (p *Passkeys) checkAvailable() error {
	if p.Available() {
		return nil
	}
	return errs.New(http.StatusBadRequest, "PASSKEYS_NOT_AVAILABLE",
		"Browsers allow passkeys only where the address of the site is a name.")
}

// part:twofactor

// Has reports whether a user has a passkey that can be used here.
func (p *Passkeys) Has(ctx context.Context, userID string) (bool, error) {
	n, err := count(p.db.WithContext(ctx), userID)
	return n > 0 && p.Available(), err
}

// end:twofactor

// mayChange refuses a session that may not add or delete a passkey.
func (p *Passkeys) mayChange(ctx context.Context, s *auth.Session) error {
	if err := p.auth.RequireRecent(s); err != nil || p.opts.RequireProof == nil {
		return err
	}
	return p.opts.RequireProof(ctx, s)
}

// remove deletes the passkeys that were added at since or later. One mail of the purpose tells of them.
func remove(t *auth.Tx, u *auth.User, since time.Time, purpose letter.Purpose, tell auth.Tell) error {
	gone := t.Where("user_id = ? AND created_at >= ?", u.ID, since).Delete(&Passkey{})
	err := gone.Error
	for range gone.RowsAffected {
		err = errors.Join(err, tell(event.PasskeyRemoved, purpose, ""))
		purpose = ""
	}
	return err
}
