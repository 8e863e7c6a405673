package servicetoken_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/servicetoken"
	"example.com/foyer/internal/servicetoken/tokentest"
)

// fields reads a JWKS as plain JSON.
func fields(t *testing.T, text []byte) []map[string]string {
	t.Helper()
	var set struct{ Keys []map[string]string }
	if err := json.Unmarshal(text, &set); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return set.Keys
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func rotate(t *testing.T, path string) (kid string) {
	t.Helper()
	kid, err := servicetoken.Rotate(path)
	if err != nil {
		t.Fatal(err)
	}
	return kid
}

func TestKeyFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "keys.json")
	first, err := servicetoken.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	before := read(t, path)
	if _, err := servicetoken.Create(path); !errors.Is(err, fs.ErrExist) || string(read(t, path)) != string(before) {
		t.Errorf("made over an existing file: %v", err)
	}
	kids := []string{first}
	for range 4 {
		kids = append([]string{rotate(t, path)}, kids...)
		keys := fields(t, read(t, path))
		if want := min(3, len(kids)); len(keys) != want {
			t.Fatalf("%d keys in the file, want %d", len(keys), want)
		}
		for i, key := range keys {
			ed25519 := key["kty"] == "OKP" && key["crv"] == "Ed25519" && key["x"] != ""
			if key["kid"] != kids[i] || !ed25519 || (key["d"] != "") != (i == 0) {
				t.Errorf("key %d is %s, private %t; want %s, private only in front", i, key["kid"], key["d"] != "", kids[i])
			}
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v; want mode 0600", info.Mode(), err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left in the folder: %v, %v", left, err)
	}
	if _, err := servicetoken.Rotate(filepath.Join(dir, "none.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("rotated what is not there: %v", err)
	}
}

// TestRotationFailsNoCall: a rotation needs no restart and refuses no token, whichever process reads the new file
// first.
func TestRotationFailsNoCall(t *testing.T) {
	one, path := keyring(t)
	other := open(t, path)
	accepted := func(by *servicetoken.Keyring, token, what string) {
		t.Helper()
		if _, err := by.Verify(token, api); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	before := sign(t, one)
	stolen := tokentest.First(t, path)
	for i := range 2 {
		kid := rotate(t, path)
		accepted(other, sign(t, one), "a new token by a process that had not looked")
		accepted(one, before, "a token from before the rotation")
		if got := tokentest.First(t, path).ID; got != kid {
			t.Errorf("rotation %d: %s is in front, want %s", i, got, kid)
		}
		published := fields(t, jwks(t, other))
		if len(published) != i+2 || published[0]["kid"] != kid {
			t.Errorf("published: %v", published)
		}
	}
	rotate(t, path)
	late := stolen.Token(api, noon, nil, nil)
	_, err := other.Verify(late, api)
	refused(t, err, late, "unknown kid")

	// A stolen key is refused at once, when another file takes its place.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	_, err = one.Verify(before, api)
	refused(t, err, before, "no such file")
	if _, err := one.Sign(worker, api); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("signing without the file: %v", err)
	}
	if _, err := servicetoken.Create(path); err != nil {
		t.Fatal(err)
	}
	accepted(one, sign(t, other), "a token of the new file")
}

