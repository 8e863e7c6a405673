package password

import (
	"encoding/base64"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"
)

// weak is a cheap argon2id hash of correct-horse-1.
func weak() string {
	sum := argon2.IDKey([]byte("correct-horse-1"), []byte("saltsalt"), 1, 64, 1, 16)
	b64 := base64.RawStdEncoding.EncodeToString
	return "$argon2id$v=19$m=64,t=1,p=1$" + b64([]byte("saltsalt")) + "$" + b64(sum)
}

// TestVerify: a match with a weak hash gives a current one, and that stays.
func TestVerify(t *testing.T) { upgrades(t, weak()) }

func upgrades(t *testing.T, stored string) {
	t.Helper()
	h := New(Options{Workers: 1, Memory: 128})
	match, upgrade, err := h.Verify(t.Context(), Place{}, stored, "wrong-horse-1")
	if match || upgrade != "" || err != nil {
		t.Fatalf("a wrong password: match %v, upgrade %q, error %v", match, upgrade, err)
	}
	match, upgrade, err = h.Verify(t.Context(), Place{}, stored, "correct-horse-1")
	if !match || !strings.HasPrefix(upgrade, "$argon2id$v=19$m=128,t=2,p=1$") || err != nil {
		t.Fatalf("match %v, upgrade %q, error %v", match, upgrade, err)
	}
	match, again, err := h.Verify(t.Context(), Place{}, upgrade, "correct-horse-1")
	if !match || again != "" || err != nil {
		t.Errorf("the upgrade: match %v, upgrade %q, error %v", match, again, err)
	}
}

func TestMalformedHashesMatchNothing(t *testing.T) {
	weak, salt, sum := weak(), strings.Repeat("A", 22), strings.Repeat("A", 43)
	list := []string{
		weak + "=", weak + "$", " " + weak, "x" + weak,
		"", "correct-horse-1", "$$$$$", "$argon2id$", "$2a$10$" + strings.Repeat("x", 53),
	}
	for _, misspelt := range [][2]string{
		{"m=64", "m=+64"}, {"m=64", "m=064"}, {"m=64", "m= 64"}, {"p=1", "p=1,x"}, {"p=1", "p=257"}, {"t=1", "t=4294967297"},
		{"v=19", "v=18"}, {"argon2id", "argon2i"}, {"argon2id", "ARGON2ID"},
	} {
		list = append(list, strings.ReplaceAll(weak, misspelt[0], misspelt[1]))
	}
	for _, empty := range []string{salt + "$", "$" + sum, salt + "$AAAA"} {
		list = append(list, "$argon2id$v=19$m=19456,t=2,p=1$"+empty)
	}
	for _, head := range []string{
		"argon2id$v=18$m=19456,t=2,p=1", "argon2i$v=19$m=19456,t=2,p=1",
		"argon2id$v=19$m=4294967295,t=1,p=1", "argon2id$v=19$m=262145,t=1,p=1", "argon2id$v=19$m=64,t=17,p=1",
		"argon2id$v=19$m=64,t=0,p=1", "argon2id$v=19$m=64,t=1,p=0", "argon2id$v=19$m=64,t=1,p=17",
		"argon2id$v=19$m=64,t=1,p=257", "argon2id$v=19$m=-64,t=1,p=1",
	} {
		list = append(list, "$"+head+"$"+salt+"$"+sum)
	}
	matchNothing(t, list)
}

func matchNothing(t *testing.T, list []string) {
	t.Helper()
	h := New(Options{Workers: 1, Memory: 8})
	for _, stored := range list {
		match, upgrade, err := h.Verify(t.Context(), Place{}, stored, "correct-horse-1")
		if match || upgrade != "" || err != nil {
			t.Errorf("%q: match %v, upgrade %q, error %v", stored, match, upgrade, err)
		}
	}
}

// FuzzPasswordHash: no row of the store, planted or broken, panics, costs more than the bounds or matches.
func FuzzPasswordHash(f *testing.F) {
	for _, v := range []string{
		newHash(8, "correct-horse-1"),
		"$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=4294967295,t=4294967295,p=4294967295$AAAA$AAAA",
		"$argon2id$v=19$m=8,t=1,p=1$$", "$argon2id$v=19$m=8,t=0,p=0$AAAA$AAAA",
		"$$$$$", "",
	} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, stored string) {
		h, ok := parse(stored)
		if !ok {
			return
		}
		if len(h.salt) < 8 || len(h.salt) > 64 || len(h.sum) < 16 || len(h.sum) > 64 {
			t.Fatalf("%q: salt of %d, sum of %d bytes", stored, len(h.salt), len(h.sum))
		}
		within := func(n, least, most uint32) bool { return least <= n && n <= most }
		if !within(h.memory, 8*h.threads, 256*1024) || !within(h.passes, 1, 16) || !within(h.threads, 1, 16) {
			t.Fatalf("%q: m=%d t=%d p=%d", stored, h.memory, h.passes, h.threads)
		}
		if uint64(h.memory)*uint64(h.passes) <= 256 && h.matches("nobody chose this") {
			t.Fatalf("%q matches", stored)
		}
	})
}
