package passkey

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/id"
	"github.com/go-webauthn/webauthn/protocol"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

const (
	// maxPasskeys is how many passkeys a user may have. The options of a registration list all of them.
	maxPasskeys = 50

	// maxKey bounds a public key, in bytes. RSA of 4096 bits takes 530. Checking a signature of a huge key takes seconds.
	maxKey = 1024
)

// unusable refuses a new passkey.
func unusable(why error) error {
	return &errs.Error{
		Status: http.StatusBadRequest, Code: "FAILED_TO_VERIFY_REGISTRATION", Message: "Failed to verify registration",
		Err: why,
	}
}

// RegisterOptions starts to add a passkey for s's user: it returns PublicKeyCredentialCreationOptionsJSON, and sends a
// cookie with the challenge. attachment is "platform", "cross-platform", or "" for any authenticator. Refusals: 400
// VALIDATION_ERROR, PASSKEYS_NOT_AVAILABLE; those of Register that concern the session.
func (p *Passkeys) RegisterOptions(
	w http.ResponseWriter, r *http.Request, s *auth.Session, attachment string,
) (json.RawMessage, error) {
	choice := protocol.AuthenticatorAttachment(attachment)
	if !slices.Contains([]protocol.AuthenticatorAttachment{"", protocol.Platform, protocol.CrossPlatform}, choice) {
		return nil, errs.Invalid("authenticatorAttachment", "VALIDATION_ERROR",
			"[query.authenticatorAttachment] Invalid option: expected platform or cross-platform")
	}
	if err := p.mayChange(r.Context(), s); err != nil {
		return nil, err
	}
	if err := p.auth.RequireVerified(s.User); err != nil {
		return nil, err
	}
	known, err := handleOf(p.db.WithContext(r.Context()), s.UserID)
	if err != nil {
		return nil, err
	}
	if known == nil {
		known = random()
	}
	own, err := p.List(r.Context(), s.UserID)
	if err != nil {
		return nil, err
	}
	c, err := p.ask(w, protocol.CreateCeremony, challenge{SessionID: s.ID, Handle: known})
	if err != nil {
		return nil, err
	}
	return json.Marshal(p.creation(c, s.User.Email, choice, own))
}

// creation is the options of a registration. The passkey has to be discoverable, because no user name is typed to sign
// in.
func (p *Passkeys) creation(
	c *challenge, email string, attachment protocol.AuthenticatorAttachment, own []Passkey,
) protocol.PublicKeyCredentialCreationOptions {
	entity := func(name string) protocol.CredentialEntity { return protocol.CredentialEntity{Name: name} }
	return protocol.PublicKeyCredentialCreationOptions{
		RelyingParty: protocol.RelyingPartyEntity{CredentialEntity: entity(p.opts.AppName), ID: p.web.Config.RPID},
		User: protocol.UserEntity{
			CredentialEntity: entity(email), DisplayName: email, ID: protocol.URLEncodedBase64(c.Handle),
		},
		Challenge: c.Value, Timeout: int(challengeLife.Milliseconds()), Parameters: algorithms,
		CredentialExcludeList: descriptors(own), Attestation: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			AuthenticatorAttachment: attachment, ResidentKey: protocol.ResidentKeyRequirementRequired,
			RequireResidentKey: new(true), UserVerification: protocol.VerificationRequired,
		},
	}
}

// Register adds the passkey that an authenticator made: response is its RegistrationResponseJSON. name has at most 100
// characters; "" is none. The user is told by mail. Refusals: 400 PASSKEYS_NOT_AVAILABLE, VALIDATION_ERROR for the
// name; 403 while impersonating; 403 SESSION_NOT_FRESH, EMAIL_NOT_VERIFIED; 401 if s has ended; 400
// CHALLENGE_NOT_FOUND: ask for new options; 400 FAILED_TO_VERIFY_REGISTRATION, PREVIOUSLY_REGISTERED,
// TOO_MANY_PASSKEYS.
func (p *Passkeys) Register(
	w http.ResponseWriter, r *http.Request, s *auth.Session, response []byte, name string,
) (*Passkey, error) {
	name, err := checkName(name, 0)
	if err != nil {
		return nil, err
	}
	if err := p.mayChange(r.Context(), s); err != nil {
		return nil, err
	}
	c, err := p.spend(w, r, protocol.CreateCeremony)
	if err != nil {
		return nil, err
	}
	if c.SessionID != s.ID {
		return nil, errNoChallenge
	}
	k, err := p.attested(c, response)
	if errors.Is(err, errOtherChallenge) {
		return nil, err
	}
	if err != nil {
		return nil, unusable(err)
	}
	k.ID, k.UserID, k.Name, k.CreatedAt = id.New(), s.UserID, name, p.auth.Now()
	err = p.auth.TransactAs(r.Context(), s, func(t *auth.Tx, u *auth.User) error {
		if err := p.auth.RequireVerified(u); err != nil {
			return err
		}
		if err := store(t, k, c.Handle); err != nil {
			return err
		}
		return errors.Join(
			t.CredentialChanged(u.ID), p.auth.Notice(t, r, s, u, event.PasskeyAdded, letter.PasskeyAdded, ""),
		)
	})
	return k, err
}

