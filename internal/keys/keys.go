// Package keys turns the secrets of APP_SECRET into keys. Each purpose has keys of its own (HKDF, RFC 5869), so that
// what was signed or sealed for one purpose is worth nothing for another. It owns the algorithms; what a purpose is
// called, and what a signature is put on, is for its callers to know.
package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
)

// MinSecret is how long a secret must be, in bytes: 32 is the strength of the keys derived from it.
const MinSecret = 32

// Ring holds the secrets. The first signs and seals; all of them verify and open, so that a secret can be replaced
// without voiding what the old one made. It is safe for use by many goroutines.
type Ring struct{ secrets [][]byte }

// New makes a Ring. It fails where there is no secret, or one shorter than MinSecret.
func New(secrets []string) (*Ring, error) {
	if len(secrets) == 0 {
		return nil, errors.New("keys: no secret given")
	}
	r := &Ring{}
	for i, secret := range secrets {
		if len(secret) < MinSecret {
			return nil, fmt.Errorf("keys: secret %d is shorter than %d characters", i+1, MinSecret)
		}
		r.secrets = append(r.secrets, []byte(secret))
	}
	return r, nil
}

// sealSalt parts the keys that seal from those that sign, also where both have a purpose of the same name.
const sealSalt = "seal"

// derive gives the key of each secret for a purpose, 32 bytes.
func (r *Ring) derive(salt, purpose string) (list [][]byte) {
	for _, secret := range r.secrets {
		key, err := hkdf.Key(sha256.New, secret, []byte(salt), purpose, sha256.Size)
		if err != nil { // only for keys of more than 8,160 bytes, or secrets of less than 14
			panic(err)
		}
		list = append(list, key)
	}
	return list
}

// MAC returns what signs for a purpose.
func (r *Ring) MAC(purpose string) MAC { return MAC{r.derive("", purpose)} }

// MAC makes and checks signatures (HMAC-SHA256, 32 bytes) of one purpose.
type MAC struct{ keys [][]byte }

// Sign returns the signature of a message.
func (m MAC) Sign(message []byte) []byte { return sum(m.keys[0], message) }

// Verify reports whether signature is that of message, by any of the secrets. It takes the same time wherever a wrong
// signature differs.
func (m MAC) Verify(message, signature []byte) bool {
	for _, key := range m.keys {
		if hmac.Equal(sum(key, message), signature) {
			return true
		}
	}
	return false
}

func sum(key, message []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(message)
	return h.Sum(nil)
}

// Overhead is how many bytes a sealed text is longer than the plain one: nonce and tag.
const Overhead = 12 + 16

// Seal returns what seals for a purpose.
func (r *Ring) Seal(purpose string) Sealer {
	var s Sealer
	for _, key := range r.derive(sealSalt, purpose) {
		block, err := aes.NewCipher(key)
		if err != nil { // only for keys of another length
			panic(err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil { // only for ciphers other than AES
			panic(err)
		}
		s.aeads = append(s.aeads, aead)
	}
	return s
}

// Sealer seals and opens texts of one purpose (AES-256-GCM with a random nonce): without the secret they can be neither
// read nor changed. One key is good for 2^32 texts (NIST SP 800-38D §8.3), which is a hundred each second for a year.
type Sealer struct{ aeads []cipher.AEAD }

// Seal returns plain, sealed. bound is what the text belongs to, such as a user and a place; it is not in the result,
// and Open needs the same.
func (s Sealer) Seal(plain, bound []byte) []byte { return s.aeads[0].Seal(nil, nil, plain, bound) }

// Open returns the plain text; ok is false for what none of the secrets sealed for this purpose and bound.
func (s Sealer) Open(sealed, bound []byte) (plain []byte, ok bool) {
	for _, aead := range s.aeads {
		if plain, err := aead.Open(nil, nil, sealed, bound); err == nil {
			return plain, true
		}
	}
	return nil, false
}
