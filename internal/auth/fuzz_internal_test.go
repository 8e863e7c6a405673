package auth

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth/revoke"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/keys"
	"example.com/foyer/internal/origins"
)

const fuzzSecret = "0123456789abcdefghijklmnopqrstuvwxyzABCD"

var fuzzNow = time.Date(2031, 3, 1, 12, 0, 0, 0, time.UTC)

// parser makes a provider that can read cookies and needs no store.
func parser(t testing.TB) *Auth {
	ring, err := keys.New([]string{fuzzSecret, "an older secret of a sufficient length"})
	if err != nil {
		t.Fatal(err)
	}
	own, err := origins.New("http://localhost:8080", nil)
	if err != nil {
		t.Fatal(err)
	}
	var now time.Time // the bus trusts copies that are younger than itself
	clock := func() time.Time { return now }
	bus := revoke.New(dbtest.Open(t, dbtest.SQLite(t)), clock, slog.New(slog.DiscardHandler))
	now = fuzzNow
	return &Auth{origins: own, opts: Options{Now: clock}.withDefaults(), macs: cookieMACs(ring), revoked: bus}
}

func signed(a *Auth, name, value string) string {
	return value + "." + base64.StdEncoding.EncodeToString(a.macs[name].Sign([]byte(value)))
}

func readToken(a *Auth, value string) (string, bool) {
	r := &http.Request{Header: http.Header{"Cookie": {a.cookieName(tokenCookie) + "=" + value}}}
	return a.readSigned(r, tokenCookie)
}

// FuzzSessionCookie: whatever is accepted carries the one signature of its value, in its one spelling.
func FuzzSessionCookie(f *testing.F) {
	a := parser(f)
	good := signed(a, tokenCookie, newToken())
	for _, v := range []string{good, url.QueryEscape(good), url.QueryEscape(good) + "%0A", good[:50],
		signed(a, forgetCookie, "true"), signed(a, tokenCookie, ""), "a.b", ".", "%", `"` + good + `"`, good + "; x=y"} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		value, ok := readToken(a, raw)
		if !ok {
			return
		}
		cookie, _, _ := strings.Cut(raw, ";")
		cookie = strings.Trim(cookie, " \t")
		if len(cookie) > 1 && cookie[0] == '"' {
			cookie = cookie[1 : len(cookie)-1]
		}
		plain, err := url.PathUnescape(cookie)
		if want := signed(a, tokenCookie, value); err != nil || plain != want {
			t.Fatalf("%q read as %q, whose cookie is %q", raw, value, want)
		}
	})
}

// A value signed for one purpose says nothing for another, and no row of the store is a cookie.
func TestSignaturesServeOnePurpose(t *testing.T) {
	a := parser(t)
	mac := func(key string) string {
		h := hmac.New(sha256.New, []byte(key))
		h.Write([]byte("token"))
		return "token." + base64.StdEncoding.EncodeToString(h.Sum(nil))
	}
	for name, value := range map[string]string{
		"another purpose": signed(a, forgetCookie, "token"), "the cache's": signed(a, cacheCookie, "token"),
		"no key": mac(""), "no derived key": mac(fuzzSecret),
	} {
		if got, ok := readToken(a, value); ok {
			t.Errorf("%s: read as %q", name, got)
		}
	}
	if got, ok := readToken(a, signed(a, tokenCookie, "token")); !ok || got != "token" {
		t.Errorf("%q %v", got, ok)
	}
}