func jwks(t *testing.T, k *servicetoken.Keyring) []byte {
	t.Helper()
	text, err := k.JWKS()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestPublishedSetHasNoPrivateHalf also checks the form of RFC 7517 and 8037.
func TestPublishedSetHasNoPrivateHalf(t *testing.T) {
	k, path := keyring(t)
	rotate(t, path)
	keys := fields(t, jwks(t, k))
	if len(keys) != 2 {
		t.Fatalf("%d keys, want 2", len(keys))
	}
	for _, key := range keys {
		kind := key["kty"] + " " + key["crv"] + " " + key["alg"] + " " + key["use"]
		if kind != "OKP Ed25519 EdDSA sig" || len(key["kid"]) != 43 || len(key["x"]) != 43 || len(key) != 6 {
			t.Errorf("published: %v", key)
		}
	}
	if seed := fields(t, read(t, path))[0]["d"]; strings.Contains(string(jwks(t, k)), seed) {
		t.Error("the private half is published")
	}
}

// TestThumbprint is the example of RFC 8037, appendix A.3.
func TestThumbprint(t *testing.T) {
	const key = `{"kty":"OKP","crv":"Ed25519","kid":"%","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",` +
		`"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
	for kid, ok := range map[string]bool{"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k": true, "worker": false, "": false} {
		_, err := servicetoken.Parse([]byte(`{"keys":[` + strings.Replace(key, "%", kid, 1) + `]}`))
		if (err == nil) != ok {
			t.Errorf("kid %q: %v", kid, err)
		}
	}
}

// TestBadKeys: a server with bad keys does not start, and its error does not quote them.
func TestBadKeys(t *testing.T) {
	_, path := keyring(t)
	key := func(k tokentest.Key, change func(map[string]string)) string {
		v := map[string]string{"kty": "OKP", "crv": "Ed25519", "kid": k.ID}
		for name, value := range fields(t, read(t, path))[0] {
			v[name] = value
		}
		change(v)
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	first := tokentest.First(t, path)
	set := func(keys ...string) string { return `{"keys":[` + strings.Join(keys, ",") + `]}` }
	good := key(first, func(map[string]string) {})
	public := key(first, func(v map[string]string) { delete(v, "d") })
	const zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	const ofZeros = "O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik"
	for name, text := range map[string]string{
		"nothing": "", "no JSON": "zebra-7", "null": "null", "a list": "[]", "no set": "{}", "an empty set": set(),
		"a key alone":  good,
		"an empty key": set("{}"), "null for a key": set("null"), "cut short": set(good)[:80],
		"a key without private half": set(public),
		"private half empty":         set(key(first, func(v map[string]string) { v["d"] = "" })),
		"private half of 8 bytes":    set(key(first, func(v map[string]string) { v["d"] = "c2VjcmV0MTI" })),
		"private half of another": set(key(first, func(v map[string]string) {
			v["d"] = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
		})),
		"private half all zero": set(key(first, func(v map[string]string) {
			v["d"], v["x"], v["kid"] = zeros, ofZeros, "9ZP03Nu8GrXPAUkbKNxHOKBzxPX83SShgFkRNK-f2lw"
		})),
		"public half all zero": set(good, key(first, func(v map[string]string) {
			v["x"], v["kid"] = zeros, "ogRZbCR5KTrPFCAfuYmCMwj0w7Yuk3Lr6YWQWfpkbf0"
			delete(v, "d")
		})),
		"another's kid":            set(key(first, func(v map[string]string) { v["kid"] = "worker" })),
		"a secret":                 set(`{"kty":"oct","k":"emVicmEtNw","kid":"zebra-7"}`),
		"a good one and a secret":  set(good, `{"kty":"oct","k":"emVicmEtNw","kid":"zebra-7"}`),
		"a good one and something": set(good, `"zebra-7"`),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "keys.json")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, parsed := servicetoken.Parse([]byte(text))
			_, opened := servicetoken.Open(path)
			_, rotated := servicetoken.Rotate(path)
			for _, err := range []error{parsed, opened, rotated} {
				secret := fields(t, []byte(set(good)))[0]["d"]
				if err == nil || strings.Contains(err.Error(), "zebra") || strings.Contains(err.Error(), secret) {
					t.Errorf("%v, want a fault that quotes nothing", err)
				}
			}
			if string(read(t, path)) != text {
				t.Error("the file was changed")
			}
		})
	}
	if _, err := servicetoken.Parse([]byte(set(good, public))); err != nil {
		t.Errorf("what the faults are made of: %v", err)
	}
}

func TestGenerate(t *testing.T) {
	one, err := servicetoken.Generate()
	if err != nil {
		t.Fatal(err)
	}
	other, err := servicetoken.Generate()
	if err != nil {
		t.Fatal(err)
	}
	token, err := one.Sign(worker, api)
	if err != nil {
		t.Fatal(err)
	}
	if id, err := one.Verify(token, api); err != nil || time.Until(id.Expires) > time.Minute {
		t.Errorf("%+v, %v", id, err)
	}
	_, err = other.Verify(token, api)
	refused(t, err, token, "unknown kid")
}
