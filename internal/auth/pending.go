package auth

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// pendingLife is how long a browser that signed up may confirm the address without the password.
const pendingLife = time.Hour

// pending is the pending cookie: the account that this browser has signed up, or proved to know the password of.
type pending struct {
	userID, email, callbackURL string
	remember                   bool
}

// setPending binds the browser to an account whose address is not verified yet. It names the account by id: an
// address would also bind the browser to an account that an attacker had made of it before. If the cookie is too
// large, callbackURL is left out, then the address, which the page then asks for.
func (a *Auth) setPending(w http.ResponseWriter, u *User, remember bool, callbackURL string) {
	ends := a.opts.Now().Add(pendingLife).UnixMilli()
	line := func(email, callbackURL string) string {
		value := fmt.Sprintf("%s:%d:%t:%s:%s", u.ID, ends, remember, email, callbackURL)
		return a.cookieLine(pendingCookie, a.signed(pendingCookie, value), pendingLife)
	}
	full := line(u.Email, callbackURL)
	if len(full) > maxCookieSize {
		full = line(u.Email, "")
	}
	if len(full) > maxCookieSize {
		full = line("", "")
	}
	a.sendCookie(w, full)
}

func (a *Auth) readPending(r *http.Request) (p pending, ok bool) {
	value, ok := a.readSigned(r, pendingCookie)
	parts := strings.SplitN(value, ":", 5)
	if !ok || len(parts) != 5 {
		return p, false
	}
	ends, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || a.opts.Now().UnixMilli() >= ends {
		return p, false
	}
	return pending{userID: parts[0], remember: parts[2] == "true", email: parts[3], callbackURL: parts[4]}, true
}

// Pending returns the address that this browser has signed up with and not verified, and the CallbackURL given then;
// "" for none.
func (a *Auth) Pending(r *http.Request) (email, callbackURL string) {
	p, _ := a.readPending(r)
	return p.email, p.callbackURL
}

// clearPending deletes the pending cookie, if the browser has one.
func (a *Auth) clearPending(w http.ResponseWriter, r *http.Request) {
	if a.hasCookie(r, pendingCookie) {
		a.setCookie(w, pendingCookie, "", expired)
	}
}
