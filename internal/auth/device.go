package auth

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	deviceLife  = 180 * 24 * time.Hour
	deviceUsers = 5 // how many people one device is remembered for

	// deviceTries in a deviceWindow is how often somebody may sign in on a device that is known for them.
	deviceTries  = 10
	deviceWindow = 10 * time.Second
)

// seen is an entry of the device cookie: who signed in there, when, and with which address.
type seen struct {
	userID  string
	at      int64  // Unix milliseconds
	address string // its addressTag; "" in cookies of older versions
}

// addressTag stands for an address in the device cookie, which has no room for addresses.
func addressTag(email string) string { return hashToken(email)[:12] }

// device reads the device cookie: a random name, and who signed in there, the last one first; "" and nobody where there is
// none. It opens nothing but their own budgets.
func (a *Auth) device(r *http.Request) (name string, list []seen) {
	value, ok := a.readSigned(r, deviceCookie)
	if !ok {
		return "", nil
	}
	name, entries, _ := strings.Cut(value, ":")
	for entry := range strings.SplitSeq(entries, ",") {
		userID, rest, _ := strings.Cut(entry, "@")
		ms, address, _ := strings.Cut(rest, "@")
		at, err := strconv.ParseInt(ms, 10, 64)
		if err != nil {
			continue
		}
		list = append(list, seen{userID, at, address})
	}
	return name, list
}

// knowDevice notes in the device cookie that u has signed in here. It outlives the session.
func (a *Auth) knowDevice(w http.ResponseWriter, r *http.Request, u *User) {
	if a.opts.RateLimit.Limiter == nil {
		return
	}
	name, list := a.device(r)
	if name == "" {
		name = newID()
	}
	list = slices.DeleteFunc(list, func(s seen) bool { return s.userID == u.ID })
	list = append([]seen{{u.ID, a.opts.Now().UnixMilli(), addressTag(u.Email)}}, list...)
	entries := make([]string, min(len(list), deviceUsers))
	for i := range entries {
		entries[i] = list[i].userID + "@" + strconv.FormatInt(list[i].at, 10) + "@" + list[i].address
	}
	a.setSigned(w, deviceCookie, name+":"+strings.Join(entries, ","), deviceLife)
}

// strange reports whether nobody has signed in as this user on this device, as far as its cookie tells. Without
// limits there is no such cookie, and no device is strange.
func (a *Auth) strange(r *http.Request, userID string) bool {
	_, list := a.device(r)
	signedIn := slices.ContainsFunc(list, func(s seen) bool { return s.userID == userID })
	return !signedIn && a.opts.RateLimit.Limiter != nil
}

// knownDevice is the device of r where somebody has signed in on it with the present password of account, else "".
func (a *Auth) knownDevice(r *http.Request, account Account) string {
	name, list := a.device(r)
	present := func(s seen) bool { return s.userID == account.UserID && s.at >= account.UpdatedAt.UnixMilli() }
	if !slices.ContainsFunc(list, present) {
		return ""
	}
	return name
}

// countedDevice is what act is counted by in place of the address: a device on which somebody has signed in with the
// address that is typed, or on which somebody proves once more whose session it is; "" on any other. A stranger behind
// the same address then keeps nobody out. How often an account's password may be wrong is bounded apart from that.
func (a *Auth) countedDevice(r *http.Request, act string, typed func() string) string {
	if act != actSignIn && act != actSignInAgain {
		return ""
	}
	name, list := a.device(r)
	if len(list) == 0 {
		return ""
	}
	if act == actSignInAgain {
		return name
	}
	email, ok := normalEmail(typed())
	tag := addressTag(email)
	if !ok || !slices.ContainsFunc(list, func(s seen) bool { return s.address == tag }) {
		return ""
	}
	return name + "|" + tag
}

// knownFor reports whether this browser belongs to u: by is u's session in it, u signed up in it, or has signed in with the
// present password.
func (a *Auth) knownFor(r *http.Request, by *Session, u *User) (bool, error) {
	if p, ok := a.readPending(r); by.UserID == u.ID || ok && p.userID == u.ID {
		return true, nil
	}
	if a.strange(r, u.ID) {
		return false, nil
	}
	account, err := a.credential(r.Context(), u.Email)
	return account.UserID == u.ID && a.knownDevice(r, account) != "", err
}
