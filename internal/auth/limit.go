package auth

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/foyer/internal/errs"
)

// Limiter keeps counters that all instances share; internal/ratelimit keeps them in the database. Both methods are
// atomic under parallel calls. An error means that the counters are away.
type Limiter interface {
	// Hit counts one use of key. Where max are counted already in the window that the first of them opened, it
	// counts nothing and tells how long to wait.
	Hit(ctx context.Context, key string, max int, window time.Duration) (wait time.Duration, err error)

	// Fail counts one failure of member against key before it is known to be one. Beyond free failures each further
	// one has to wait for the last, 2, 4, 8 … seconds up to window; an attempt that comes too early counts nothing
	// and is told how long to wait. Failures are forgotten a window after the wait is over.
	Fail(ctx context.Context, key, member string, free int, window time.Duration) (wait time.Duration, err error)

	// Forgive takes back what Fail counted of member against key.
	Forgive(ctx context.Context, key, member string) error
}

// RateLimit says how often things may be tried. Reads are never counted.
type RateLimit struct {
	// Limiter keeps the counters. Default nil: nothing is limited.
	Limiter Limiter

	// Rules bound the unsafe requests of one address (IPv6: of one /64) to one endpoint; the first rule whose Path
	// the endpoint's starts with counts. Default: better-auth's, 3 in 10 seconds for signing in, signing up and
	// changing password or e-mail, 3 in a minute for what sends mail, 100 in 10 seconds for the rest.
	Rules []RateRule

	// FreeFailures is how many wrong passwords of an account in FailureWindow cost no wait. Default 5.
	FreeFailures int

	// FailureWindow is how long failures count, and the longest wait they cause. Default 15 minutes.
	FailureWindow time.Duration

	// MailsPerHour is how many mails with links one address gets in an hour; what asks for more is answered as
	// ever, and no mail is sent. Default 3.
	MailsPerHour int
}

// RateRule allows Max requests in a Window to endpoints whose path starts with Path.
type RateRule struct {
	Path   string
	Max    int
	Window time.Duration
}

func (o *RateLimit) setDefaults() {
	if o.Rules == nil {
		o.Rules = []RateRule{
			{"/sign-in", 3, 10 * time.Second}, {"/sign-up", 3, 10 * time.Second},
			{"/change-password", 3, 10 * time.Second}, {"/change-email", 3, 10 * time.Second},
			{"/request-password-reset", 3, time.Minute}, {"/send-verification-email", 3, time.Minute},
			{"", 100, 10 * time.Second},
		}
	}
	set(&o.FreeFailures, 5)
	set(&o.FailureWindow, 15*time.Minute)
	set(&o.MailsPerHour, 3)
}

type countedKey struct{}

// limited counts an unsafe request to an endpoint, once: the wire counts before it reads the body, a page by the
// verb it calls. The request it returns knows that it is counted. Counters that are away let nobody through.
func (a *Auth) limited(r *http.Request, path string) (*http.Request, error) {
	limit := a.opts.RateLimit
	if limit.Limiter == nil || r.Context().Value(countedKey{}) != nil {
		return r, nil
	}
	for _, rule := range limit.Rules {
		if !strings.HasPrefix(path, rule.Path) {
			continue
		}
		wait, err := limit.Limiter.Hit(r.Context(), "ip|"+a.network(r)+"|"+path, rule.Max, rule.Window)
		if wait > 0 {
			a.noteRefusal(r, newEvent(&Session{from: a.from(r)}, eventRateLimited, ""), path)
		}
		if err := refusal(wait, err); err != nil {
			return r, err
		}
		break
	}
	return r.WithContext(context.WithValue(r.Context(), countedKey{}, true)), nil
}

// network is who is counted as one: an address, of IPv6 the /64 that one customer has to himself.
func (a *Auth) network(r *http.Request) string {
	addr, err := netip.ParseAddr(a.opts.ClientIP(r))
	if err != nil {
		return ""
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		p, _ := addr.Prefix(64) // an address of 128 bits has one
		return p.String()
	}
	return addr.String()
}

