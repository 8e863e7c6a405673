package keys_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"example.com/foyer/internal/keys"
)

const (
	secret = "0123456789abcdefghijklmnopqrstuvwxyzABCD"
	older  = "an older secret of a sufficient length"

	// sealedOnce is "message" sealed for "mail" beside "bound", when this test was written.
	sealedOnce = "bbc5fd59161410a74b3a16d03e658175465f85582e88aeb5dc9ea050a5215607632b7d"
)

func ring(t testing.TB, secrets ...string) *keys.Ring {
	t.Helper()
	r, err := keys.New(secrets)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWeakSecretsAreRefused(t *testing.T) {
	for name, secrets := range map[string][]string{
		"none": nil, "empty": {""}, "short": {strings.Repeat("x", keys.MinSecret-1)}, "short and old": {secret, "hunter2"},
	} {
		if r, err := keys.New(secrets); err == nil || r != nil {
			t.Errorf("%s: made a ring, error %v", name, err)
		}
	}
}

// The signature is that of HKDF-SHA256 without a salt and HMAC-SHA256: made by the code that signed cookies and the
// trail before this package did.
func TestSignaturesStayAsTheyWere(t *testing.T) {
	for _, c := range []struct{ secret, purpose, want string }{
		{secret, "auth cookie session_token", "1ab021d68380f03b084d08855ad83b7d8dc392acc218a1602e1533988c54d00e"},
		{older, "auth cookie session_token", "a50db94b5faa3078cf9d11754ac5506e8167848ad1928e56a07e6405487aa8d7"},
		{secret, "audit event", "21ee189892a18e9a73e5d35c3430d542e131fd9bcae778028a65ddf0d5b202da"},
	} {
		if got := hex.EncodeToString(ring(t, c.secret).MAC(c.purpose).Sign([]byte("message"))); got != c.want {
			t.Errorf("%s: %s, want %s", c.purpose, got, c.want)
		}
	}
}

// What was sealed last month opens today: this text lies in outboxes.
func TestSealedTextsStayReadable(t *testing.T) {
	plain, ok := ring(t, secret).Seal("mail").Open(unhex(t, sealedOnce), []byte("bound"))
	if !ok || string(plain) != "message" {
		t.Errorf("opened %q, %v", plain, ok)
	}
}

// TestRotation: the first secret signs and seals, all verify and open, and one that is gone does not.
func TestRotation(t *testing.T) {
	message, bound := []byte("message"), []byte("bound")
	old, both, fresh := ring(t, older), ring(t, secret, older), ring(t, secret)
	for _, c := range []struct {
		name     string
		by, read *keys.Ring
		want     bool
	}{
		{"old by both", old, both, true}, {"both by fresh", both, fresh, true}, {"both by both", both, both, true},
		{"old by fresh", old, fresh, false}, {"both by old", both, old, false},
	} {
		if got := c.read.MAC("p").Verify(message, c.by.MAC("p").Sign(message)); got != c.want {
			t.Errorf("%s: verified %v", c.name, got)
		}
		plain, got := c.read.Seal("p").Open(c.by.Seal("p").Seal(message, bound), bound)
		if got != c.want || got && !bytes.Equal(plain, message) {
			t.Errorf("%s: opened %q %v", c.name, plain, got)
		}
	}
}

// TestPurposesArePartedInEveryWay: no key serves two purposes, nor signing and sealing.
func TestPurposesArePartedInEveryWay(t *testing.T) {
	r, message, bound := ring(t, secret), []byte("message"), []byte("bound")
	purposes := []string{"", "a", "b", "ab", "seal", "seal a", "a\x00"}
	seen := map[string]string{}
	for _, by := range purposes {
		signature, sealed := r.MAC(by).Sign(message), r.Seal(by).Seal(message, bound)
		if other, taken := seen[string(signature)]; taken {
			t.Errorf("%q signs as %q does", by, other)
		}
		seen[string(signature)] = by
		for _, read := range purposes {
			if got := r.MAC(read).Verify(message, signature); got != (by == read) {
				t.Errorf("signed for %q, verified for %q: %v", by, read, got)
			}
			if _, got := r.Seal(read).Open(sealed, bound); got != (by == read) {
				t.Errorf("sealed for %q, opened for %q: %v", by, read, got)
			}
		}
	}
}

// A sealed text opens only beside what it is bound to, says nothing of itself, and no two are alike.
func TestSealedTextsAreBound(t *testing.T) {
	s, plain := ring(t, secret).Seal("p"), []byte("what was typed")
	one, two := s.Seal(plain, []byte("user\n/path")), s.Seal(plain, []byte("user\n/path"))
	if bytes.Equal(one, two) || bytes.Contains(one, plain[:4]) || len(one) != len(plain)+keys.Overhead {
		t.Errorf("sealed as %q and %q", one, two)
	}
	for _, bound := range []string{"", "user\n/other", "other\n/path", "user\n/path "} {
		if got, ok := s.Open(one, []byte(bound)); ok {
			t.Errorf("opened beside %q: %q", bound, got)
		}
	}
	for i := range one {
		bad := bytes.Clone(one)
		bad[i] ^= 1
		if _, ok := s.Open(bad, []byte("user\n/path")); ok {
			t.Errorf("opened with byte %d changed", i)
		}
	}
}

// FuzzHostileInput: what was not made here is neither opened nor verified, whatever it looks like, and nothing panics.
func FuzzHostileInput(f *testing.F) {
	r := ring(f, older, secret)
	message, bound, sealed := []byte("message"), []byte("bound"), unhex(f, sealedOnce)
	sealer, mac, oldMAC := r.Seal("mail"), r.MAC("mail"), ring(f, secret).MAC("mail")
	signature, old := mac.Sign(message), oldMAC.Sign(message)
	for _, v := range [][]byte{
		nil, {0}, make([]byte, keys.Overhead), sealed, sealed[1:], sealed[:len(sealed)-1], append(bytes.Clone(sealed), 0),
		signature, old, signature[1:], signature[:31], append(bytes.Clone(signature), 0),
	} {
		f.Add(v, message)
		f.Add(v, bound)
	}
	f.Fuzz(func(t *testing.T, value, beside []byte) {
		good := bytes.Equal(value, sealed) && bytes.Equal(beside, bound)
		if plain, ok := sealer.Open(value, beside); ok != good || ok && !bytes.Equal(plain, message) {
			t.Fatalf("%x beside %q opened as %q, %v", value, beside, plain, ok)
		}
		good = bytes.Equal(value, mac.Sign(beside)) || bytes.Equal(value, oldMAC.Sign(beside))
		if ok := mac.Verify(beside, value); ok != good {
			t.Fatalf("%x is taken for the signature of %q: %v", value, beside, ok)
		}
	})
}
