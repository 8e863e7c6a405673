package auth

import (
	"net/http"
	"slices"
	"strings"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/errs"
)

// Impersonate starts a session in which admin acts as another user, for Options.ImpersonationExpiresIn, no longer than
// admin lives, and only until the browser closes. A signed cookie keeps the way back to the admin's own session, which lives on. Refusals:
// 401 where admin has ended meanwhile; 404 USER_NOT_FOUND; 403 YOU_ARE_NOT_ALLOWED_TO_IMPERSONATE_USERS,
// YOU_CANNOT_IMPERSONATE_ADMINS, BANNED_USER.
func (a *Auth) Impersonate(w http.ResponseWriter, r *http.Request, admin *Session, userID string) (*Session, error) {
	var s *Session
	readAt := a.opts.Now() // before the transaction: see load
	err := a.transact(r.Context(), func(t *transaction) error {
		// Held like whoever demotes holds them: no impersonation slips in behind a demotion.
		admins, err := t.lockAdmins(userID)
		if err != nil {
			return err
		}
		if !slices.Contains(admins, admin.UserID) {
			return errs.New(http.StatusForbidden, "YOU_ARE_NOT_ALLOWED_TO_IMPERSONATE_USERS", "You are not allowed to impersonate users")
		}
		live, err := t.lockSession(admin.ID) // else a session that was ended a moment ago would live on as another
		if err != nil {
			return err
		}
		if !live {
			return errs.Unauthenticated()
		}
		u, err := t.lockUser(userID)
		switch {
		case err != nil:
			return notFound(err)
		case u.HasRole("admin"):
			return errs.New(http.StatusForbidden, "YOU_CANNOT_IMPERSONATE_ADMINS", "You cannot impersonate admins")
		case u.banned(readAt):
			return bannedError(u)
		}
		token, from := newToken(), a.from(r)
		expiresAt := readAt.Add(a.opts.ImpersonationExpiresIn)
		if expiresAt.After(admin.ExpiresAt) {
			expiresAt = admin.ExpiresAt
		}
		s = &Session{
			ID: newID(), token: token, TokenHash: hashToken(token), UserID: u.ID, ImpersonatedBy: &admin.UserID,
			IPAddress: from.ip, UserAgent: from.agent, from: from,
			ExpiresAt: expiresAt, CreatedAt: readAt, UpdatedAt: readAt,
		}
		if err := t.Create(s).Error; err != nil {
			return err
		}
		s.User = u
		t.event(admin, event.ImpersonationStarted, u.ID)
		return nil
	})
	if err != nil {
		return nil, err
	}
	remember := ""
	if !admin.Remember {
		remember = "true"
	}
	a.setSigned(w, adminCookie, admin.token+":"+remember, a.cookieLife(admin))
	a.setSessionCookies(w, r, s, readAt)
	return s, nil
}

// StopImpersonating ends s and gives the browser back the session of the admin who began it, whose cookie it must
// still hold. Refusals: 400 where s impersonates nobody or the way back is lost; then the impersonation goes on.
func (a *Auth) StopImpersonating(w http.ResponseWriter, r *http.Request, s *Session) (*Session, error) {
	if s.ImpersonatedBy == nil {
		return nil, errs.New(http.StatusBadRequest, "", "You are not impersonating anyone")
	}
	readAt := a.opts.Now()
	admin, err := a.adminBehind(r)
	if err != nil {
		return nil, err
	}
	if admin == nil || admin.UserID != *s.ImpersonatedBy || a.dead(admin, readAt) {
		return nil, errs.New(http.StatusBadRequest, "FAILED_TO_FIND_ADMIN_SESSION", "Failed to find admin session")
	}
	err = a.transact(r.Context(), func(t *transaction) error {
		if err := t.endSession(s); err != nil {
			return err
		}
		t.event(s, event.ImpersonationStopped, s.UserID)
		return nil
	})
	if err != nil {
		return nil, err
	}
	a.setSessionCookies(w, r, admin, readAt)
	return admin, nil
}

// endImpersonationsOf ends the sessions in which somebody acts as a user: nobody acts as an admin.
func (t *transaction) endImpersonationsOf(userID string) error {
	var ids []string
	if err := t.Model(&Session{}).Where("user_id = ? AND impersonated_by IS NOT NULL", userID).Pluck("id", &ids).Error; err != nil {
		return err
	}
	t.void = append(t.void, ids...)
	return t.deleteSessions(ids)
}

// adminBehind finds the session that the admin cookie leads back to; nil where there is none.
func (a *Auth) adminBehind(r *http.Request) (*Session, error) {
	value, ok := a.readSigned(r, adminCookie)
	if !ok {
		return nil, nil
	}
	token, _, _ := strings.Cut(value, ":")
	s, err := a.find(r.Context(), token)
	if s != nil {
		s.token, s.from = token, a.from(r)
	}
	return s, err
}
