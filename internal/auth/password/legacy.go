package password

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/scrypt"
	"gorm.io/gorm"
)

// This file verifies better-auth's scrypt hashes, so that its accounts can be moved over. Verify replaces each hash
// when its owner next logs in. An app without such accounts deletes this file with its test, and then what the
// compiler names: a field and a line in hash.go, two calls of FindLegacy in internal/auth, and the tests that move
// accounts over.

// legacy compares passwords with scrypt hashes.
type legacy struct {
	left atomic.Bool // the store holds scrypt hashes
}

// FindLegacy looks for scrypt hashes in the store. While some are left, Verify spends the time of one more hash on
// each mismatch: otherwise the time would show which accounts were moved over.
func (h *Hasher) FindLegacy(ctx context.Context, db *gorm.DB) error {
	var left bool
	err := db.WithContext(ctx).Raw("SELECT EXISTS (SELECT 1 FROM accounts WHERE password LIKE '%:%')").Scan(&left).Error
	if err != nil {
		return err
	}
	h.legacy.left.Store(left)
	return nil
}

// matches compares a password with a stored hash that may be of another kind or missing.
func (l *legacy) matches(stored, normal string) bool {
	salt, sum, ok := parseLegacy(stored)
	if ok {
		l.left.Store(true) // moved over since FindLegacy looked
	}
	if !ok && !l.left.Load() {
		return false
	}
	if !ok {
		salt, sum = make([]byte, 32), make([]byte, 64) // takes as long as a real one
	}
	got, err := scrypt.Key([]byte(normal), salt, 16384, 16, 1, len(sum))
	return err == nil && ok && subtle.ConstantTimeCompare(got, sum) == 1
}

// parseLegacy reads "salt:sum", both hexadecimal. better-auth salts with the text itself, not with the bytes it
// encodes.
func parseLegacy(stored string) (salt, sum []byte, ok bool) {
	text, sumText, _ := strings.Cut(stored, ":")
	_, saltErr := hex.DecodeString(text)
	sum, sumErr := hex.DecodeString(sumText)
	return []byte(text), sum, saltErr == nil && sumErr == nil && len(text) == 32 && len(sum) == 64
}
