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

// maxPendingURL bounds what the pending cookie carries: browsers drop cookies above 4 KiB.
const maxPendingURL = 512

// pending is what the pending cookie says: which account this browser has signed up, or proved to know the password of.
type pending struct {
	userID, email, callbackURL string
	remember                   bool
}

// setPending binds the browser to an account that waits for its address to be confirmed. It names the account by id: an
// address would also bind it to the account that a stranger had made of it before, and knows the password of.
func (a *Auth) setPending(w http.ResponseWriter, u *User, remember bool, callbackURL string) {
	if len(callbackURL) > maxPendingURL {
		callbackURL = ""
	}
	ends := a.opts.Now().Add(pendingLife).UnixMilli()
	a.setSigned(w, pendingCookie, fmt.Sprintf("%s:%d:%t:%s:%s", u.ID, ends, remember, u.Email, callbackURL), pendingLife)
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

// Pending returns the address that this browser has signed up and not confirmed, and the CallbackURL given then; "" for
// none.
func (a *Auth) Pending(r *http.Request) (email, callbackURL string) {
	p, _ := a.readPending(r)
	return p.email, p.callbackURL
}

// clearPending takes the cookie away where the browser holds one.
func (a *Auth) clearPending(w http.ResponseWriter, r *http.Request) {
	if _, err := r.Cookie(a.cookieName(pendingCookie)); err == nil {
		a.setCookie(w, pendingCookie, "", expired)
	}
}
