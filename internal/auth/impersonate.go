package auth

import (
	"net/http"
	"slices"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/errs"
)

// Impersonate starts a session in which admin acts as another user. It lives for Options.ImpersonationExpiresIn, but
// no longer than admin, and ends with the browser. The admin's own session goes on; a signed cookie keeps its token.
// Refusals: 401 if admin has ended meanwhile; 404 USER_NOT_FOUND; 403 YOU_ARE_NOT_ALLOWED_TO_IMPERSONATE_USERS,
// YOU_CANNOT_IMPERSONATE_ADMINS, BANNED_USER, SESSION_NOT_FRESH if a proof of admin is gone meanwhile.
func (a *Auth) Impersonate(w http.ResponseWriter, r *http.Request, admin *Session, userID string) (*Session, error) {
	start := Start{Event: event.ImpersonationStarted, Presented: admin, impersonate: true}
	return a.SignIn(w, r, start, func(t *Tx) (*User, error) { return t.lockImpersonated(admin, userID) })
}

// lockImpersonated locks and returns the user that admin wants to act as.
func (t *Tx) lockImpersonated(admin *Session, userID string) (*User, error) {
	admins, err := t.lockAdmins(userID) // as a demotion does, which then ends this impersonation or is seen here
	if err != nil {
		return nil, err
	}
	if !slices.Contains(admins, admin.UserID) {
		return nil, errs.New(http.StatusForbidden, "YOU_ARE_NOT_ALLOWED_TO_IMPERSONATE_USERS",
			"You are not allowed to impersonate users")
	}
	if err := t.lockLive(admin); err != nil {
		return nil, err
	}
	u, err := t.LockUser(userID)
	if err != nil {
		return nil, err
	}
	if u.HasRole("admin") {
		return nil, errs.New(http.StatusForbidden, "YOU_CANNOT_IMPERSONATE_ADMINS", "You cannot impersonate admins")
	}
	return u, nil
}

// StopImpersonating ends s and returns the browser to the session of its admin, whose cookie it must still have.
// Refusals: 400 if s is no impersonation or that session is gone; then the impersonation goes on.
func (a *Auth) StopImpersonating(w http.ResponseWriter, r *http.Request, s *Session) (*Session, error) {
	if s.ImpersonatedBy == nil {
		return nil, errs.New(http.StatusBadRequest, "", "You are not impersonating anyone")
	}
	readAt := a.opts.Now() // before the read: see load
	admin, err := a.adminSession(r)
	if err != nil {
		return nil, err
	}
	if admin == nil || admin.UserID != *s.ImpersonatedBy || a.dead(admin, readAt) {
		return nil, errs.New(http.StatusBadRequest, "FAILED_TO_FIND_ADMIN_SESSION", "Failed to find admin session")
	}
	err = a.Transact(r.Context(), func(t *Tx) error {
		t.recordEvent(s.actor(), event.ImpersonationStopped, s.UserID)
		t.replace(s.token)
		return t.endSession(s)
	})
	if err != nil {
		return nil, err
	}
	a.setSessionCookies(w, r, admin, readAt)
	return admin, nil
}

// adminSession finds the session of the admin cookie; nil if there is none.
func (a *Auth) adminSession(r *http.Request) (*Session, error) {
	token := a.adminToken(r)
	if token == "" {
		if a.hasCookie(r, adminCookie) {
			a.recordForgery(r, adminCookie)
		}
		return nil, nil
	}
	s, err := a.find(r.Context(), token)
	if s == nil || err != nil {
		return nil, err
	}
	a.present(s, r, token)
	return s, nil
}

// startImpersonation stores a session in which admin acts as u. It ends no later than admin.
func (a *Auth) startImpersonation(t *Tx, r *http.Request, u *User, admin *Session) (*Session, error) {
	s := a.buildSession(r, u.ID, a.opts.ImpersonationExpiresIn)
	s.ImpersonatedBy, s.admin = &admin.UserID, admin
	if s.ExpiresAt.After(admin.ExpiresAt) {
		s.ExpiresAt = admin.ExpiresAt
	}
	if err := t.Create(s).Error; err != nil {
		return nil, err
	}
	s.User = u
	return s, nil
}

// setAdminCookie keeps the token of the admin's own session, and better-auth's mark of one that ends with the browser.
func (a *Auth) setAdminCookie(w http.ResponseWriter, admin *Session) {
	forget := ""
	if !admin.Remember {
		forget = "true"
	}
	a.setSigned(w, adminCookie, admin.token+":"+forget, a.cookieLife(admin))
}