// The cookies that browsers hold stay good: these are signatures of the code before internal/keys made them, and of the
// second form of the cache.
func TestSignaturesOfCookiesStayAsTheyWere(t *testing.T) {
	for name, want := range map[string]string{
		tokenCookie:   "1ab021d68380f03b084d08855ad83b7d8dc392acc218a1602e1533988c54d00e",
		cacheCookie:   "a9d063c2754fae32a50ee980771ce48e60c93973467b0bbd9738f5af9ee37842",
		forgetCookie:  "5e745e344dc9ac23a4b308adbd137b768674f30f16fd86f4f35f63de5271e15d",
		adminCookie:   "3d936d866c0a25160225bae163296a0974d06028037a8a4a692812ba2775fada",
		pendingCookie: "e86d3e67b0aa537f7e92342a6bda27bf36a38371315ffd202fddcd6ef75d7d76",
		deviceCookie:  "3ef9ed33c5dec8291e8e477dc2f63fe818bfe5f11570d12e5926b7250addd2ca",
	} {
		if got := hex.EncodeToString(parser(t).macs[name].Sign([]byte("message"))); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// FuzzCacheCookie: nothing but what was signed is read, and only beside its token and in its time.
func FuzzCacheCookie(f *testing.F) {
	a := parser(f)
	hash := HashToken("token")
	s := &Session{ID: "s", TokenHash: hash, UserID: "u", AMR: "pwd otp mfa",
		User: &User{ID: "u", Role: "user", SecondFactor: true}, ExpiresAt: fuzzNow.Add(time.Hour)}
	good := a.encodeCache(s, fuzzNow, time.Minute)
	late := a.encodeCache(s, fuzzNow.Add(-time.Hour), time.Minute)
	with := func(text string) string { // signed by us, as another release might
		sum, _ := hex.DecodeString(hash)
		body := slices.Concat(bytes.Repeat([]byte{0}, 16), sum, []byte(text))
		body[15], body[8] = 1, 0x7f
		return base64.RawURLEncoding.EncodeToString(append(body, a.macs[cacheCookie].Sign(body)...))
	}
	empty, old := with("{}"), with("s\nu\n"+`{"session":{"id":"s"},"user":{"id":"u"}}`) // of the form without an AMR
	for _, v := range []string{good, late, empty, old, good[:len(good)-1], good + "A", "", "AAAA", strings.Repeat("A", 200)} {
		f.Add(v, hash)
		f.Add(v, HashToken("other"))
	}
	f.Fuzz(func(t *testing.T, value, tokenHash string) {
		c, _ := a.decodeCache(value, tokenHash)
		if c == nil {
			return
		}
		got, readAt := c.session(), c.readAt
		if strings.NewReplacer("\n", "", "\r", "").Replace(value) != good || tokenHash != hash || !readAt.Equal(fuzzNow) ||
			c.sessionID != "s" || c.userID != "u" || got == nil || got.ID != "s" || got.User.ID != "u" || got.AMR != s.AMR ||
			!got.MultiFactor() || !got.User.SecondFactor {
			t.Fatalf("%q beside %q read as %+v", value, tokenHash, got)
		}
	})
}

// FuzzEmail: an accepted address has one spelling, and net/mail reads the same one in it.
func FuzzEmail(f *testing.F) {
	for _, v := range []string{"a@x.example", "A.B+c@X-y.example", "o'neil@x.example", "a@@x.example", "a..b@x.example",
		"a@x", "\u212a@x.example", "a@x.example\n", `"a"@x.example`, "a@[::1]", "", strings.Repeat("a", 65) + "@x.example"} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		email, ok := normalEmail(raw)
		if !ok {
			return
		}
		again, twice := normalEmail(email)
		local, _, _ := strings.Cut(email, "@")
		if !twice || again != email || len(email) > 254 || len(local) > 64 || len(email) != len(raw) ||
			!strings.EqualFold(email, raw) {
			t.Fatalf("%q is kept as %q and again as %q, %v", raw, email, again, twice)
		}
		if parsed, err := mail.ParseAddress(email); err != nil || parsed.Address != email || parsed.Name != "" {
			t.Fatalf("net/mail reads %q as %v, error %v", email, parsed, err)
		}
		for _, c := range email {
			if c <= ' ' || c >= 0x7f || strings.ContainsRune(`"(),:;<>[\]`, c) || 'A' <= c && c <= 'Z' {
				t.Fatalf("%q holds %q", email, c)
			}
		}
	})
}

// FuzzImage: an image that is accepted is one of this site, an https address, or in development one of this machine.
func FuzzImage(f *testing.F) {
	for _, v := range []string{
		"", "/a.png", "//a", `/\a`, "https://a.example/x", "http://a.example/x", "http://localhost:9000/a", "http://[::1]/",
		"http://127.0.0.1?x",
		`http://localhost\@evil.test`, "http://localhost@evil.test", "http://evil.test@localhost",
		"http://localhost%00.evil.test", "http://[::ffff:7f00:1]",
		"http://0x7f.1/", "http:localhost", "data:image/png;base64,x", "javascript:alert(1)", "https://a\nb",
		"HTTP://localhost",
	} {
		f.Add(v)
	}
	a := parser(f)
	f.Fuzz(func(t *testing.T, raw string) {
		for _, a.opts.LocalImages = range []bool{false, true} {
			if a.checkImage(&raw) != nil || raw == "" {
				continue
			}
			if len(raw) > 2048 || strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
				t.Fatalf("%q", raw)
			}
			rest, clear := strings.CutPrefix(raw, "http://")
			if host := regexp.MustCompile(`^(localhost|127\.[0-9]+\.[0-9]+\.[0-9]+|\[[0-9a-f:.]+\])(:[0-9]*)?([/?#]|$)`); clear && (!a.opts.LocalImages || !host.MatchString(strings.ToLower(rest))) {
				t.Fatalf("%q is of another machine", raw)
			}
			if !clear && !strings.HasPrefix(raw, "https://") && !origins.LocalPath(raw) {
				t.Fatalf("%q is neither of this site nor https", raw)
			}
		}
	})
}
