package authtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
)

// Flags of authenticator data (WebAuthn Level 3 §6.1).
const (
	UserPresent    = 0x01
	UserVerified   = 0x04
	BackupEligible = 0x08
	BackedUp       = 0x10
	hasKey         = 0x40
)

// Authenticator is an authenticator in software, with the browser around it: one passkey with an ES256 key, attestation
// "none". It is a synced one, which does not count, unless a test changes Flags and Count.
type Authenticator struct {
	Origin string // of the page that the browser shows
	Flags  byte
	Count  uint32
	ID     []byte // of the passkey
	Handle []byte // of its user, as the site gave it

	t   testing.TB
	key *ecdsa.PrivateKey
}

// Claim is what an authenticator and a browser say. A lie changes it before it is signed.
type Claim struct {
	Client     map[string]any // client data
	RPID       string
	Flags      byte
	Count      uint32
	ID, Handle []byte
	Transports []string
	Modulus    []byte // of an RSA key in place of the own one; nil for none
	Packed     any    // the statement of an attestation in the format packed; nil for an attestation "none"
	Forged     bool   // signed by another key
}

// NewAuthenticator makes an authenticator without a passkey, on a page of origin.
func NewAuthenticator(t testing.TB, origin string) *Authenticator {
	return &Authenticator{t: t, Origin: origin, Flags: UserPresent | UserVerified | BackupEligible | BackedUp}
}

// Register makes the passkey that options ask for (PublicKeyCredentialCreationOptionsJSON), and returns
// RegistrationResponseJSON.
func (a *Authenticator) Register(options string, lies ...func(*Claim)) string {
	a.t.Helper()
	var o struct {
		Challenge string
		RP        struct{ ID string }
		User      struct{ ID string }
	}
	a.must(json.Unmarshal([]byte(options), &o))
	var err error
	a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	a.must(err)
	a.ID, a.Handle = make([]byte, 32), a.decode(o.User.ID)
	rand.Read(a.ID)
	c := a.claim("webauthn.create", o.Challenge, o.RP.ID, lies)
	a.ID = c.ID
	point, err := a.key.PublicKey.Bytes()
	a.must(err)
	data := append(c.data(hasKey), make([]byte, 16)...) // AAGUID
	data = append(binary.BigEndian.AppendUint16(data, uint16(len(c.ID))), c.ID...)
	key := map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]} // COSE (RFC 9053)
	if c.Modulus != nil {
		key = map[int]any{1: 3, 3: -257, -1: c.Modulus, -2: []byte{1, 0, 1}}
	}
	data = append(data, a.cbor(key)...)
	format, statement := "none", any(map[string]any{})
	if c.Packed != nil {
		format, statement = "packed", c.Packed
	}
	attestation := a.cbor(map[string]any{"fmt": format, "attStmt": statement, "authData": data})
	return a.json(c, map[string]any{
		"clientDataJSON": a.client(c), "attestationObject": encode(attestation), "transports": c.Transports,
	})
}

// Prove signs the challenge of options (PublicKeyCredentialRequestOptionsJSON), and returns AuthenticationResponseJSON.
func (a *Authenticator) Prove(options string, lies ...func(*Claim)) string {
	a.t.Helper()
	var o struct{ Challenge, RPID string }
	a.must(json.Unmarshal([]byte(options), &o))
	if a.Count > 0 {
		a.Count++
	}
	c := a.claim("webauthn.get", o.Challenge, o.RPID, lies)
	client, key := a.client(c), a.key
	if c.Forged {
		var err error
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		a.must(err)
	}
	hash := sha256.Sum256(a.decode(client))
	sum := sha256.Sum256(append(c.data(0), hash[:]...))
	signature, err := key.Sign(rand.Reader, sum[:], crypto.SHA256)
	a.must(err)
	return a.json(c, map[string]any{
		"clientDataJSON": client, "authenticatorData": encode(c.data(0)), "signature": encode(signature),
		"userHandle": encode(c.Handle),
	})
}

func (a *Authenticator) claim(kind, challenge, rpID string, lies []func(*Claim)) *Claim {
	c := &Claim{
		Client: map[string]any{"type": kind, "challenge": challenge, "origin": a.Origin, "crossOrigin": false},
		RPID:   rpID, Flags: a.Flags, Count: a.Count, ID: a.ID, Handle: a.Handle, Transports: []string{"internal", "hybrid"},
	}
	for _, lie := range lies {
		lie(c)
	}
	return c
}

// data is the beginning of the authenticator data.
func (c *Claim) data(more byte) []byte {
	hash := sha256.Sum256([]byte(c.RPID))
	return binary.BigEndian.AppendUint32(append(hash[:], c.Flags|more), c.Count)
}

func (a *Authenticator) client(c *Claim) string {
	data, err := json.Marshal(c.Client)
	a.must(err)
	return encode(data)
}

func (a *Authenticator) json(c *Claim, response map[string]any) string {
	data, err := json.Marshal(map[string]any{
		"id": encode(c.ID), "rawId": encode(c.ID), "type": "public-key", "response": response,
		"clientExtensionResults": map[string]any{}, "authenticatorAttachment": "platform",
	})
	a.must(err)
	return string(data)
}

func (a *Authenticator) cbor(v any) []byte {
	data, err := webauthncbor.Marshal(v)
	a.must(err)
	return data
}

func (a *Authenticator) decode(s string) []byte {
	data, err := base64.RawURLEncoding.DecodeString(s)
	a.must(err)
	return data
}

func (a *Authenticator) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
