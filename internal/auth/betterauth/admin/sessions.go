package admin

import (
	"errors"
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/betterauth"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/payload"
)

func (p *plugin) listSessions(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	id := b.String("userId")
	if _, err := p.permitRead(w, r, b, "LIST_USERS_SESSIONS"); err != nil {
		return nil, err
	}
	list, err := p.auth.UserSessions(r.Context(), id)
	return map[string]any{"sessions": list}, err
}

func (p *plugin) revokeSession(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	handle := b.String("sessionToken")
	by, err := p.permit(w, r, b, "REVOKE_USERS_SESSIONS")
	if err != nil {
		return nil, err
	}
	return success(p.auth.RevokeUserSession(r.Context(), by, handle))
}

// revokeSessions succeeds for users who do not exist, too.
func (p *plugin) revokeSessions(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	id := b.String("userId")
	by, err := p.permit(w, r, b, "REVOKE_USERS_SESSIONS")
	if err != nil {
		return nil, err
	}
	err = p.auth.RevokeSessions(r.Context(), by, id)
	var e *errs.Error
	if errors.As(err, &e) && e.Status == http.StatusNotFound {
		err = nil
	}
	return success(err)
}

func (p *plugin) impersonate(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	id := b.String("userId")
	by, err := p.permit(w, r, b, "IMPERSONATE_USERS")
	if err != nil {
		return nil, err
	}
	return both(p.auth.Impersonate(w, r, by, id))
}

func (p *plugin) stopImpersonating(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	s, err := betterauth.Demand(p.auth, w, r, b)
	if err != nil {
		return nil, err
	}
	return both(p.auth.StopImpersonating(w, r, s))
}

func both(s *auth.Session, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return map[string]any{"session": s, "user": s.User}, nil
}
