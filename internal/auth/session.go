package auth

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"time"

	"example.com/foyer/internal/id"
	"gorm.io/gorm"
)

// Session returns the session of the request, nil for a stranger. The signed cache cookie may answer a read (GET,
// HEAD); anything else asks the store. Session extends a session that is due (see refresh), refills the cache, and
// clears the cookies of a session that has ended (but see replaced.go) or whose user is banned. So it may set cookies
// on w. If the store is away, it returns a 503 error: an outage must not look like a stranger.
func (a *Auth) Session(w http.ResponseWriter, r *http.Request) (*Session, error) {
	return a.load(w, r, loading{cache: r.Method == http.MethodGet || r.Method == http.MethodHead, refresh: true})
}

// StoredSession is Session, but always asks the store, so that it sees every committed demotion and ban.
func (a *Auth) StoredSession(w http.ResponseWriter, r *http.Request) (*Session, error) {
	return a.load(w, r, loading{refresh: true})
}

type loading struct {
	cache   bool // the cache cookie may answer
	refresh bool // a session that is due may be extended
}

func (a *Auth) load(w http.ResponseWriter, r *http.Request, how loading) (*Session, error) {
	token, ok := a.readSigned(r, tokenCookie)
	if !ok {
		if a.hasCookie(r, tokenCookie) {
			a.recordForgery(r, "")
		}
		return nil, nil
	}
	if how.cache {
		if s := a.cachedSession(r, token); s != nil {
			return s, nil
		}
	}
	// Taken before the read, so that a revocation which commits meanwhile is newer than the copy.
	readAt := a.opts.Now()
	s, err := a.find(r.Context(), token)
	if err != nil {
		return nil, err
	}
	if s == nil && a.replacedLately(token, readAt) {
		return nil, nil
	}
	if s == nil || a.dead(s, readAt) { // Purge deletes the row, because a read shall not wait for a writer
		a.ClearCookies(w, r)
		return nil, nil
	}
	a.present(s, r, token)
	if how.refresh && a.refresh(r.Context(), s, readAt) {
		a.setSessionCookies(w, r, s, readAt)
	} else {
		a.setCache(w, s, readAt)
	}
	return s, nil
}

// cachedSession returns the session in the cache cookie, nil if the store has to be asked.
func (a *Auth) cachedSession(r *http.Request, token string) *Session {
	c := a.readCache(r, token)
	if c == nil {
		return nil
	}
	s := c.session()
	if s != nil {
		a.present(s, r, token)
	}
	return s
}

// present stores in s the token, IP address and browser of the request that presents it.
func (a *Auth) present(s *Session, r *http.Request, token string) {
	by := a.stranger(r)
	s.token, s.ip, s.agent = token, by.ip, by.agent
}

// find reads the session of a token, with its user; nil if there is none. Every request that the cache does not answer
// runs this one query, so rows are scanned by hand: GORM's reflection would double the cost.
func (a *Auth) find(ctx context.Context, token string) (*Session, error) {
	query := a.db.WithContext(ctx).Raw(`
		SELECT `+sessionColumns+`, u.id, u.name, u.email, u.email_verified, u.image, u.role,
			u.banned, u.ban_reason, u.ban_expires, u.created_at, u.updated_at, u.second_factor
		FROM sessions s JOIN users u ON u.id = s.user_id
		WHERE s.token_hash = ?`, HashToken(token))
	var found *Session
	err := eachRow(query, func(rows *sql.Rows) error {
		var u User
		found = &Session{User: &u}
		return rows.Scan(append(found.columns(), &u.ID, &u.Name, &u.Email, &u.EmailVerified, &u.Image, &u.Role,
			&u.Banned, &u.BanReason, &u.BanExpires, &u.CreatedAt, &u.UpdatedAt, &u.SecondFactor)...)
	})
	return found, err
}

// sessionOf reads the session of a token, "" for none; nil if there is none.
func (t *Tx) sessionOf(token string) (*Session, error) {
	if token == "" {
		return nil, nil
	}
	var s Session
	err := t.Where("token_hash = ?", HashToken(token)).Take(&s).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	return &s, err
}

// eachRow calls scan for each row of a query. GORM does not see the errors of rows, so they are handed to it: only
// then does an outage become a 503.
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

const sessionColumns = `s.id, s.token_hash, s.user_id, s.remember, s.ip_address, s.user_agent, s.impersonated_by,
	s.expires_at, s.created_at, s.updated_at, s.amr`

