// Package password decides which passwords are good enough, hashes them and compares them with stored hashes. It
// makes few hashes at once, so that a storm of log-ins exhausts neither memory nor processors. It knows no users and
// no sessions.
//
// New hashes are argon2id with OWASP's parameters (Password Storage Cheat Sheet: m=19 MiB, t=2, p=1), as PHC strings.
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The parameters of new hashes.
const (
	DefaultMemory = 19 * 1024 // KiB
	passes        = 2
	threads       = 1
)

// Options configure a Hasher.
type Options struct {
	Workers int // hashes made at the same time
	Memory  int // KiB that each takes
}

// Hasher hashes passwords and compares them with hashes. It is safe for use by many goroutines.
type Hasher struct {
	queue
	memory uint32 // KiB of a new hash
	legacy legacy
}

// New makes a Hasher.
func New(o Options) *Hasher { return &Hasher{queue: newQueue(o), memory: uint32(o.Memory)} }

// Hash hashes a password in its normal form. It waits in the queue at p and fails as Do does.
func (h *Hasher) Hash(ctx context.Context, p Place, normal string) (hash string, err error) {
	err = h.Do(ctx, p, func() { hash = newHash(h.memory, normal) })
	return hash, err
}

// Verify compares a password in its normal form with a stored hash, "" for an account that does not exist. If they
// match and the hash is outdated, upgrade is its replacement. A mismatch costs one hash of every kind in the store,
// whatever was stored, so that the time does not show who has an account. A stored hash of less memory costs less, which
// Options.MinAnswer of internal/auth hides. Verify waits in the queue at p and fails as Do does.
func (h *Hasher) Verify(
	ctx context.Context, p Place, stored, normal string,
) (match bool, upgrade string, err error) {
	known, ok := parse(stored)
	if !ok {
		known = dummy(h.memory)
	}
	err = h.Do(ctx, p, func() {
		match = known.matches(normal) && ok
		match = match || h.legacy.matches(stored, normal)
		if match && (!ok || known.memory < h.memory || known.passes < passes) {
			upgrade = newHash(h.memory, normal)
		}
	})
	return match, upgrade, err
}

// argonHash is a parsed argon2id hash.
type argonHash struct {
	memory, passes, threads uint32
	salt, sum               []byte
}

const parameters = "m=%d,t=%d,p=%d"

// parse reads "$argon2id$v=19$m=…,t=…,p=…$salt$sum" in its one spelling. Parameters are bounded, so that a planted
// row cannot exhaust the machine.
func parse(stored string) (h argonHash, ok bool) {
	part := strings.Split(stored, "$")
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != "v=19" {
		return h, false
	}
	fmt.Sscanf(part[3], parameters, &h.memory, &h.passes, &h.threads)
	if fmt.Sprintf(parameters, h.memory, h.passes, h.threads) != part[3] { // Sscanf accepts signs and trailing text
		return h, false
	}
	bounded := h.memory <= 256*1024 && h.passes >= 1 && h.passes <= 16 && h.threads >= 1 && h.threads <= 16
	if !bounded || h.memory < 8*h.threads {
		return h, false
	}
	var saltErr, sumErr error
	h.salt, saltErr = base64.RawStdEncoding.Strict().DecodeString(part[4])
	h.sum, sumErr = base64.RawStdEncoding.Strict().DecodeString(part[5])
	sized := len(h.salt) >= 8 && len(h.salt) <= 64 && len(h.sum) >= 16 && len(h.sum) <= 64
	return h, saltErr == nil && sumErr == nil && sized
}

// sumOf hashes a password with the parameters and the salt of h.
func (h argonHash) sumOf(normal string) []byte {
	return argon2.IDKey([]byte(normal), h.salt, h.passes, h.memory, uint8(h.threads), uint32(len(h.sum)))
}

// matches compares in constant time.
func (h argonHash) matches(normal string) bool {
	return subtle.ConstantTimeCompare(h.sum, h.sumOf(normal)) == 1
}

// dummy costs as much to compare with as a new hash.
func dummy(memory uint32) argonHash {
	return argonHash{memory, passes, threads, make([]byte, 16), make([]byte, 32)}
}

func newHash(memory uint32, normal string) string {
	h := dummy(memory)
	rand.Read(h.salt)
	encode := base64.RawStdEncoding.EncodeToString
	settings := fmt.Sprintf(parameters, h.memory, h.passes, h.threads)
	return "$argon2id$v=19$" + settings + "$" + encode(h.salt) + "$" + encode(h.sumOf(normal))
}
