package passkey

import (
	"encoding/json"
	"errors"
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/text"
	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// SignInOptions starts to sign in, or to prove the user of s again: it returns PublicKeyCredentialRequestOptionsJSON,
// and sends a cookie with the challenge. s is nil for a stranger, whose authenticator then offers all passkeys of this
// site. Refusals: 400 PASSKEYS_NOT_AVAILABLE.
func (p *Passkeys) SignInOptions(w http.ResponseWriter, r *http.Request, s *auth.Session) (json.RawMessage, error) {
	var c challenge
	var own []Passkey
	if s != nil {
		var err error
		if own, err = p.List(r.Context(), s.UserID); err != nil {
			return nil, err
		}
		c.UserID = s.UserID
	}
	asked, err := p.ask(w, protocol.AssertCeremony, c)
	if err != nil {
		return nil, err
	}
	return json.Marshal(protocol.PublicKeyCredentialRequestOptions{
		Challenge: asked.Value, Timeout: int(challengeLife.Milliseconds()), RelyingPartyID: p.web.Config.RPID,
		AllowedCredentials: descriptors(own), UserVerification: protocol.VerificationRequired,
	})
}

// SignIn starts a session by the AuthenticationResponseJSON of an authenticator. A second step is not asked for. A
// browser in which "remember me" was off stays so. Refusals: 400 PASSKEYS_NOT_AVAILABLE; 400 CHALLENGE_NOT_FOUND: ask
// for new options; 401 PASSKEY_NOT_FOUND: the authenticator may forget this passkey; 401 AUTHENTICATION_FAILED; 403
// BANNED_USER, EMAIL_NOT_VERIFIED.
func (p *Passkeys) SignIn(w http.ResponseWriter, r *http.Request, response []byte) (*auth.Session, error) {
	_, brief := p.dontRemember.Read(r)
	return p.enter(w, r, auth.Start{Event: event.SignIn, Remember: !brief, AMR: amr}, response)
}

// Reauthenticate proves the user of s again and replaces s with a new session, as auth.Reauthenticate does by password.
// Refusals: 403 while impersonating; those of SignIn, of which AUTHENTICATION_FAILED is also another user's passkey.
func (p *Passkeys) Reauthenticate(
	w http.ResponseWriter, r *http.Request, s *auth.Session, response []byte,
) (*auth.Session, error) {
	if err := auth.NotImpersonating(s); err != nil {
		return nil, err
	}
	start := auth.Start{Event: event.Reauthenticated, Remember: s.Remember, AMR: amr, Presented: s, Replace: true}
	return p.enter(w, r, start, response)
}

// enter starts a session by a proof, or records why not.
func (p *Passkeys) enter(
	w http.ResponseWriter, r *http.Request, start auth.Start, response []byte,
) (*auth.Session, error) {
	c, err := p.spend(w, r, protocol.AssertCeremony)
	if err != nil {
		return nil, err
	}
	s, err := p.prove(w, r, start, c, response)
	if e := errs.Of(err); e != nil && e.Status == http.StatusUnauthorized {
		p.auth.RecordRefusal(r, start.Presented, event.SignInFailed, "passkey: "+text.Printable(e.Error(), 200))
	}
	return s, err
}

// prove starts a session by an answer to c. It reads the passkey again when its user is locked, so that of two answers
// the second one meets the counter of the first, and a passkey that was deleted meanwhile opens nothing.
func (p *Passkeys) prove(
	w http.ResponseWriter, r *http.Request, start auth.Start, c *challenge, response []byte,
) (*auth.Session, error) {
	answer, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return nil, failed(err)
	}
	if answer.Response.CollectedClientData.Challenge != c.text() {
		return nil, errOtherChallenge
	}
	var found Passkey
	err = p.db.WithContext(r.Context()).Where("credential_id = ?", encode(answer.RawID)).Take(&found).Error
	if err != nil {
		return nil, missing(http.StatusUnauthorized, err)
	}
	if start.Presented != nil {
		c.UserID = start.Presented.UserID
	}
	if c.UserID != "" && c.UserID != found.UserID { // PASSKEY_NOT_FOUND would make the browser forget a good passkey
		return nil, failed(errors.New("another user's passkey"))
	}
	start.NewDevice = start.Presented == nil && p.auth.NewDevice(r, found.UserID)
	return p.auth.SignIn(w, r, start, func(t *auth.Tx) (*auth.User, error) {
		u, err := t.LockUser(found.UserID)
		if err != nil {
			return nil, missing(http.StatusUnauthorized, err)
		}
		k, err := own(t, u.ID, found.ID, http.StatusUnauthorized)
		if err != nil {
			return nil, err
		}
		known, err := handleOf(t.DB, u.ID)
		if err != nil {
			return nil, err
		}
		if err := p.asserted(c, k, known, answer); err != nil {
			return nil, failed(err)
		}
		return u, t.Select("counter", "backup_eligible", "backed_up", "last_used_at").Updates(k).Error
	})
}

// asserted checks a proof against its challenge and its passkey (§7.2), and brings k up to date. The proof has to name
// known, the handle of the user.
func (p *Passkeys) asserted(
	c *challenge, k *Passkey, known []byte, answer *protocol.ParsedCredentialAssertionData,
) error {
	if err := p.checkOrigin(answer.Response.CollectedClientData); err != nil {
		return err
	}
	// Apple makes a passkey eligible for backup later. The library refuses any change; only the other one is an attack.
	k.BackupEligible = k.BackupEligible || answer.Response.AuthenticatorData.Flags.HasBackupEligible()
	owner := func(_, _ []byte) (webauthn.User, error) {
		return person{known, []webauthn.Credential{k.credential()}}, nil
	}
	_, used, err := p.web.ValidatePasskeyLogin(owner, p.terms(c), answer)
	if err != nil {
		return err
	}
	if used.Authenticator.CloneWarning {
		return errors.New("the counter went back: there may be a copy of the authenticator")
	}
	k.Counter, k.BackedUp = used.Authenticator.SignCount, used.Flags.BackupState
	k.LastUsedAt = new(p.auth.Now())
	return nil
}

// failed refuses a proof and keeps why for the record.
func failed(why error) error {
	return &errs.Error{
		Status: http.StatusUnauthorized, Code: "AUTHENTICATION_FAILED", Message: "Authentication failed", Err: why,
	}
}
