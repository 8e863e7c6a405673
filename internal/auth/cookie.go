package auth

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/keys"
)

// Names of cookies, without prefix. ClearCookies clears all but the device.
const (
	tokenCookie  = "session_token"
	cacheCookie  = "session_data"
	forgetCookie = "dont_remember"
	adminCookie  = "admin_session" // while impersonating: the token of the admin's own session

	// No session cookies.
	pendingCookie = "pending" // the account that this browser signed up (pending.go)
	deviceCookie  = "device"  // the accounts that this browser has signed in to (device.go)
)

// cookieMACs derives a key for each signed cookie, by name.
func cookieMACs(ring *keys.Ring) map[string]keys.MAC {
	macs := map[string]keys.MAC{}
	for _, name := range []string{tokenCookie, cacheCookie, forgetCookie, adminCookie, pendingCookie, deviceCookie} {
		macs[name] = ring.MAC("auth cookie " + name)
	}
	macs[cacheCookie] = ring.MAC("auth cookie " + cacheCookie + " 2") // of the second form, which has an AMR
	return macs
}

func (a *Auth) cookieName(name string) string {
	name = a.opts.CookiePrefix + "." + name
	switch {
	case a.origins.Secure() && a.opts.CookieDomain != "":
		return "__Secure-" + name // no plain-http answer can set it
	case a.origins.Secure():
		return "__Host-" + name // nor can an answer of a subdomain
	}
	return name
}

// cookieDomain returns the normal form of Options.CookieDomain. It must be the host of origin or a domain above it:
// browsers drop other cookies, and those of an IP address or a top-level domain.
func cookieDomain(domain, origin string) (string, error) {
	if domain == "" {
		return "", nil
	}
	u, err := url.Parse(origin)
	if err != nil {
		return "", err
	}
	low := strings.ToLower(domain)
	_, notAddress := netip.ParseAddr(u.Hostname())
	within := strings.HasSuffix("."+u.Hostname(), "."+low) && strings.Contains(low, ".")
	if notAddress == nil || !within || (&http.Cookie{Name: "x", Domain: low}).Valid() != nil {
		return "", fmt.Errorf("auth: CookieDomain %q must be the host of BaseURL %s or a domain above it, "+
			"of two labels at least and no IP address", domain, origin)
	}
	return low, nil
}

// ClearCookies deletes the cookies of the session that the request presented, and the pending cookie. Call it after a
// verb has ended that session.
func (a *Auth) ClearCookies(w http.ResponseWriter, r *http.Request) {
	for _, name := range []string{tokenCookie, cacheCookie, forgetCookie} {
		a.setCookie(w, name, "", expired)
	}
	a.clearCookie(w, r, adminCookie)
	a.clearCookie(w, r, pendingCookie)
}

// recordForgery records that the signature of a cookie is not ours: an attack, or its secret has left Options.Secrets.
// name is that of the cookie, "" for the session token: the trail has no word "token", so that leaks are found easily.
// Call it for cookies that live no longer than a session. The cookie of a known device lives longer, so an old secret
// may have signed it, which is no attack. Call it outside transactions, because it writes on its own.
func (a *Auth) recordForgery(r *http.Request, name string) {
	a.RecordRefusal(r, nil, event.CookieForged, name)
}

// adminToken is the token in the admin cookie; "" without one.
func (a *Auth) adminToken(r *http.Request) string {
	value, _ := a.readSigned(r, adminCookie)
	token, _, _ := strings.Cut(value, ":")
	return token
}

// maxCookieSize bounds a cookie with name and attributes; the cache has a bound of its own. All headers of an answer
// stay below 3.5 KB, because proxies such as nginx answer 502 beyond 4 KB.
const maxCookieSize = 512

// signatureSize is the length of an HMAC-SHA256 in base64.
const signatureSize = 44

// expired is the life of a cookie that the browser shall delete.
const expired = -time.Second

// setSigned sends value with its signature.
func (a *Auth) setSigned(w http.ResponseWriter, name, value string, life time.Duration) {
	a.setCookie(w, name, a.signed(name, value), life)
}

// signed is value "." signature, percent-encoded, as better-auth does.
func (a *Auth) signed(name, value string) string {
	signature := base64.StdEncoding.EncodeToString(a.macs[name].Sign([]byte(value)))
	return url.QueryEscape(value + "." + signature)
}

// setCookie sends one cookie, in place of an earlier one of the same name in this answer. A life of 0 ends with the
// browser.
func (a *Auth) setCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	a.sendCookie(w, a.cookieLine(name, value, life))
}

// cookieLine is the value of Set-Cookie.
func (a *Auth) cookieLine(name, value string, life time.Duration) string {
	c := http.Cookie{
		Name: a.cookieName(name), Value: value, Path: "/", Domain: a.opts.CookieDomain,
		MaxAge: int(life / time.Second), HttpOnly: true, Secure: a.origins.Secure(), SameSite: http.SameSiteLaxMode,
	}
	return c.String()
}

func (a *Auth) sendCookie(w http.ResponseWriter, line string) {
	name, _, _ := strings.Cut(line, "=")
	kept := slices.DeleteFunc(w.Header()["Set-Cookie"], func(old string) bool { return strings.HasPrefix(old, name+"=") })
	w.Header()["Set-Cookie"] = append(kept, line)
}

// clearCookie deletes a cookie, if the browser has it.
func (a *Auth) clearCookie(w http.ResponseWriter, r *http.Request, name string) {
	if a.hasCookie(r, name) {
		a.setCookie(w, name, "", expired)
	}
}

// hasCookie reports whether the request has a cookie, signed or not.
func (a *Auth) hasCookie(r *http.Request, name string) bool {
	_, err := r.Cookie(a.cookieName(name))
	return err == nil
}

// readSigned returns the value of a cookie with a valid signature. The first cookie of a name counts.
func (a *Auth) readSigned(r *http.Request, name string) (string, bool) {
	c, err := r.Cookie(a.cookieName(name))
	if err != nil {
		return "", false
	}
	raw, err := url.PathUnescape(c.Value)
	if err != nil {
		return "", false
	}
	i := strings.LastIndexByte(raw, '.')
	if i < 0 || len(raw)-i-1 != signatureSize { // the decoder skips newlines: one cookie would have many spellings
		return "", false
	}
	signature, err := base64.StdEncoding.Strict().DecodeString(raw[i+1:])
	if err != nil || !a.macs[name].Verify([]byte(raw[:i]), signature) {
		return "", false
	}
	return raw[:i], true
}
