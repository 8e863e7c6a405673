package admin

import (
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/betterauth"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/payload"
)

func (p *plugin) listSessions(_ http.ResponseWriter, r *http.Request, _ *auth.Session, id string) (any, error) {
	list, err := p.auth.UserSessions(r.Context(), id)
	return map[string]any{"sessions": list}, err
}

func (p *plugin) revokeSession(_ http.ResponseWriter, r *http.Request, by *auth.Session, handle string) (any, error) {
	return success(p.auth.RevokeUserSession(r.Context(), by, handle))
}

// revokeSessions succeeds for users who do not exist, too.
func (p *plugin) revokeSessions(_ http.ResponseWriter, r *http.Request, by *auth.Session, id string) (any, error) {
	err := p.auth.RevokeSessions(r.Context(), by, id)
	if e := errs.Of(err); e != nil && e.Status == http.StatusNotFound {
		err = nil
	}
	return success(err)
}

func (p *plugin) impersonate(w http.ResponseWriter, r *http.Request, by *auth.Session, id string) (any, error) {
	return both(p.auth.Impersonate(w, r, by, id))
}

func (p *plugin) stopImpersonating(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	s, err := betterauth.RequireSession(p.auth, w, r, b)
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
