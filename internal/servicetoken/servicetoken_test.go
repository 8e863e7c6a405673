package servicetoken_test

import (
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/servicetoken"
	"example.com/foyer/internal/servicetoken/tokentest"
)

const worker, api = "service:worker", "service:api"

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// keyring makes a key file and opens it with a clock that stays at noon.
func keyring(t testing.TB) (*servicetoken.Keyring, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys.json")
	if _, err := servicetoken.Create(path); err != nil {
		t.Fatal(err)
	}
	return open(t, path), path
}

func open(t testing.TB, path string) *servicetoken.Keyring {
	t.Helper()
	k, err := servicetoken.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	k.Now = at(0)
	return k
}

// at is a clock that stays at noon + d.
func at(d time.Duration) func() time.Time { return func() time.Time { return noon.Add(d) } }

func sign(t testing.TB, k *servicetoken.Keyring) string {
	t.Helper()
	token, err := k.Sign(worker, api)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// refused fails unless err is a 401 with the reason as its cause, the reason is not in the message, and neither quotes
// the token.
func refused(t *testing.T, err error, token, reason string) {
	t.Helper()
	var e *errs.Error
	if !errors.As(err, &e) || e.Status != http.StatusUnauthorized || e.Message != "Unauthorized" || e.Err == nil {
		t.Fatalf("%v, want a 401 with a cause", err)
	}
	if !strings.Contains(e.Err.Error(), reason) {
		t.Errorf("refused because %q, want %q", e.Err, reason)
	}
	for part := range strings.SplitSeq(token, ".") {
		if len(part) > 8 && strings.Contains(err.Error(), part) {
			t.Errorf("the token is in the error: %v", err)
		}
	}
}

func TestSignAndVerify(t *testing.T) {
	k, path := keyring(t)
	id, err := k.Verify(sign(t, k), api)
	want := servicetoken.Identity{Subject: worker, Audience: api, Expires: noon.Add(time.Minute)}
	if err != nil || id != want {
		t.Errorf("%+v, %v; want %+v", id, err, want)
	}
	if one, other := sign(t, k), sign(t, k); one == other {
		t.Error("two tokens are the same")
	}
	// The token that TestHostileTokens changes is accepted unchanged; otherwise that test would prove nothing.
	key := tokentest.First(t, path)
	if _, err := k.Verify(key.Token(api, noon, nil, nil), api); err != nil {
		t.Errorf("a good token of the kit: %v", errors.Unwrap(err))
	}
	for _, names := range [][2]string{{"", api}, {worker, ""}} {
		if token, err := k.Sign(names[0], names[1]); err == nil {
			t.Errorf("%q: %q is signed", names, token)
		}
	}
}

func TestHostileTokens(t *testing.T) {
	k, path := keyring(t)
	for _, c := range tokentest.Hostile(tokentest.First(t, path), api, noon) {
		t.Run(c.Name, func(t *testing.T) {
			_, err := k.Verify(c.Token, api)
			refused(t, err, c.Token, c.Reason)
		})
	}
	good := sign(t, k)
	for _, c := range []tokentest.Case{ // that no HTTP header can carry
		{Name: "nothing", Token: "", Reason: "signed token"},
		{Name: "line ends", Token: good[:50] + "\r\n" + good[50:], Reason: "base64url"},
		{Name: "JSON", Token: `{"payload":"","signatures":[]}`, Reason: "base64url"},
		{Name: "a megabyte", Token: strings.Repeat("a", 1<<20), Reason: "longer"},
		{Name: "a million dots", Token: strings.Repeat(".", 1_000_000), Reason: "longer"},
	} {
		t.Run(c.Name, func(t *testing.T) {
			_, err := k.Verify(c.Token, api)
			refused(t, err, c.Token, c.Reason)
		})
	}
}

// TestClocks: clocks that differ by 3 seconds refuse no token; if they differ by half a minute, the reason names them.
func TestClocks(t *testing.T) {
	k, path := keyring(t)
	token := sign(t, k)
	for _, c := range []struct {
		ahead  time.Duration // the verifier's clock
		reason string
	}{
		{3 * time.Second, ""}, {-3 * time.Second, ""}, {-5 * time.Second, ""}, {59 * time.Second, ""}, {30 * time.Second, ""},
		{-6 * time.Second, "clocks"}, {-30 * time.Second, "clocks"}, {60 * time.Second, "expired"},
		{90 * time.Second, "expired"},
	} {
		other := open(t, path)
		other.Now = at(c.ahead)
		_, err := other.Verify(token, api)
		if c.reason == "" && err != nil {
			t.Errorf("%v ahead: %v", c.ahead, err)
		} else if c.reason != "" {
			refused(t, err, token, c.reason)
		}
	}
}

// TestNoKeys: a keyring without keys signs nothing and refuses every token.
func TestNoKeys(t *testing.T) {
	k, _ := keyring(t)
	token, none := sign(t, k), &servicetoken.Keyring{Now: at(0)}
	_, err := none.Verify(token, api)
	refused(t, err, token, "unknown kid")
	if signed, err := none.Sign(worker, api); err == nil {
		t.Errorf("signed without a key: %s", signed)
	}
	if set, err := none.JWKS(); err != nil || string(set) != `{"keys":[]}` {
		t.Errorf("publishes %s, %v", set, err)
	}
}

func FuzzVerify(f *testing.F) {
	k, path := keyring(f)
	good := sign(f, k)
	f.Add(good)
	for _, c := range tokentest.Hostile(tokentest.First(f, path), api, noon) {
		f.Add(c.Token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		_, err := k.Verify(token, api)
		if err == nil && token != good {
			t.Fatalf("accepted: %q, signed was %q", token, good)
		}
		if err != nil {
			refused(t, err, token, "")
		}
	})
}
