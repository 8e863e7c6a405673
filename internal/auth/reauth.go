package auth

import (
	"net/http"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/errs"
)

// RecentlyAuthenticated reports whether s is younger than Options.ReauthAge. An impersonation never is.
func (a *Auth) RecentlyAuthenticated(s *Session) bool {
	return s.ImpersonatedBy == nil && a.opts.Now().Sub(s.CreatedAt) < a.opts.ReauthAge
}

func (a *Auth) requireRecent(s *Session) error {
	if a.RecentlyAuthenticated(s) {
		return nil
	}
	return errs.New(http.StatusForbidden, "SESSION_NOT_FRESH", "Session is not fresh")
}

// StepUp refuses s if Options.StepUp is set and s is not younger than Options.ReauthAge: 403 SESSION_NOT_FRESH. Call
// it after the role is checked: a password cannot open what the role forbids.
func (a *Auth) StepUp(s *Session) error {
	if !a.opts.StepUp {
		return nil
	}
	return a.requireRecent(s)
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
