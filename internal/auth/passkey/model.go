package passkey

import "time"

// Passkey is a public key whose private half an authenticator keeps for one user.
type Passkey struct {
	ID             string
	UserID         string
	Name           string // typed by the user; "" for none
	CredentialID   string // the authenticator's name for it, base64url; unique among all users
	PublicKey      string // COSE, standard base64
	Counter        uint32 // of signatures; 0 on authenticators that do not count
	BackupEligible bool   // it may be copied to other devices of the user
	BackedUp       bool   // it is copied now
	Transports     string // hints for browsers, such as "internal,hybrid"
	AAGUID         string // the model of the authenticator, as it says itself
	CreatedAt      time.Time
	LastUsedAt     *time.Time // the last sign-in with it; nil for none
}
