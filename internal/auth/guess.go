package auth

import (
	"context"
	"net/http"
	"time"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/password"
)

// refundWithin bounds the time to refund a failure, because the deadline of the request may have passed.
const refundWithin = time.Second

// passwordTry is one try of the password of an account, "" for an unknown one. counter and source are where a failure
// of it counts: one counter per account, plus one per known device, so that an attacker cannot lock out the owner's
// device.
type passwordTry struct {
	account         Account
	counter, source string
	place           password.Place
}

func (a *Auth) passwordTry(r *http.Request, email string, account Account) passwordTry {
	try := passwordTry{account: account, counter: "account|" + hashToken(email)}
	if device := a.knownDevice(r, account); device != "" {
		try.counter += "|" + device
		try.place = password.Place{Account: account.UserID}
		return try
	}
	try.source, try.place = networks(a.opts.ClientIP(r))[0], a.strangerPlace(r)
	return try
}

// strangerPlace is the place in the hash queue of a request from an unknown device. Its network is the widest that one
// customer may have, because a /48 contains 65,536 of the narrower kind. Without a Limiter nobody is a stranger.
func (a *Auth) strangerPlace(r *http.Request) password.Place {
	if a.opts.RateLimit.Limiter == nil {
		return password.Place{}
	}
	list := networks(a.opts.ClientIP(r))
	return password.Place{Stranger: true, Network: list[len(list)-1]}
}

// tryPassword compares a password with that of the account. It counts a failure before the
// comparison, so that parallel tries cannot pass together, and refunds it, with earlier ones of the same source, if
// the password is right. Refusals: 429 after too many failures, 503 if hashing is overloaded or the counters are
// away.
func (a *Auth) tryPassword(r *http.Request, try passwordTry, typed string) (match bool, upgrade string, err error) {
	if err := a.countFailure(r, try); err != nil {
		return false, "", err
	}
	match, upgrade, err = a.hasher.Verify(r.Context(), try.place, try.account.Password, typed)
	if err != nil {
		a.refundFailure(r, try)
		return false, "", err
	}
	if !match || a.opts.RateLimit.Limiter == nil {
		return match, upgrade, nil
	}
	return true, upgrade, a.opts.RateLimit.Limiter.Forgive(r.Context(), try.counter, try.source)
}

func (a *Auth) countFailure(r *http.Request, try passwordTry) error {
	limit := a.opts.RateLimit
	if limit.Limiter == nil {
		return nil
	}
	wait, err := limit.Limiter.Fail(r.Context(), try.counter, try.source, limit.FreeFailures, limit.FailureWindow)
	if wait > 0 {
		e := newEvent(a.stranger(r), event.RateLimited, try.account.UserID)
		if try.account.User != nil {
			e.SubjectName = try.account.User.title()
		}
		a.recordRefusal(r, e, "password")
	}
	return refusal(wait, err)
}

// refundFailure takes back a try that compared nothing, even if the client has left.
func (a *Auth) refundFailure(r *http.Request, try passwordTry) {
	limit := a.opts.RateLimit
	if limit.Limiter == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), refundWithin)
	defer cancel()
	if err := limit.Limiter.Recall(ctx, try.counter, try.source, limit.FreeFailures, limit.FailureWindow); err != nil {
		a.opts.Logger.WarnContext(ctx, "refunding a password failure failed", "error", err)
	}
}