func refusal(wait time.Duration, err error) error {
	if err != nil {
		return errs.Unavailable(err)
	}
	if wait <= 0 {
		return nil
	}
	return &errs.Error{Status: http.StatusTooManyRequests, Message: "Too many requests. Please try again later.", RetryAfter: wait}
}

// bucket is where an account's failures count: the account's own, shared by every stranger, or that of a device on
// which this user has signed in with the present password, so that strangers cannot keep the owner out.
func (a *Auth) bucket(r *http.Request, email string, account Account) (key, member string) {
	key = "account|" + hashToken(email)
	device, seen := a.device(r)
	for _, entry := range seen {
		id, at, _ := strings.Cut(entry, "@")
		if ms, err := strconv.ParseInt(at, 10, 64); err == nil && id == account.UserID && ms >= account.UpdatedAt.UnixMilli() {
			return key + "|" + device, ""
		}
	}
	return key, a.network(r)
}

// attempt counts a try of an account's password as a failure until succeeded says otherwise, so that parallel tries
// cannot slip through together. An unknown address is counted like any other.
func (a *Auth) attempt(r *http.Request, email string, account Account) error {
	limit := a.opts.RateLimit
	if limit.Limiter == nil {
		return nil
	}
	key, member := a.bucket(r, email, account)
	wait, err := limit.Limiter.Fail(r.Context(), key, member, limit.FreeFailures, limit.FailureWindow)
	if wait > 0 {
		a.noteRefusal(r, newEvent(&Session{from: a.from(r)}, eventRateLimited, account.UserID), "password")
	}
	return refusal(wait, err)
}

// succeeded clears what this address or known device has failed, and nobody else.
func (a *Auth) succeeded(r *http.Request, email string, account Account) error {
	if a.opts.RateLimit.Limiter == nil {
		return nil
	}
	key, member := a.bucket(r, email, account)
	return a.opts.RateLimit.Limiter.Forgive(r.Context(), key, member)
}

const (
	deviceLife  = 180 * 24 * time.Hour
	deviceUsers = 5 // how many people one device is remembered for
)

// device reads the device cookie: a random name, and who signed in there and when, the last one first. It opens
// nothing but their buckets.
func (a *Auth) device(r *http.Request) (name string, seen []string) {
	value, ok := a.readSigned(r, deviceCookie)
	if !ok {
		return newID(), nil
	}
	name, list, _ := strings.Cut(value, ":")
	return name, strings.Split(list, ",")
}

// knowDevice notes in the device cookie that u has signed in here. It outlives the session.
func (a *Auth) knowDevice(w http.ResponseWriter, r *http.Request, u *User) {
	if a.opts.RateLimit.Limiter == nil {
		return
	}
	name, seen := a.device(r)
	seen = slices.DeleteFunc(seen, func(entry string) bool { return entry == "" || strings.HasPrefix(entry, u.ID+"@") })
	seen = append([]string{u.ID + "@" + strconv.FormatInt(a.opts.Now().UnixMilli(), 10)}, seen...)
	a.setSigned(w, deviceCookie, name+":"+strings.Join(seen[:min(len(seen), deviceUsers)], ","), deviceLife)
}

// mayMail reports whether an address may get another mail with a link this hour. Ask it outside a transaction: on
// SQLite the counter would wait for it.
func (a *Auth) mayMail(ctx context.Context, address string) (bool, error) {
	limit := a.opts.RateLimit
	if limit.Limiter == nil {
		return true, nil
	}
	wait, err := limit.Limiter.Hit(ctx, "mail|"+hashToken(address), limit.MailsPerHour, time.Hour)
	if err != nil {
		return false, errs.Unavailable(err)
	}
	return wait <= 0, nil
}

// mustMail is mayMail for who may know: 429 where the address has had its mails.
func (a *Auth) mustMail(ctx context.Context, address string) error {
	may, err := a.mayMail(ctx, address)
	if err == nil && !may {
		err = &errs.Error{Status: http.StatusTooManyRequests, Message: "This address has had its mails for this hour.", RetryAfter: time.Hour}
	}
	return err
}
