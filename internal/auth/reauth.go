package auth

import (
	"net/http"

	"example.com/foyer/internal/auth/event"
)

// RecentlyAuthenticated reports whether s is younger than Options.ReauthAge. An impersonation never is.
func (a *Auth) RecentlyAuthenticated(s *Session) bool {
	return a.youngerThan(a.opts.ReauthAge, s) == nil
}

// StepUp refuses s if Options.StepUp is set and s is not younger than Options.ReauthAge: 403 SESSION_NOT_FRESH. Call
// it after the role is checked: a password cannot open what the role forbids.
func (a *Auth) StepUp(s *Session) error {
	if !a.opts.StepUp {
		return nil
	}
	return a.youngerThan(a.opts.ReauthAge, s)
}

// Reauthenticate checks the password of s's user again and replaces s with a new session and token: the age of the
// session is the only clock of RecentlyAuthenticated. The links and impersonations of s go on. Refusals: those of
// CheckPassword.
func (a *Auth) Reauthenticate(w http.ResponseWriter, r *http.Request, s *Session, password string) (*Session, error) {
	if err := notImpersonating(s); err != nil {
		return nil, err
	}
	account, err := a.checkPassword(r, s.actor(), s.User, event.PasswordRefused, password)
	if err != nil {
		return nil, err
	}
	way := entry{event: event.Reauthenticated, remember: s.Remember, by: s, replace: true}
	return a.signIn(w, r, way, func(t *transaction) (*User, error) { return a.recheckLocked(t, account, "") })
}
