package passkey

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"gorm.io/gorm"
)

// handle is the name by which authenticators know a user: random, so that it tells nothing, and the same for all passkeys
// of the user, so that a password manager shows them as one account (§14.6.1).
type handle struct {
	UserID string `gorm:"primaryKey"`
	Handle string // base64url
}

// TableName implements gorm's schema.Tabler.
func (handle) TableName() string { return "passkey_handles" }

// handleOf returns the handle of a user, nil without one.
func handleOf(db *gorm.DB, userID string) ([]byte, error) {
	var h handle
	err := db.Where("user_id = ?", userID).Take(&h).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return base64.RawURLEncoding.DecodeString(h.Handle)
}

// person is a user as the library asks for one.
type person struct {
	handle      []byte
	email       string
	credentials []webauthn.Credential
}

// WebAuthnID, WebAuthnName, WebAuthnDisplayName and WebAuthnCredentials implement webauthn.User.
func (u person) WebAuthnID() []byte { return u.handle }

func (u person) WebAuthnName() string { return u.email }

func (u person) WebAuthnDisplayName() string { return u.email }

func (u person) WebAuthnCredentials() []webauthn.Credential { return u.credentials }

// credential is the library's form of k.
func (k *Passkey) credential() (webauthn.Credential, error) {
	id, err := base64.RawURLEncoding.DecodeString(k.CredentialID)
	if err != nil {
		return webauthn.Credential{}, err
	}
	key, err := base64.StdEncoding.DecodeString(k.PublicKey)
	if err != nil {
		return webauthn.Credential{}, err
	}
	return webauthn.Credential{
		ID: id, PublicKey: key, Transport: k.transports(),
		Flags:         webauthn.CredentialFlags{BackupEligible: k.BackupEligible, BackupState: k.BackedUp},
		Authenticator: webauthn.Authenticator{SignCount: k.Counter},
	}, nil
}

func (k *Passkey) transports() (list []protocol.AuthenticatorTransport) {
	for name := range strings.SplitSeq(k.Transports, ",") {
		if name != "" {
			list = append(list, protocol.AuthenticatorTransport(name))
		}
	}
	return list
}

// descriptors names passkeys to a browser.
func descriptors(list []Passkey) ([]protocol.CredentialDescriptor, error) {
	all := make([]protocol.CredentialDescriptor, len(list))
	for i := range list {
		c, err := list[i].credential()
		if err != nil {
			return nil, err
		}
		all[i] = c.Descriptor()
	}
	return all, nil
}
