package password

import (
	"strings"
	"testing"
)

// scrypted is better-auth's hash of correct-horse-1.
const scrypted = "00112233445566778899aabbccddeeff:5550f3da4751a2717bcbc533b3f105b4" +
	"dd89c64fa373716902af38ce4759f72e3112637cf0e8ebdf046d53f76eddc4c4369d381c3c8bfa3eec74836fe8637a49"

func TestVerifyLegacy(t *testing.T) { upgrades(t, scrypted) }

func TestMalformedLegacyHashesMatchNothing(t *testing.T) {
	matchNothing(t, []string{
		":", "plain:correct-horse-1", scrypted[:len(scrypted)-2], scrypted + "00", scrypted[1:], "zz" + scrypted[2:],
		strings.ReplaceAll(scrypted, ":", "::"), strings.ReplaceAll(scrypted, ":", ""),
	})
}

// FuzzLegacyHash: what is accepted has the one size of better-auth's hashes.
func FuzzLegacyHash(f *testing.F) {
	zeros := strings.Repeat("00", 16) + ":" + strings.Repeat("00", 64)
	for _, v := range []string{scrypted, zeros, ":", "", strings.ToUpper(scrypted)} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, stored string) {
		salt, sum, ok := parseLegacy(stored)
		if ok && (len(salt) != 32 || len(sum) != 64 || stored[:33] != string(salt)+":") {
			t.Fatalf("%q: salt %q, sum of %d bytes", stored, salt, len(sum))
		}
	})
}
