package auth

import (
	"errors"
	"net/http"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
)

// Credentials is what a person types to sign in.
type Credentials struct {
	Email    string
	Password string
	Remember bool // keep the session when the browser closes

	CallbackURL string // where the mailed link leads in the end, if the address is not verified yet
	FromPage    bool   // as in Registration
}

// SignInEmail starts a session and sets its cookies on w. It ends the session the request came with. Refusals: 400
// INVALID_EMAIL, VALIDATION_ERROR, PASSWORD_TOO_LONG; 401 INVALID_EMAIL_OR_PASSWORD, alike in text and time whether the
// address is unknown or the password wrong; with the right password 403 BANNED_USER, EMAIL_NOT_VERIFIED (a new link is
// mailed); *SecondStep if the user owes a second step; 429 after too many failures; 503 when too many sign in at once.
//
// EMAIL_NOT_VERIFIED tells an attacker who signed up with an address that no verified account has it. The wire contract
// demands that answer. Such a try mails the holder of the address, within Options.RateLimit.MailsPerHour.
func (a *Auth) SignInEmail(w http.ResponseWriter, r *http.Request, in Credentials) (*Session, error) {
	email, typed, err := checkCredentials(in.Email, in.Password)
	if err != nil {
		return nil, err
	}
	account, err := a.credential(r.Context(), email)
	if err != nil {
		return nil, err
	}
	match, upgrade, err := a.tryPassword(r, email, account, typed)
	if err != nil {
		return nil, err
	}
	if !match {
		if err := a.recordEvent(r.Context(), a.stranger(r), event.SignInFailed, account.UserID); err != nil {
			return nil, err
		}
		return nil, errWrongCredentials
	}
	mayMail := true
	if a.mustVerify(account.User) {
		if mayMail, err = a.mayMailTo(r.Context(), nil, letter.VerifyEmail, email); err != nil {
			return nil, err
		}
	}
	newDevice, err := a.mayWarnOfDevice(r, account.User)
	if err != nil {
		return nil, err
	}
	start := Start{Event: event.SignIn, Remember: in.Remember, AMR: amrPassword, NewDevice: newDevice}
	var unverified *User
	start.unverified = func(t *Tx, u *User) error {
		unverified = u
		if !mayMail {
			return nil
		}
		return a.mailLink(t, a.actorFor(r, u.ID), u, letter.VerifyEmail, u.Email, linkCallback(in.FromPage, in.CallbackURL))
	}
	s, err := a.SignIn(w, r, start, func(t *Tx) (*User, error) { return a.recheckLocked(t, account, upgrade) })
	if in.FromPage && errors.Is(err, errUnverified) {
		a.setPending(w, unverified, in.Remember, in.CallbackURL)
	}
	return s, err
}

// Start says how SignIn starts a session.
type Start struct {
	Event     event.Name // recorded
	Remember  bool       // keep the session when the browser closes
	AMR       string     // how the user authenticated: see Session.AMR
	NewDevice bool       // warn the user by mail

	Presented   *Session // the session of the request, whose user authenticates again; nil asks for the second step
	Replace     bool     // the new session takes over the links of Presented
	KeepAge     bool     // the new session is as old as Presented
	impersonate bool     // Presented, an admin's, stays valid beside the new session // part:admin

	// unverified runs instead of the sign-in if the address is unverified. Its writes are committed, and SignIn returns
	// 403. If it is nil, the transaction is rolled back.
	unverified func(*Tx, *User) error
}

// SignIn is the one way to start a session: for passwords, sign-ups, mailed links, re-authentication, changed
// passwords, impersonation and what parts add. In one transaction it runs check, which returns the locked user; it
// returns nil, nil if check returns no user. It refuses a banned user and, unless in.Presented is set, an unverified
// one and one who owes a second step. It ends the session of the request, whose links the new one takes over with
// in.Replace. An impersonation keeps it. It starts the new session and records the event. After the commit it sends the
// cookies. Except for an impersonation it also lifts an expired ban, clears User.Pending, marks the device as known and
// ends a half-done sign-in of the browser. Refusals: those of check; 403 BANNED_USER, EMAIL_NOT_VERIFIED; *SecondStep.
func (a *Auth) SignIn(
	w http.ResponseWriter, r *http.Request, in Start, check func(*Tx) (*User, error),
) (*Session, error) {
	s, err := a.transactSession(w, r, func(t *Tx) (*Session, error) {
		u, err := check(t)
		if u == nil || err != nil {
			return nil, err
		}
		if u.BannedAt(a.opts.Now()) {
			return nil, bannedError(u)
		}
		if in.Presented == nil && a.mustVerify(u) {
			if in.unverified == nil {
				return nil, errUnverified
			}
			t.Refuse(errUnverified)
			return nil, in.unverified(t, u)
		}
		step, err := a.owedStep(t, w, r, u, in)
		if err != nil {
			return nil, err
		}
		if step != nil {
			t.Refuse(step)
			return nil, a.endPresentedBy(t, r)
		}
		return a.openSession(t, r, u, in)
	})
	if s == nil || err != nil {
		a.sendStep(w, r, in, err)
		return nil, err
	}
	if s.ImpersonatedBy != nil {
		return s, nil
	}
	a.rememberDevice(w, r, s.User)
	if err := a.endHalfDone(w, r); err != nil { // it expires soon
		a.opts.Logger.ErrorContext(r.Context(), "ending a half-done sign-in failed", "error", err)
	}
	return s, nil
}

