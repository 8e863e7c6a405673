package auth

import (
	"context"
	"net/http"
	"time"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/password"
)

// recallFor bounds how long taking back a failure may take: it may come when the time of the request is up already.
const recallFor = time.Second

// guess is a try of the password of an account, "" of an unknown one, and where it counts as a failure.
type guess struct {
	email       string
	account     Account
	key, member string // the account's own, shared by every stranger, or that of a known device
	place       password.Place
}

// guessOf finds out where a try counts. A device on which this user has signed in with the present password has a counter
// of its own, so that strangers cannot keep the owner out.
func (a *Auth) guessOf(r *http.Request, email string, account Account) guess {
	g := guess{email: email, account: account, key: "account|" + hashToken(email), place: a.strangerPlace(r)}
	if device := a.knownDevice(r, account); device != "" {
		g.key += "|" + device
		g.place = password.Place{Account: account.UserID}
		return g
	}
	g.member = networks(a.opts.ClientIP(r))[0]
	return g
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

// check compares a password with that of the account. It counts as a failure until it is known to be
// none, so that parallel tries cannot slip through together: a wrong password alone stays counted, and the right one
// clears what this address or known device has failed. Refusals: 429 after too many failures, 503 where nothing could be
// compared.
func (a *Auth) check(r *http.Request, g guess, typed string) (match bool, upgrade string, err error) {
	if err := a.attempt(r, g); err != nil {
		return false, "", err
	}
	match, upgrade, err = a.hasher.Verify(r.Context(), g.place, g.account.Password, typed)
	if err != nil {
		a.recall(r, g)
		return false, "", err
	}
	if !match || a.opts.RateLimit.Limiter == nil {
		return match, upgrade, nil
	}
	return match, upgrade, a.opts.RateLimit.Limiter.Forgive(r.Context(), g.key, g.member)
}

func (a *Auth) attempt(r *http.Request, g guess) error {
	limit := a.opts.RateLimit
	if limit.Limiter == nil {
		return nil
	}
	wait, err := limit.Limiter.Fail(r.Context(), g.key, g.member, limit.FreeFailures, limit.FailureWindow)
	if wait > 0 {
		e := newEvent(&Session{from: a.from(r)}, event.RateLimited, g.account.UserID)
		if g.account.User != nil {
			e.SubjectName = g.account.User.title()
		}
		a.noteRefusal(r, e, "password")
	}
	return refusal(wait, err)
}

// recall takes back a try that proved nothing, also where its request is over.
func (a *Auth) recall(r *http.Request, g guess) {
	limit := a.opts.RateLimit
	if limit.Limiter == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), recallFor)
	defer cancel()
	if err := limit.Limiter.Recall(ctx, g.key, g.member, limit.FreeFailures, limit.FailureWindow); err != nil {
		a.opts.Logger.WarnContext(ctx, "a try that proved nothing stays counted as a wrong password", "error", err)
	}
}
