package auth

import (
	"net/http"

	"example.com/foyer/internal/auth/event"
)

// SignOut ends the session behind the request, if any, with all impersonations by its user, and clears the cookies on
// w. It sends no Clear-Site-Data: what the browser stored may belong to a script application. It succeeds for
// strangers too. If the store is away it fails and the cookies stay: a sign-out that did not happen must not look
// like one.
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
	if _, err := t.lockUser(s.person()); err != nil {
		return ignoreMissing(err) // deleted meanwhile, with the session
	}
	if err := t.endSession(s); err != nil {
		return err
	}
	if s.ImpersonatedBy != nil { // signing out of an impersonation signs the admin out, too
		if err := t.endAdminSession(a.readSigned(r, adminCookie)); err != nil {
			return err
		}
	}
	a.present(s, r, token)
	t.recordEvent(s.actor(), event.SignOut, s.UserID)
	return nil
}