// columns lists where to scan sessionColumns.
func (s *Session) columns() []any {
	return []any{
		&s.ID, &s.TokenHash, &s.UserID, &s.Remember, &s.IPAddress, &s.UserAgent, &s.ImpersonatedBy,
		&s.ExpiresAt, &s.CreatedAt, &s.UpdatedAt, &s.AMR,
	}
}

// dead reports whether a session has expired or its user is banned.
func (a *Auth) dead(s *Session, now time.Time) bool {
	return a.expired(s, now) || s.User.BannedAt(now)
}

// expired reports whether a session has expired: at its own time, or at Options.MaxAge after its start.
func (a *Auth) expired(s *Session, now time.Time) bool {
	return !now.Before(s.ExpiresAt) || !now.Before(s.CreatedAt.Add(a.opts.MaxAge))
}

// refreshWait is how long a read waits for a writer that holds the row, or the file of SQLite, before it leaves a
// refresh to a later request.
const refreshWait = 300 * time.Millisecond

// refresh extends a remembered session, up to Options.MaxAge after its start, if its start or last refresh is
// Options.UpdateAge ago. It reports whether it did. Of concurrent requests one extends; a session that ended meanwhile
// stays ended. If the store cannot write within refreshWait, the session stays valid until its old end. If the write
// succeeds later, the cookie keeps its old end until the next extension.
func (a *Auth) refresh(ctx context.Context, s *Session, now time.Time) bool {
	expiresAt := now.Add(a.opts.ExpiresIn)
	if last := s.CreatedAt.Add(a.opts.MaxAge); expiresAt.After(last) {
		expiresAt = last
	}
	due := !now.Before(s.ExpiresAt.Add(a.opts.UpdateAge - a.opts.ExpiresIn))
	if !s.Remember || !due || !expiresAt.After(s.ExpiresAt) {
		return false
	}
	brief, cancel := context.WithTimeout(ctx, refreshWait)
	defer cancel()
	done := a.db.WithContext(brief).Model(&Session{}).Where("id = ? AND expires_at = ?", s.ID, s.ExpiresAt).
		Updates(map[string]any{"expires_at": expiresAt, "updated_at": now})
	if done.Error != nil {
		a.opts.Logger.WarnContext(ctx, "extending a session failed", "error", done.Error)
	}
	if done.Error != nil || done.RowsAffected == 0 {
		return false
	}
	s.ExpiresAt, s.UpdatedAt = expiresAt, now
	return true
}

// transactSession is Transact for what starts or changes the session of a browser: after the commit it sends the
// cookies of the session that fn returns, if any. The cached copy among them is dated before the transaction, so that
// a revocation which commits meanwhile is newer than the copy.
func (a *Auth) transactSession(
	w http.ResponseWriter, r *http.Request, fn func(*Tx) (*Session, error),
) (*Session, error) {
	readAt := a.opts.Now()
	var s *Session
	err := a.Transact(r.Context(), func(t *Tx) (err error) {
		s, err = fn(t)
		return err
	})
	if s == nil || err != nil {
		return nil, err
	}
	a.setSessionCookies(w, r, s, readAt)
	return s, nil
}

// setSessionCookies sends all cookies of s; readAt is when the store was last read.
func (a *Auth) setSessionCookies(w http.ResponseWriter, r *http.Request, s *Session, readAt time.Time) {
	// part:admin
	if s.admin != nil {
		a.setAdminCookie(w, s.admin)
	}
	// end:admin
	a.setSigned(w, tokenCookie, s.token, a.cookieLife(s))
	if !s.Remember {
		a.setSigned(w, forgetCookie, "true", 0)
	} else {
		a.clearCookie(w, r, forgetCookie)
	}
	a.setCache(w, s, readAt)
	if s.ImpersonatedBy == nil {
		a.clearCookie(w, r, adminCookie)
	}
}

// cookieLife is the rest of a remembered session, rounded up to seconds; 0 for one that ends with the browser.
func (a *Auth) cookieLife(s *Session) time.Duration {
	if !s.Remember {
		return 0
	}
	return (s.ExpiresAt.Sub(a.opts.Now()) + time.Second - 1).Truncate(time.Second)
}

// buildSession makes a session with a new token, and stores nothing.
func (a *Auth) buildSession(r *http.Request, userID string, life time.Duration) *Session {
	now, by, token := a.opts.Now(), a.stranger(r), newToken()
	return &Session{
		ID: id.New(), UserID: userID, TokenHash: HashToken(token), token: token,
		IPAddress: by.ip, UserAgent: by.agent, ip: by.ip, agent: by.agent,
		ExpiresAt: now.Add(life), CreatedAt: now, UpdatedAt: now,
	}
}
