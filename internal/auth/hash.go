package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/scrypt"
)

// New hashes are argon2id with OWASP's parameters (Password Storage Cheat Sheet: m=19 MiB, t=2, p=1), as a PHC
// string. better-auth's scrypt hashes verify, so that a user table can be moved over, and are replaced when
// their owner next signs in.
const (
	argonMemory  = 19 * 1024 // KiB
	argonTime    = 2
	argonThreads = 1
)

// passwordHash is a parsed hash of either kind.
type passwordHash struct {
	argon                 bool
	memory, time, threads uint32 // argon2id only
	salt, sum             []byte
}

// current reports whether a new hash of that memory would be no stronger.
func (h passwordHash) current(memory uint32) bool {
	return h.argon && h.memory >= memory && h.time >= argonTime
}

// parseHash reads "$argon2id$v=19$m=…,t=…,p=…$salt$sum" or better-auth's "salt:sum". Parameters are bounded,
// so that a planted row cannot take the machine down.
func parseHash(s string) (h passwordHash, ok bool) {
	if salt, sum, found := strings.Cut(s, ":"); found {
		// better-auth salts with the hexadecimal text itself, not with the bytes it stands for.
		raw, err := hex.DecodeString(sum)
		_, saltErr := hex.DecodeString(salt)
		return passwordHash{salt: []byte(salt), sum: raw}, err == nil && saltErr == nil && len(raw) == 64 && len(salt) == 32
	}
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v=19" {
		return h, false
	}
	h.argon = true
	const params = "m=%d,t=%d,p=%d"
	fmt.Sscanf(parts[3], params, &h.memory, &h.time, &h.threads)
	if fmt.Sprintf(params, h.memory, h.time, h.threads) != parts[3] { // Sscanf alone takes signs and trailing text
		return h, false
	}
	var saltErr, sumErr error
	h.salt, saltErr = base64.RawStdEncoding.Strict().DecodeString(parts[4])
	h.sum, sumErr = base64.RawStdEncoding.Strict().DecodeString(parts[5])
	bounded := h.memory <= 256*1024 && h.time >= 1 && h.time <= 16 && h.threads >= 1 && h.threads <= 16 && h.memory >= 8*h.threads
	return h, saltErr == nil && sumErr == nil && bounded && len(h.salt) >= 8 && len(h.salt) <= 64 && len(h.sum) >= 16 && len(h.sum) <= 64
}

// matches hashes password as h was made and compares in constant time.
func (h passwordHash) matches(password string) bool {
	if h.argon {
		return subtle.ConstantTimeCompare(h.sum, argon2.IDKey([]byte(password), h.salt, h.time, h.memory, uint8(h.threads), uint32(len(h.sum)))) == 1
	}
	sum, err := scrypt.Key([]byte(password), h.salt, 16384, 16, 1, len(h.sum))
	return err == nil && subtle.ConstantTimeCompare(h.sum, sum) == 1
}

// dummyArgon and dummyScrypt stand in where there is nothing to compare with, so that the answer takes as long as a real
// one.
func dummyArgon(memory uint32) passwordHash {
	return passwordHash{
		argon: true, memory: memory, time: argonTime, threads: argonThreads, salt: make([]byte, 16), sum: make([]byte, 32),
	}
}

var dummyScrypt = passwordHash{salt: make([]byte, 32), sum: make([]byte, 64)}

// hashPassword hashes a normal password on the bounded queue.
func (a *Auth) hashPassword(ctx context.Context, p place, password string) (hash string, err error) {
	err = a.hasher.do(ctx, p, func() { hash = argonHash(a.hasher.memory, password) })
	return hash, err
}

func argonHash(memory uint32, password string) string {
	salt := make([]byte, 16)
	rand.Read(salt)
	sum := argon2.IDKey([]byte(password), salt, argonTime, memory, argonThreads, 32)
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", memory, argonTime, argonThreads, b64(salt), b64(sum))
}

// verifyPassword compares password with a stored hash, "" where there is none. A match with an outdated hash
// also gives its replacement. A mismatch costs one hash of every kind the store holds, whatever was stored:
// time then tells neither who exists nor who was moved over from better-auth.
func (a *Auth) verifyPassword(ctx context.Context, p place, stored, password string) (match bool, upgrade string, err error) {
	h, known := parseHash(stored)
	if known && !h.argon {
		a.legacyHashes.Store(true) // moved over since the last purge looked
	}
	err = a.hasher.do(ctx, p, func() {
		match = known && h.matches(password)
		if match {
			if !h.current(a.hasher.memory) {
				upgrade = argonHash(a.hasher.memory, password)
			}
			return
		}
		if !known || !h.argon {
			dummyArgon(a.hasher.memory).matches(password)
		}
		if a.legacyHashes.Load() && (!known || h.argon) {
			dummyScrypt.matches(password)
		}
	})
	return match, upgrade, err
}

// noteLegacyHashes looks whether any scrypt hash is left in the store.
func (a *Auth) noteLegacyHashes(ctx context.Context) error {
	var left int64
	err := a.db.WithContext(ctx).Model(&Account{}).Where("password LIKE ?", "%:%").Limit(1).Count(&left).Error
	if err == nil {
		a.legacyHashes.Store(left > 0)
	}
	return err
}
