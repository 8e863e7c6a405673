package twofactor

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestRFC6238 has the vectors of RFC 6238 appendix B for SHA-1, of whose eight digits we show the last six.
func TestRFC6238(t *testing.T) {
	secret := []byte("12345678901234567890")
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037",
		20000000000: "353130",
	} {
		if got := hotp(secret, at/period); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
		if step, ok := stepOf(secret, want, time.Unix(at, 0)); !ok || step != at/period {
			t.Errorf("at %d: step %d, %v", at, step, ok)
		}
	}
}

func TestWindow(t *testing.T) {
	secret, now := []byte("12345678901234567890"), time.Unix(1234567890, 0)
	present := now.Unix() / period
	for off, want := range map[int64]bool{-3: false, -2: false, -1: true, 0: true, 1: true, 2: false, 3: false} {
		if step, ok := stepOf(secret, hotp(secret, present+off), now); ok != want || ok && step != present+off {
			t.Errorf("%d steps off: step %d, %v", off, step-present, ok)
		}
	}
	code := hotp(secret, present)
	for typed, want := range map[string]bool{
		code[:3] + " " + code[3:]: true, " " + code: true, "": false, code[:5]: false, code + "0": false,
		"0" + code: false, "-" + code[1:]: false, code[:3] + "-" + code[3:]: false, code + "\n": false,
		"٠٠٥٩٢٤": false, code + "\x00": false,
	} {
		if _, ok := stepOf(secret, typed, now); ok != want {
			t.Errorf("%q: %v", typed, ok)
		}
	}
}

func TestURI(t *testing.T) {
	u, err := url.Parse(uri("A&B: 1/2?", "ada+x@example.com", []byte("12345678901234567890")))
	if err != nil {
		t.Fatal(err)
	}
	if u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/A&B: 1/2?:ada+x@example.com" ||
		strings.Contains(u.RawQuery, "+") {
		t.Errorf("%s", u)
	}
	want := url.Values{
		"secret": {"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}, "issuer": {"A&B: 1/2?"}, "digits": {"6"}, "period": {"30"},
	}
	if got := u.Query(); got.Encode() != want.Encode() {
		t.Errorf("%v", got)
	}
}

func TestRecoveryCodes(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		code := newCode()
		normal, ok := normalCode(code)
		if !ok || seen[normal] || len(code) != 27 || strings.ReplaceAll(code, "-", "") != normal {
			t.Fatalf("%q is %q, %v", code, normal, ok)
		}
		seen[normal] = true
		for _, typed := range []string{
			strings.ToLower(code), normal, " " + strings.ReplaceAll(code, "-", " ") + " ",
			strings.NewReplacer("0", "o", "1", "l").Replace(code), strings.NewReplacer("0", "O", "1", "i").Replace(code),
		} {
			if got, ok := normalCode(typed); !ok || got != normal {
				t.Errorf("%q is %q, %v", typed, got, ok)
			}
		}
	}
	for _, typed := range []string{
		"", "123456", "aaaaa-aaaaa", strings.Repeat("U", 24), strings.Repeat("7", 23), strings.Repeat("7", 25),
		strings.Repeat("7", 24) + "\x00", strings.Repeat("7", 24) + "\n", strings.Repeat(" ", 100) + strings.Repeat("7", 24),
	} {
		if got, ok := normalCode(typed); ok {
			t.Errorf("%q is %q", typed, got)
		}
	}
}

// FuzzRecoveryCode: what is accepted has one spelling, which means the same code.
func FuzzRecoveryCode(f *testing.F) {
	for _, seed := range []string{"", newCode(), strings.ToLower(newCode()), "oOiIlL-", "\xff", "ſ", "123 456"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		code, ok := normalCode(typed)
		if !ok {
			return
		}
		if again, ok := normalCode(code); !ok || again != code || len(code) != 24 {
			t.Errorf("%q is %q, which is %q, %v", typed, code, again, ok)
		}
	})
}

// FuzzTOTP: nothing but the code of a step in the window is accepted, with or without blanks.
func FuzzTOTP(f *testing.F) {
	for _, seed := range []string{"", "005924", "005 924", "-05924", "٠٠٥٩٢٤", "5924", "\xff\x00"} {
		f.Add(seed, int64(1234567890))
	}
	f.Fuzz(func(t *testing.T, typed string, at int64) {
		secret := []byte("12345678901234567890")
		step, ok := stepOf(secret, typed, time.Unix(at, 0))
		if !ok {
			return
		}
		if off := step - at/period; off < -skew || off > skew {
			t.Errorf("%q is of step %d, %d off", typed, step, off)
		}
		if strings.ReplaceAll(typed, " ", "") != hotp(secret, step) {
			t.Errorf("%q passes for step %d", typed, step)
		}
	})
}
