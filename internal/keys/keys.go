// Package keys derives keys from the secrets of APP_SECRET. Each purpose has keys of its own (HKDF, RFC 5869), so that
// a signature or sealed text of one purpose is invalid for another. The package owns the algorithms; its callers
// choose purposes and messages.
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

// MinSecret is the minimum length of a secret in bytes: that of the keys derived from it.
const MinSecret = 32

// Ring is a list of secrets. The first signs and seals; all verify and open, so that a secret can be replaced while old
// signatures and sealed texts stay valid. It is safe for concurrent use.
type Ring struct{ secrets [][]byte }

// New makes a Ring. It fails without a secret, or if one is shorter than MinSecret.
func New(secrets []string) (*Ring, error) {
	if len(secrets) == 0 {
		return nil, errors.New("keys: no secret given")
	}
	r := &Ring{}
	for i, secret := range secrets {
		if len(secret) < MinSecret {
			return nil, fmt.Errorf("keys: secret %d is shorter than %d bytes", i+1, MinSecret)
		}
		r.secrets = append(r.secrets, []byte(secret))
	}
	return r, nil
}

// sealSalt separates sealing keys from signing keys of the same purpose.
const sealSalt = "seal"

// derive returns a key of 32 bytes per secret.
func (r *Ring) derive(salt, purpose string) (list [][]byte) {
	for _, secret := range r.secrets {
		key, err := hkdf.Key(sha256.New, secret, []byte(salt), purpose, sha256.Size)
		if err != nil { // impossible: only for keys of more than 8,160 bytes or secrets of less than 14
			panic(err)
		}
		list = append(list, key)
	}
	return list
}

// MAC returns the MAC of a purpose.
func (r *Ring) MAC(purpose string) MAC { return MAC{r.derive("", purpose)} }

// MAC makes and checks signatures (HMAC-SHA256, 32 bytes) of one purpose.
type MAC struct{ keys [][]byte }

// Sign returns the signature of a message.
func (m MAC) Sign(message []byte) []byte { return sum(m.keys[0], message) }

// Verify reports whether signature is that of message by any of the secrets, in constant time per secret.
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

// Seal returns the Sealer of a purpose.
func (r *Ring) Seal(purpose string) Sealer {
	var s Sealer
	for _, key := range r.derive(sealSalt, purpose) {
		block, err := aes.NewCipher(key)
		if err != nil { // impossible: only for keys of another length
			panic(err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil { // impossible: only for other ciphers than AES
			panic(err)
		}
		s.aeads = append(s.aeads, aead)
	}
	return s
}

// Sealer seals and opens texts of one purpose (AES-256-GCM with a random nonce), so that they can neither be read nor
// changed without the secret. One key may seal 2^32 texts (NIST SP 800-38D §8.3): a hundred each second for a year.
type Sealer struct{ aeads []cipher.AEAD }

// Seal returns plain, sealed. bound names the place that the text belongs to, such as a row. It is not part of the
// result; Open needs the same value, so that a text copied to another place does not open.
func (s Sealer) Seal(plain, bound []byte) []byte { return s.aeads[0].Seal(nil, nil, plain, bound) }

// Open returns the plain text; ok is false unless one of the secrets sealed it for this purpose and bound.
func (s Sealer) Open(sealed, bound []byte) (plain []byte, ok bool) {
	for _, aead := range s.aeads {
		if plain, err := aead.Open(nil, nil, sealed, bound); err == nil {
			return plain, true
		}
	}
	return nil, false
}
