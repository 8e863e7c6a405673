package auth

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/id"
)

const (
	deviceLife  = 180 * 24 * time.Hour
	deviceUsers = 5 // remembered per device

	// deviceTries per deviceWindow is how often a user may try to sign in on a known device.
	deviceTries  = 10
	deviceWindow = 10 * time.Second
)

// deviceUser is an entry of the device cookie: a user who has signed in on the device.
type deviceUser struct {
	userID  string
	at      int64  // Unix milliseconds
	address string // its addressTag; "" in cookies of older versions
}

// rememberDevice notes in the device cookie that u has signed in. The cookie outlives the session.
func (a *Auth) rememberDevice(w http.ResponseWriter, r *http.Request, u *User) {
	if a.opts.RateLimit.Limiter == nil {
		return
	}
	name, users := a.device(r)
	if name == "" {
		name = id.New()
	}
	users = slices.DeleteFunc(users, func(other deviceUser) bool { return other.userID == u.ID })
	users = append([]deviceUser{{u.ID, a.opts.Now().UnixMilli(), addressTag(u.Email)}}, users...)
	entries := make([]string, min(len(users), deviceUsers))
	for i := range entries {
		entries[i] = users[i].userID + "@" + strconv.FormatInt(users[i].at, 10) + "@" + users[i].address
	}
	a.setSigned(w, deviceCookie, name+":"+strings.Join(entries, ","), deviceLife)
}

// device reads the device cookie: a random name, and the users who have signed in, the last one first; "" without a
// cookie. It is no credential: it only moves its users to budgets of their own.
func (a *Auth) device(r *http.Request) (name string, users []deviceUser) {
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
		users = append(users, deviceUser{userID, at, address})
	}
	return name, users
}

// addressTag is a short hash of an address for the device cookie, which has no room for addresses.
func addressTag(email string) string { return HashToken(email)[:12] }

// isNewDevice reports whether the device cookie knows no sign-in of this user. Without limits there is no such
// cookie, and no device is new.
func (a *Auth) isNewDevice(r *http.Request, userID string) bool {
	_, users := a.device(r)
	known := slices.ContainsFunc(users, func(u deviceUser) bool { return u.userID == userID })
	return !known && a.opts.RateLimit.Limiter != nil
}

// NewDevice reports whether a sign-in should warn the user of a new device (Start.NewDevice): Options.Notices is on,
// and the device cookie knows no sign-in of the user. It is for ways in that strangers cannot begin; for passwords
// mayWarnOfDevice counts the warnings, too.
func (a *Auth) NewDevice(r *http.Request, userID string) bool {
	return a.opts.Notices && a.isNewDevice(r, userID)
}

// knownDevice is the name of the device, if the user has signed in on it since the password of account was changed,
// else "".
func (a *Auth) knownDevice(r *http.Request, account Account) string {
	name, users := a.device(r)
	present := func(u deviceUser) bool { return u.userID == account.UserID && u.at >= account.UpdatedAt.UnixMilli() }
	if !slices.ContainsFunc(users, present) {
		return ""
	}
	return name
}

// mayWarnOfDevice reports whether a sign-in on this device, with the right password, mails its user a warning: only on
// a new device, and a few times an hour. It counts by user, not by mailbox, so that a stranger cannot use up the budget
// with an account of another spelling of the address. The mail to a user with a second factor has no budget: half-done
// sign-ins would use it up, and only a whole one mails it.
func (a *Auth) mayWarnOfDevice(r *http.Request, u *User) (bool, error) {
	if !a.NewDevice(r, u.ID) {
		return false, nil
	}
	if u.SecondFactor {
		return true, nil
	}
	return a.mayHit(r.Context(), "mail|"+string(letter.NewDevice)+"|"+u.ID, a.opts.RateLimit.MailsPerHour)
}
