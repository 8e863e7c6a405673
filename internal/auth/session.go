package auth

import (
	"context"
	"errors"
	"net/http"
	"time"

	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

// Session returns who is behind the request, nil for a stranger. A read (GET, HEAD) may be answered from the
// signed cache cookie; anything else asks the store. It slides an ageing session forward and refills the cache,
// so it may set cookies on w, and clears those of a session that is gone. A store that is away is a 503 error,
// never a stranger.
func (a *Auth) Session(w http.ResponseWriter, r *http.Request) (*Session, error) {
	return a.load(w, r, loading{cache: r.Method == http.MethodGet || r.Method == http.MethodHead, refresh: true})
}

// StoredSession is Session without the cache: for what must see a demotion or a ban made by another process.
func (a *Auth) StoredSession(w http.ResponseWriter, r *http.Request) (*Session, error) {
	return a.load(w, r, loading{refresh: true})
}

type loading struct {
	cache   bool // the cache cookie may answer
	refresh bool // an ageing session may slide forward
}

func (a *Auth) load(w http.ResponseWriter, r *http.Request, how loading) (*Session, error) {
	token, ok := a.readSigned(r, tokenCookie)
	if !ok {
		return nil, nil
	}
	if how.cache {
		if c := a.cached(r, token); c != nil {
			if s := c.session(); s != nil {
				s.from = a.from(r)
				return s, nil
			}
		}
	}
	// Taken before the read: a revocation that commits while we read is then newer than the copy we make.
	readAt := a.opts.Now()
	s, err := a.find(r.Context(), token)
	if err != nil {
		return nil, errs.Unavailable(err)
	}
	if s == nil || a.dead(s, readAt) {
		if s != nil && !readAt.Before(s.ExpiresAt) {
			a.db.WithContext(r.Context()).Where("id = ?", s.ID).Delete(&Session{}) // the sweep would; sooner is tidier
		}
		a.clearCookies(w)
		return nil, nil
	}
	s.from = a.from(r)
	if how.refresh && a.refresh(r.Context(), s, readAt) {
		a.setSessionCookies(w, r, s, token, readAt)
	} else {
		a.setCache(w, s, readAt)
	}
	return s, nil
}

// find reads the session of a token and its user by one joined query; nil where there is none.
func (a *Auth) find(ctx context.Context, token string) (*Session, error) {
	var s Session
	err := a.db.WithContext(ctx).Joins("User").Where("sessions.token_hash = ?", hashToken(token)).Take(&s).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &s, nil
}

func (a *Auth) dead(s *Session, now time.Time) bool {
	return !now.Before(s.ExpiresAt) || !now.Before(s.CreatedAt.Add(a.opts.MaxAge)) || s.User.banned(now)
}

// refresh slides a remembered session that is old enough, and reports whether it did. Of several requests at
// once one wins; a row that is gone stays gone. A store that cannot write is no reason to refuse a good session.
func (a *Auth) refresh(ctx context.Context, s *Session, now time.Time) bool {
	expiresAt := now.Add(a.opts.ExpiresIn)
	if last := s.CreatedAt.Add(a.opts.MaxAge); expiresAt.After(last) {
		expiresAt = last
	}
	due := !now.Before(s.ExpiresAt.Add(a.opts.UpdateAge - a.opts.ExpiresIn))
	if !s.Remember || !due || !expiresAt.After(s.ExpiresAt) {
		return false
	}
	done := a.db.WithContext(ctx).Model(&Session{}).Where("id = ? AND expires_at = ?", s.ID, s.ExpiresAt).
		Updates(map[string]any{"expires_at": expiresAt, "updated_at": now})
	if done.Error != nil {
		a.opts.Logger.WarnContext(ctx, "session not refreshed", "error", done.Error)
	}
	if done.Error != nil || done.RowsAffected == 0 {
		return false
	}
	s.ExpiresAt, s.UpdatedAt = expiresAt, now
	return true
}

// newSession ends the session the request came with and starts another for u, inside t. The token goes into a
// cookie once t is committed.
func (a *Auth) newSession(t *transaction, r *http.Request, u *User, remember bool) (s *Session, token string, err error) {
	if old, ok := a.readSigned(r, tokenCookie); ok {
		if s, err = t.sessionOf(old); err == nil && s != nil {
			err = t.endSession(s)
		}
		if err != nil {
			return nil, "", err
		}
	}
	now, life := a.opts.Now(), a.opts.ExpiresIn
	if !remember {
		life = a.opts.BriefExpiresIn
	}
	token = newToken()
	from := a.from(r)
	s = &Session{
		ID: newID(), TokenHash: hashToken(token), UserID: u.ID, Remember: remember,
		IPAddress: from.ip, UserAgent: from.agent, from: from,
		ExpiresAt: now.Add(min(life, a.opts.MaxAge)), CreatedAt: now, UpdatedAt: now,
	}
	if err := t.Create(s).Error; err != nil {
		return nil, "", err
	}
	s.User = u
	return s, token, nil
}

// sessionOf reads the session of a token; nil where there is none.
func (t *transaction) sessionOf(token string) (*Session, error) {
	var s Session
	err := t.Where("token_hash = ?", hashToken(token)).Take(&s).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	return &s, err
}

// endSession deletes one session and voids its cached copies.
func (t *transaction) endSession(s *Session) error {
	t.void = append(t.void, s.ID)
	return t.Where("id = ?", s.ID).Delete(&Session{}).Error
}

// endSessions deletes every session of a user and voids every cached copy of it.
func (t *transaction) endSessions(userID string) error {
	t.void = append(t.void, userID)
	return t.Where("user_id = ?", userID).Delete(&Session{}).Error
}

// Sessions lists a user's live sessions, the most recently used first.
func (a *Auth) Sessions(ctx context.Context, userID string) ([]Session, error) {
	var list []Session
	err := a.db.WithContext(ctx).Where("user_id = ? AND impersonated_by IS NULL AND expires_at > ?", userID, a.opts.Now()).
		Order("updated_at DESC, id").Limit(100).Find(&list).Error
	return list, err
}
