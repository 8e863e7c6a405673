package auth

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// signer makes and checks HMAC-SHA256 signatures with keys of one purpose. The first key signs, all verify.
type signer struct{ keys [][]byte }

// deriveSigners derives one key per secret and purpose (HKDF, RFC 5869), so that a signature made for one
// purpose says nothing for another.
func deriveSigners(secrets []string, purposes ...string) (map[string]signer, error) {
	if len(secrets) == 0 {
		return nil, fmt.Errorf("auth: no secret given")
	}
	signers := map[string]signer{}
	for _, purpose := range purposes {
		var s signer
		for i, secret := range secrets {
			if len(secret) < 32 {
				return nil, fmt.Errorf("auth: secret %d is shorter than 32 characters", i+1)
			}
			key, err := hkdf.Key(sha256.New, []byte(secret), nil, "auth cookie "+purpose, sha256.Size)
			if err != nil {
				return nil, fmt.Errorf("auth: derive key: %w", err)
			}
			s.keys = append(s.keys, key)
		}
		signers[purpose] = s
	}
	return signers, nil
}

func (s signer) sign(message []byte) []byte { return mac(s.keys[0], message) }

func (s signer) verify(message, signature []byte) bool {
	for _, key := range s.keys {
		if hmac.Equal(mac(key, message), signature) {
			return true
		}
	}
	return false
}

func mac(key, message []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(message)
	return h.Sum(nil)
}

// newToken gives 256 random bits as 43 base64url characters.
func newToken() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(b)
}

// newID gives an id of 32 hexadecimal characters. Ids are names, not secrets.
func newID() string {
	b := make([]byte, 16)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// isID reports whether s is what newID gives.
func isID(s string) bool { return len(s) == 32 && strings.Trim(s, "0123456789abcdef") == "" }

// hashToken is what the store keeps of a token. The token is random, so a fast hash is enough.
func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
