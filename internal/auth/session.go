package auth

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"time"

	"example.com/foyer/internal/auth/event"
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

// noteForged records that the request holds a session cookie that we did not sign: somebody tries to make one, or the
// secret that signed it was taken out of Options.Secrets.
func (a *Auth) noteForged(r *http.Request) {
	if _, err := r.Cookie(a.cookieName(tokenCookie)); err == nil {
		a.NoteRefusal(r, nil, event.CookieForged, "")
	}
}

type loading struct {
	cache   bool // the cache cookie may answer
	refresh bool // an ageing session may slide forward
}

func (a *Auth) load(w http.ResponseWriter, r *http.Request, how loading) (*Session, error) {
	token, ok := a.readSigned(r, tokenCookie)
	if !ok {
		a.noteForged(r)
		return nil, nil
	}
	if how.cache {
		if c := a.cached(r, token); c != nil {
			if s := c.session(); s != nil {
				s.from, s.token = a.from(r), token
				return s, nil
			}
		}
	}
	// Taken before the read: a revocation that commits while we read is then newer than the copy we make.
	readAt := a.opts.Now()
	s, err := a.find(r.Context(), token)
	if err != nil {
		return nil, err
	}
	if s == nil || a.dead(s, readAt) {
		if s != nil && !readAt.Before(s.ExpiresAt) {
			a.db.WithContext(r.Context()).Where("id = ?", s.ID).Delete(&Session{}) // the sweep would; sooner is tidier
		}
		a.ClearCookies(w, r)
		return nil, nil
	}
	s.from, s.token = a.from(r), token
	if how.refresh && a.refresh(r.Context(), s, readAt) {
		a.setSessionCookies(w, r, s, readAt)
	} else {
		a.setCache(w, s, readAt)
	}
	return s, nil
}

// find reads the session of a token and its user by one joined query; nil where there is none. It is the one
// statement of every request that the cache does not answer, so it is read by hand: GORM's reflection would
// cost as much again as the query.
func (a *Auth) find(ctx context.Context, token string) (*Session, error) {
	query := a.db.WithContext(ctx).Raw(`
		SELECT s.id, s.token_hash, s.user_id, s.remember, s.ip_address, s.user_agent, s.impersonated_by, s.expires_at, s.created_at, s.updated_at,
			u.id, u.name, u.email, u.email_verified, u.image, u.role, u.banned, u.ban_reason, u.ban_expires, u.created_at, u.updated_at
		FROM sessions s JOIN users u ON u.id = s.user_id
		WHERE s.token_hash = ?`, hashToken(token))
	var found *Session
	err := eachRow(query, func(rows *sql.Rows) error {
		var u User
		found = &Session{User: &u}
		return rows.Scan(append(found.columns(),
			&u.ID, &u.Name, &u.Email, &u.EmailVerified, &u.Image, &u.Role, &u.Banned, &u.BanReason, &u.BanExpires, &u.CreatedAt, &u.UpdatedAt,
		)...)
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// eachRow calls scan for each row of a query. GORM does not see the errors of rows: here they become what all others are,
// outages told from mistakes.
func eachRow(query *gorm.DB, scan func(*sql.Rows) error) error {
	rows, err := query.Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return query.AddError(err)
		}
	}
	return query.AddError(errors.Join(rows.Err(), rows.Close()))
}

// columns is where a row of sessions goes, in the order in which every literal query names them.
func (s *Session) columns() []any {
	return []any{&s.ID, &s.TokenHash, &s.UserID, &s.Remember, &s.IPAddress, &s.UserAgent, &s.ImpersonatedBy, &s.ExpiresAt, &s.CreatedAt, &s.UpdatedAt}
}

func (a *Auth) dead(s *Session, now time.Time) bool {
	return a.over(s, now) || s.User.banned(now)
}

// over reports whether a session has lived its time.
func (a *Auth) over(s *Session, now time.Time) bool {
	return !now.Before(s.ExpiresAt) || !now.Before(s.CreatedAt.Add(a.opts.MaxAge))
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
func (a *Auth) newSession(t *transaction, r *http.Request, u *User, remember bool) (*Session, error) {
	if err := a.endPresented(t, r); err != nil {
		return nil, err
	}
	return a.startSession(t, r, u, remember)
}

// endPresented ends the session the request came with, if any.
func (a *Auth) endPresented(t *transaction, r *http.Request) error {
	token, ok := a.readSigned(r, tokenCookie)
	if !ok {
		return nil
	}
	s, err := t.sessionOf(token)
	if s == nil || err != nil {
		return err
	}
	if err := t.endSession(s); err != nil {
		return err
	}
	if s.ImpersonatedBy == nil {
		return nil
	}
	return t.endSessionOf(a.readSigned(r, adminCookie)) // the way back goes with it
}

func (a *Auth) startSession(t *transaction, r *http.Request, u *User, remember bool) (*Session, error) {
	now, life := a.opts.Now(), a.opts.ExpiresIn
	if !remember {
		life = a.opts.BriefExpiresIn
	}
	from, token := a.from(r), newToken()
	s := &Session{
		ID: newID(), token: token, TokenHash: hashToken(token), UserID: u.ID, Remember: remember,
		IPAddress: from.ip, UserAgent: from.agent, from: from,
		ExpiresAt: now.Add(min(life, a.opts.MaxAge)), CreatedAt: now, UpdatedAt: now,
	}
	if err := t.makeRoom(u.ID); err != nil {
		return nil, err
	}
	if err := t.Create(s).Error; err != nil {
		return nil, err
	}
	s.User = u
	return s, t.settle(u)
}

// maxSessions is how many sessions a user can have at once: more than a person has browsers, and as many as a list shows,
// so that none is hidden from its owner.
const maxSessions = 100

// makeRoom ends the sessions of a user that were not used for longest, so that one more is within maxSessions.
func (t *transaction) makeRoom(userID string) error {
	var surplus []Session
	err := t.Where("user_id = ? AND impersonated_by IS NULL", userID).
		Order("updated_at DESC, id").Offset(maxSessions - 1).Limit(maxSessions).Find(&surplus).Error
	if err != nil {
		return err
	}
	for i := range surplus {
		if err := t.endSession(&surplus[i]); err != nil {
			return err
		}
	}
	return nil
}

// lockSession holds a session's row until the end of t, and reports whether there is one. Whoever locks a user, a session
// and a link takes them in this order.
func (t *transaction) lockSession(id string) (live bool, err error) {
	var list []Session
	err = t.Clauses(forUpdate).Select("id").Where("id = ?", id).Find(&list).Error
	return len(list) > 0, err
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
