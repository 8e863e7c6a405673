package passkey

import (
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"gorm.io/gorm"
)

// Passkey is a public key whose private half an authenticator keeps for one user.
type Passkey struct {
	ID             string
	UserID         string
	Name           string // typed by the user; "" for none
	CredentialID   string // what the authenticator calls it, base64url; unique among all users
	PublicKey      string // COSE, standard base64
	Counter        uint32 // of signatures; 0 if the authenticator does not count
	BackupEligible bool   // may be copied to other devices of the user
	BackedUp       bool   // is copied now
	Transports     string // hints for browsers, such as "internal,hybrid"
	AAGUID         string `gorm:"column:aaguid"` // the model of the authenticator, as it says itself
	CreatedAt      time.Time
	LastUsedAt     *time.Time // the last proof by it; nil for none
}

// credential is the library's form of k.
func (k *Passkey) credential() webauthn.Credential {
	key, _ := base64.StdEncoding.DecodeString(k.PublicKey)
	return webauthn.Credential{
		ID: decode(k.CredentialID), PublicKey: key,
		Flags:         webauthn.CredentialFlags{BackupEligible: k.BackupEligible, BackupState: k.BackedUp},
		Authenticator: webauthn.Authenticator{SignCount: k.Counter},
	}
}

// descriptors names passkeys to a browser.
func descriptors(list []Passkey) (all []protocol.CredentialDescriptor) {
	for _, k := range list {
		d := protocol.CredentialDescriptor{Type: protocol.PublicKeyCredentialType, CredentialID: decode(k.CredentialID)}
		for hint := range strings.FieldsFuncSeq(k.Transports, func(r rune) bool { return r == ',' }) {
			d.Transport = append(d.Transport, protocol.AuthenticatorTransport(hint))
		}
		all = append(all, d)
	}
	return all
}

// passkeyHandle is the name by which authenticators know a user: random, so that it tells nothing, and the same for all
// passkeys of the user, so that a password manager shows one account (§14.6.1).
type passkeyHandle struct {
	UserID string `gorm:"primaryKey"`
	Handle string // base64url
}

// handleOf returns the handle of a user, nil without one.
func handleOf(db *gorm.DB, userID string) ([]byte, error) {
	var h passkeyHandle
	err := db.Where("user_id = ?", userID).Take(&h).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	return decode(h.Handle), err
}

// passkeyChallenge is one that an answer was given to.
type passkeyChallenge struct {
	Challenge string `gorm:"primaryKey"`
	ExpiresAt time.Time
}

// person is a user as the library asks for one.
type person struct {
	handle      []byte
	credentials []webauthn.Credential
}

// WebAuthnID, WebAuthnName, WebAuthnDisplayName and WebAuthnCredentials implement webauthn.User.
func (u person) WebAuthnID() []byte { return u.handle }

func (u person) WebAuthnName() string { return "" }

func (u person) WebAuthnDisplayName() string { return "" }

func (u person) WebAuthnCredentials() []webauthn.Credential { return u.credentials }

// encode is the form of bytes in the standard's JSON and in rows.
func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// decode reads what encode wrote; nil for anything else.
func decode(s string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil
	}
	return b
}
