package auth

import (
	"encoding/base64"
	"math"
	"testing"
)

// No token comes twice, none has a constant part, and no character is likelier than another: chi-square over 64
// symbols, 63 degrees of freedom, at each place.
func TestTokensAreRandom(t *testing.T) {
	const tokens, symbols = 10_000, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	seen, counts := map[string]bool{}, [42]map[byte]float64{} // the 43rd character carries 4 bits only
	for range tokens {
		token := newToken()
		if raw, err := base64.RawURLEncoding.DecodeString(token); err != nil || len(raw) != 32 || seen[token] {
			t.Fatalf("token %q came before or is not 256 bits, error %v", token, err)
		}
		seen[token] = true
		for i := range counts {
			if counts[i] == nil {
				counts[i] = map[byte]float64{}
			}
			counts[i][token[i]]++
		}
	}
	for place, count := range counts {
		chi := 0.0
		for i := range len(symbols) {
			chi += math.Pow(count[symbols[i]]-tokens/64.0, 2) / (tokens / 64.0)
		}
		if chi > 170 { // p < 1e-11
			t.Errorf("chi-square %.0f at place %d", chi, place)
		}
	}
}

func TestHashes(t *testing.T) {
	// SHA-256 of "abc" (FIPS 180-2, B.1).
	if got := HashToken("abc"); got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Error(got)
	}
}
