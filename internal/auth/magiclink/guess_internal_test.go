package magiclink

import (
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/keys"
)

// FuzzReadCode: what is read is six digits in the order in which they were typed.
func FuzzReadCode(f *testing.F) {
	for _, s := range []string{
		"123456", "123 456", "12-34-56", " 123456 ", "", "12345", "1234567", "٠٠٠٠٠٠", "123456\n",
		"\xff", "0x1234", "１２３４５６", "123456 ", strings.Repeat(" ", 1000) + "123456",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		code, ok := readCode(typed)
		if !ok {
			return
		}
		rest := typed
		for _, digit := range code {
			i := strings.IndexRune(rest, digit)
			if i < 0 || digit < '0' || digit > '9' || strings.Trim(rest[:i], " -") != "" {
				t.Fatalf("%q is read as %q", typed, code)
			}
			rest = rest[i+1:]
		}
		if len(code) != 6 || strings.Trim(rest, " -") != "" {
			t.Errorf("%q is read as %q", typed, code)
		}
	})
}

// TestCodesAreSpread: codes are six digits, and every digit occurs at every place.
func TestCodesAreSpread(t *testing.T) {
	seen := map[[2]int]bool{}
	for range 2000 {
		code := newCode()
		if read, ok := readCode(code); !ok || read != code {
			t.Fatal(code)
		}
		for i, digit := range code {
			seen[[2]int{i, int(digit)}] = true
		}
	}
	if len(seen) != 60 {
		t.Errorf("%d of 60 digits", len(seen))
	}
}

// TestACodeFitsOneMail: it is bound to the address and to the token, fits nothing where nothing was mailed, and fits
// after the secret was replaced.
func TestACodeFitsOneMail(t *testing.T) {
	mac := func(secrets ...string) keys.MAC {
		ring, err := keys.New(secrets)
		if err != nil {
			t.Fatal(err)
		}
		return ring.MAC("magic link code")
	}
	older, newer := strings.Repeat("o", 32), strings.Repeat("n", 32)
	m, user := &MagicLink{mac: mac(older)}, "id"
	sent := magicLink{Address: auth.HashToken("ada@example.com"), TokenHash: auth.HashToken("token"), UserID: &user}
	sent.CodeMAC = m.signed(&sent, "123456")
	change := func(f func(l *magicLink)) *magicLink {
		l := sent
		f(&l)
		return &l
	}
	for name, c := range map[string]struct {
		l    *magicLink
		code string
		fits bool
	}{
		"its code":        {&sent, "123456", true},
		"another code":    {&sent, "123457", false},
		"another address": {change(func(l *magicLink) { l.Address = auth.HashToken("eve@example.com") }), "123456", false},
		"another mail":    {change(func(l *magicLink) { l.TokenHash = auth.HashToken("other") }), "123456", false},
		"nothing mailed":  {change(func(l *magicLink) { l.UserID = nil }), "123456", false},
		"no code left":    {change(func(l *magicLink) { l.CodeMAC = "" }), "123456", false},
	} {
		if got := m.fits(c.l, c.code); got != c.fits {
			t.Errorf("%s: %v", name, got)
		}
	}
	m.mac = mac(newer, older)
	if !m.fits(&sent, "123456") {
		t.Error("a replaced secret ends codes")
	}
}