// mustVerify reports whether u may not sign in before the address is verified.
func (a *Auth) mustVerify(u *User) bool { return a.opts.RequireEmailVerification && !u.EmailVerified }

// RequireVerified refuses a new factor to u before the address is verified, where Options.RequireEmailVerification
// demands that: else a stranger who signed up with a victim's address would leave a factor behind. Refusals: 403
// EMAIL_NOT_VERIFIED.
func (a *Auth) RequireVerified(u *User) error {
	if a.mustVerify(u) {
		return errUnverified
	}
	return nil
}

// openSession lifts an expired ban, starts the session, records the event and warns of a new device. For an
// impersonation it only records the event and starts the session.
func (a *Auth) openSession(t *Tx, r *http.Request, u *User, in Start) (*Session, error) {
	// part:admin
	if in.impersonate {
		t.recordEvent(in.Presented.actor(), in.Event, u.ID)
		return a.startImpersonation(t, r, u, in.Presented)
	}
	// end:admin
	if u.Banned { // SignIn has checked that the ban has expired
		u.Banned, u.BanReason, u.BanExpires, u.UpdatedAt = false, nil, nil, a.opts.Now()
		if err := t.Select("banned", "ban_reason", "ban_expires", "updated_at").Updates(u).Error; err != nil {
			return nil, err
		}
	}
	start := a.endPresentedAndStart
	if in.Replace {
		start = a.replaceSession
	}
	s, err := start(t, r, u, in)
	if err != nil {
		return nil, err
	}
	t.recordEvent(s.actor(), in.Event, u.ID)
	if !in.NewDevice {
		return s, nil
	}
	return s, a.warn(t, s.actor(), u, letter.NewDevice, "")
}

// endPresentedAndStart ends the session of the request, if any, and starts one.
func (a *Auth) endPresentedAndStart(t *Tx, r *http.Request, u *User, in Start) (*Session, error) {
	if err := a.endPresentedBy(t, r); err != nil {
		return nil, err
	}
	return a.storeSession(t, r, u, in)
}

// endPresentedBy ends the session of the request, if any, whose cookies the answer replaces.
func (a *Auth) endPresentedBy(t *Tx, r *http.Request) error {
	token, _ := a.readSigned(r, tokenCookie)
	t.replace(token)
	presented, err := t.sessionOf(token)
	if presented == nil || err != nil {
		return err
	}
	return a.endPresented(t, r, presented)
}

// replaceSession starts a session that takes over the links of in.Presented, and deletes in.Presented. Impersonations
// by its user go on. Refusals: those of requireLive.
func (a *Auth) replaceSession(t *Tx, r *http.Request, u *User, in Start) (*Session, error) {
	if err := t.lockLive(in.Presented); err != nil { // before its links: see Transact
		return nil, err
	}
	s, err := a.storeSession(t, r, u, in)
	if err != nil {
		return nil, err
	}
	err = t.Model(&Verification{}).Where("session_id = ?", in.Presented.ID).Update("session_id", s.ID).Error
	if err != nil {
		return nil, err
	}
	t.replace(in.Presented.token)
	return s, t.deleteSession(in.Presented)
}

// storeSession stores a new session of u and clears u.Pending. The token goes into a cookie after the commit.
func (a *Auth) storeSession(t *Tx, r *http.Request, u *User, in Start) (*Session, error) {
	life := a.opts.ExpiresIn
	if !in.Remember {
		life = a.opts.BriefExpiresIn
	}
	spared := ""
	if in.Replace {
		spared = in.Presented.ID
	}
	if err := t.makeRoom(u.ID, spared); err != nil {
		return nil, err
	}
	life = min(life, a.opts.MaxAge)
	if in.KeepAge {
		life = min(life, a.opts.MaxAge-a.opts.Now().Sub(in.Presented.CreatedAt))
	}
	s := a.buildSession(r, u.ID, life)
	s.Remember, s.AMR = in.Remember, in.AMR
	if in.KeepAge {
		s.CreatedAt = in.Presented.CreatedAt
	}
	if err := t.Create(s).Error; err != nil {
		return nil, err
	}
	s.User = u
	return s, t.clearPending(u)
}
