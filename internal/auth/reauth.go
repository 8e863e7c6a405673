package auth

import (
	"net/http"

	"example.com/foyer/internal/auth/event"
)

// Fresh reports whether s is younger than Options.ReauthAge; an admin's view of somebody else never is.
func (a *Auth) Fresh(s *Session) bool { return a.youngerThan(a.opts.ReauthAge, s) == nil }

// StepUp refuses s where Options.StepUp asks for a session younger than Options.ReauthAge: 403 SESSION_NOT_FRESH.
// Call it after the role is checked: what somebody may not do at all, no password opens.
func (a *Auth) StepUp(s *Session) error {
	if !a.opts.StepUp {
		return nil
	}
	return a.youngerThan(a.opts.ReauthAge, s)
}

// Reauthenticate has s's user prove the password once more and puts a new session in the place of s, with a new token:
// its age is the only clock of what asks for a fresh session. What s has set going is the new one's. Refusals: those of CheckPassword; 403 while
// impersonating; 429 when tried too often.
func (a *Auth) Reauthenticate(w http.ResponseWriter, r *http.Request, s *Session, password string) (*Session, error) {
	if err := notImpersonating(s); err != nil {
		return nil, err
	}
	account, err := a.proven(r, s, password)
	if err != nil {
		return nil, err
	}
	var fresh *Session
	readAt := a.opts.Now() // before the transaction: see load
	err = a.transact(r.Context(), func(t *transaction) error {
		user, err := a.admit(t, account, "")
		if err != nil {
			return err
		}
		if fresh, err = a.succeed(t, r, s, user); err != nil {
			return err
		}
		t.event(fresh, event.Reauthenticated, user.ID)
		return nil
	})
	if err != nil {
		return nil, err
	}
	a.setSessionCookies(w, r, fresh, readAt)
	a.knowDevice(w, r, fresh.User)
	return fresh, nil
}

// succeed puts a new session of u in the place of s, and leaves it what s has set going.
func (a *Auth) succeed(t *transaction, r *http.Request, s *Session, u *User) (*Session, error) {
	if _, err := t.lockSession(s.ID); err != nil { // before its links: see lockSession
		return nil, err
	}
	fresh, err := a.startSession(t, r, u, s.Remember)
	if err != nil {
		return nil, err
	}
	err = t.Model(&Verification{}).Where("session_id = ?", s.ID).Update("session_id", fresh.ID).Error
	if err != nil {
		return nil, err
	}
	return fresh, t.deleteSession(s)
}
