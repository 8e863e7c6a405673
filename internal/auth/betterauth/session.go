package betterauth

import (
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/payload"
)

// getSession answers null to strangers, never 401: the client reads an error as "keep what you had". Any value of its
// two switches, even "false", is on.
func (a *api) getSession(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	set := func(name string) bool { v, _ := b.Value(name).(string); return v != "" }
	return a.SessionJSON(w, r, !set("disableCookieCache"), !set("disableRefresh"))
}

func (a *api) listSessions(_ http.ResponseWriter, r *http.Request, s *auth.Session, _ string) (any, error) {
	list, err := a.Sessions(r.Context(), s.UserID)
	if list == nil {
		list = []auth.Session{}
	}
	return list, err
}

func (a *api) revokeSession(w http.ResponseWriter, r *http.Request, s *auth.Session, handle string) (any, error) {
	if handle == s.ID { // logging out needs no recent password
		return done(), a.SignOut(w, r)
	}
	if err := a.StepUp(s); err != nil {
		return nil, err
	}
	return done(), a.RevokeSession(r.Context(), s, s.UserID, handle)
}

func (a *api) revokeSessions(w http.ResponseWriter, r *http.Request, s *auth.Session, _ string) (any, error) {
	if err := a.RevokeSessions(r.Context(), s, s.UserID); err != nil {
		return nil, err
	}
	a.ClearCookies(w, r)
	return done(), nil
}

func (a *api) revokeOtherSessions(_ http.ResponseWriter, r *http.Request, s *auth.Session, _ string) (any, error) {
	return done(), a.RevokeOtherSessions(r.Context(), s)
}

// requireRecent is requireSession for what a thief would do: with auth.Options.StepUp it demands a recently
// authenticated session.
func (a *api) requireRecent(w http.ResponseWriter, r *http.Request, b *payload.Body) (*auth.Session, error) {
	s, err := a.requireSession(w, r, b)
	if err != nil {
		return nil, err
	}
	return s, a.StepUp(s)
}

// updateSession always refuses: sessions have no fields of their own that a client could set.
func (a *api) updateSession(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	s, err := a.StoredSession(w, r)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return nil, errs.New(http.StatusUnauthorized, "FAILED_TO_GET_SESSION", "Failed to get session")
	}
	if b.Has("impersonatedBy", "userId", "token", "expiresAt", "ipAddress", "userAgent") {
		return nil, errs.New(http.StatusBadRequest, "FIELD_NOT_ALLOWED",
			"The fields of a session are not allowed to be set")
	}
	return nil, errs.New(http.StatusBadRequest, "", "No fields to update")
}
