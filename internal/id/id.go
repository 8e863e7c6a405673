// Package id makes the ids of rows. Ids are names, not secrets.
package id

import (
	"crypto/rand"
	"encoding/hex"
)

// New gives a random id of 32 hexadecimal characters.
func New() string {
	b := make([]byte, 16)
	rand.Read(b) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(b)
}

// Is reports whether s has the form of an id: 32 letters and digits of ASCII. Ids that moved in from better-auth have
// letters of all kinds.
func Is(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; (c < 'a' || c > 'z') && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return len(s) == 32
}