// attested checks a new passkey against its challenge (§7.1).
func (p *Passkeys) attested(c *challenge, response []byte) (*Passkey, error) {
	answer, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return nil, err
	}
	if answer.Response.CollectedClientData.Challenge != c.text() {
		return nil, errOtherChallenge
	}
	if err := p.checkOrigin(answer.Response.CollectedClientData); err != nil {
		return nil, err
	}
	if len(answer.Response.AttestationObject.AuthData.AttData.CredentialPublicKey) > maxKey {
		return nil, errors.New("the public key is too long")
	}
	// The app reads no attestation statement. CreateCredential would check it, with a key of any size from the statement.
	object := &answer.Response.AttestationObject
	object.Format, object.AttStatement, object.SubStatements = string(protocol.AttestationFormatNone), nil, nil
	made, err := p.web.CreateCredential(person{handle: c.Handle}, p.terms(c), answer)
	if err != nil {
		return nil, err
	}
	model := made.Authenticator.AAGUID
	return &Passkey{
		CredentialID: encode(made.ID), PublicKey: base64.StdEncoding.EncodeToString(made.PublicKey),
		Counter: made.Authenticator.SignCount, Transports: hints(made.Transport),
		BackupEligible: made.Flags.BackupEligible, BackedUp: made.Flags.BackupState,
		AAGUID: fmt.Sprintf("%x-%x-%x-%x-%x", model[:4], model[4:6], model[6:8], model[8:10], model[10:]),
	}, nil
}

// checkOrigin is stricter than the library: it takes an origin only as browsers write it.
func (p *Passkeys) checkOrigin(d protocol.CollectedClientData) error {
	if slices.Contains(p.web.Config.RPOrigins, d.Origin) {
		return nil
	}
	return errors.New("the origin is not one of this site")
}

// hints are the known ones among the transports that a browser reports, each once.
func hints(reported []protocol.AuthenticatorTransport) string {
	var list []string
	for _, known := range []protocol.AuthenticatorTransport{
		protocol.Internal, protocol.Hybrid, protocol.USB, protocol.NFC, protocol.BLE, protocol.SmartCard,
	} {
		if slices.Contains(reported, known) {
			list = append(list, string(known))
		}
	}
	return strings.Join(list, ",")
}

// store writes a new passkey, and with the first one the handle that its authenticator has been given. The user is
// locked.
func store(t *auth.Tx, k *Passkey, given []byte) error {
	known, err := handleOf(t.DB, k.UserID)
	if err != nil {
		return err
	}
	if known == nil {
		known = given
		if err := t.Create(&passkeyHandle{UserID: k.UserID, Handle: encode(given)}).Error; err != nil {
			return err
		}
	}
	if !bytes.Equal(known, given) { // two browsers added the first one side by side
		return unusable(errors.New("its user handle is not the user's"))
	}
	n, err := count(t.DB, k.UserID)
	if err != nil {
		return err
	}
	if n >= maxPasskeys {
		return errs.New(http.StatusBadRequest, "TOO_MANY_PASSKEYS", "Delete a passkey before you add another one.")
	}
	return auth.RefuseNone(t.Clauses(clause.OnConflict{DoNothing: true}).Create(k),
		errs.New(http.StatusBadRequest, "PREVIOUSLY_REGISTERED", "Previously registered"))
}

func count(db *gorm.DB, userID string) (n int64, err error) {
	err = db.Model(&Passkey{}).Where("user_id = ?", userID).Count(&n).Error
	return n, err
}
