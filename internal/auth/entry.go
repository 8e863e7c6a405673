package auth

import (
	"net/http"
	"time"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/errs"
)

// entry is one way into an account.
type entry struct {
	event     event.Name // recorded
	remember  bool       // keep the session when the browser closes
	newDevice bool       // warn the user by mail

	by          *Session // who is signed in already; nil for a stranger
	replace     bool     // by continues as the new session
	impersonate bool     // by, an admin's, goes on beside the new session

	// unverified runs in place of the sign-in while the address has to be verified, and is committed. Default: nothing.
	unverified func(*transaction, *User) error
}

var errUnverified = errs.New(http.StatusForbidden, "EMAIL_NOT_VERIFIED", "Email not verified")

// signIn is the one way to start a session: for passwords, sign-ups, mailed links, re-authentication, changed
// passwords and impersonation. In one transaction it runs check, which returns the locked user or, to start no
// session, nil; refuses banned and unverified users; ends or replaces the presented session; starts the new one and
// records the event. After the commit it sends the cookies. Refusals: those of check; 403 BANNED_USER,
// EMAIL_NOT_VERIFIED.
func (a *Auth) signIn(
	w http.ResponseWriter, r *http.Request, in entry, check func(*transaction) (*User, error),
) (*Session, error) {
	var refusal error // after the commit
	s, err := a.transactSession(w, r, func(t *transaction) (*Session, error) {
		u, err := check(t)
		if u == nil || err != nil {
			return nil, err
		}
		if u.banned(a.opts.Now()) {
			return nil, bannedError(u)
		}
		if in.by == nil && a.mustVerify(u) {
			if in.unverified == nil {
				return nil, errUnverified
			}
			refusal = errUnverified
			return nil, in.unverified(t, u)
		}
		// A second factor is asked for here: the user is proved, and has no session yet.
		return a.newSession(t, r, u, in)
	})
	if err != nil {
		return nil, err
	}
	if s == nil {
		return nil, refusal
	}
	if !in.impersonate {
		a.rememberDevice(w, r, s.User)
	}
	return s, nil
}

// transactSession is transact for what starts or changes the session of a browser: after the commit it sends the
// cookies of the session that fn returns, if any. The cached copy among them is dated before the transaction, so that
// a revocation which commits meanwhile is newer than the copy.
func (a *Auth) transactSession(
	w http.ResponseWriter, r *http.Request, fn func(*transaction) (*Session, error),
) (*Session, error) {
	readAt := a.opts.Now()
	var s *Session
	err := a.transact(r.Context(), func(t *transaction) (err error) {
		s, err = fn(t)
		return err
	})
	if s == nil || err != nil {
		return nil, err
	}
	a.setSessionCookies(w, r, s, readAt)
	return s, nil
}

// mustVerify reports whether u may not sign in before the address is verified.
func (a *Auth) mustVerify(u *User) bool { return a.opts.RequireEmailVerification && !u.EmailVerified }

// newSession starts the session of an entry, and ends or replaces the presented one.
func (a *Auth) newSession(t *transaction, r *http.Request, u *User, in entry) (*Session, error) {
	if in.impersonate {
		t.recordEvent(in.by.actor(), in.event, u.ID)
		return a.startImpersonation(t, r, u, in.by)
	}
	if err := a.liftBan(t, u); err != nil {
		return nil, err
	}
	start := a.startAnother
	if in.replace {
		start = a.replaceSession
	}
	s, err := start(t, r, u, in)
	if err != nil {
		return nil, err
	}
	t.recordEvent(s.actor(), in.event, u.ID)
	if !in.newDevice {
		return s, nil
	}
	return s, a.warn(t, u, letter.NewDevice)
}

// liftBan removes a ban that has run out.
func (a *Auth) liftBan(t *transaction, u *User) error {
	if !u.Banned {
		return nil
	}
	u.Banned, u.BanReason, u.BanExpires, u.UpdatedAt = false, nil, nil, a.opts.Now()
	return t.Select("banned", "ban_reason", "ban_expires", "updated_at").Updates(u).Error
}

// startAnother ends the session that the request presented, if any, and starts one.
func (a *Auth) startAnother(t *transaction, r *http.Request, u *User, in entry) (*Session, error) {
	if err := a.endPresented(t, r); err != nil {
		return nil, err
	}
	return a.startSession(t, r, u, in.remember)
}

// replaceSession starts a session that takes over the links of in.by. Impersonations that in.by began go on.
func (a *Auth) replaceSession(t *transaction, r *http.Request, u *User, in entry) (*Session, error) {
	if _, err := t.lockSession(in.by.ID); err != nil { // before its links: see lockSession
		return nil, err
	}
	s, err := a.startSession(t, r, u, in.remember)
	if err != nil {
		return nil, err
	}
	err = t.Model(&Verification{}).Where("session_id = ?", in.by.ID).Update("session_id", s.ID).Error
	if err != nil {
		return nil, err
	}
	return s, t.deleteSession(in.by)
}

// endPresented ends the session that the request presented, if any.
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
	return t.endAdminSession(a.readSigned(r, adminCookie))
}

// startSession stores a new session of u. Its token goes into a cookie after the commit.
func (a *Auth) startSession(t *transaction, r *http.Request, u *User, remember bool) (*Session, error) {
	life := a.opts.ExpiresIn
	if !remember {
		life = a.opts.BriefExpiresIn
	}
	if err := t.makeRoom(u.ID); err != nil {
		return nil, err
	}
	s := a.mint(r, u.ID, min(life, a.opts.MaxAge))
	s.Remember = remember
	if err := t.Create(s).Error; err != nil {
		return nil, err
	}
	s.User = u
	return s, t.settle(u)
}

// startImpersonation stores a session in which admin acts as u. It ends no later than admin.
func (a *Auth) startImpersonation(t *transaction, r *http.Request, u *User, admin *Session) (*Session, error) {
	s := a.mint(r, u.ID, a.opts.ImpersonationExpiresIn)
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

// mint makes a session with a new token.
func (a *Auth) mint(r *http.Request, userID string, life time.Duration) *Session {
	now, by, token := a.opts.Now(), a.stranger(r), newToken()
	return &Session{
		ID: newID(), UserID: userID, TokenHash: hashToken(token), token: token,
		IPAddress: by.ip, UserAgent: by.agent, ip: by.ip, agent: by.agent,
		ExpiresAt: now.Add(life), CreatedAt: now, UpdatedAt: now,
	}
}

// maxSessions is how many sessions a user can have at once: more than a person has browsers, and as many as a list
// shows, so that none is hidden from its owner.
const maxSessions = 100

// makeRoom ends the least recently used sessions of a user, so that one more is within maxSessions.
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
