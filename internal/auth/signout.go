package auth

import (
	"errors"
	"net/http"

	"example.com/foyer/internal/auth/event"
	"gorm.io/gorm"
)

// SignOut ends the session behind the request, if any, with the sessions in which its user acts as somebody else, and
// clears its cookies on w. What the browser stored stays: it
// may be a script application's. It succeeds for strangers too. With a store that is away it fails, and the cookies
// stay: a log-out that did not happen must not look like one.
func (a *Auth) SignOut(w http.ResponseWriter, r *http.Request) error {
	if token, ok := a.readSigned(r, tokenCookie); ok {
		err := a.transact(r.Context(), func(t *transaction) error { return a.signOut(t, r, token) })
		if err != nil {
			return err
		}
	}
	a.ClearCookies(w, r)
	return nil
}

func (a *Auth) signOut(t *transaction, r *http.Request, token string) error {
	s, err := t.sessionOf(token)
	if s == nil || err != nil {
		return err
	}
	_, err = t.lockUser(s.person())             // as everything does that ends several sessions of theirs
	if errors.Is(err, gorm.ErrRecordNotFound) { // deleted a moment ago, and the session with them
		return nil
	}
	if err != nil {
		return err
	}
	if err := t.endSession(s); err != nil {
		return err
	}
	if s.ImpersonatedBy != nil { // who leaves while acting as somebody else leaves altogether
		if err := t.endSessionOf(a.readSigned(r, adminCookie)); err != nil {
			return err
		}
	}
	s.from = a.from(r)
	t.event(s, event.SignOut, s.UserID)
	return nil
}
