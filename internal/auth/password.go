package auth

import (
	"errors"
	"net/http"
	"time"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/auth/password"
	"example.com/foyer/internal/auth/revoke"
	"example.com/foyer/internal/text"
)

// CheckNewPassword returns nil if the owner of an address may choose a password. It only judges: it reads no store and
// records nothing. Refusals: 400 PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_TOO_COMMON.
func (a *Auth) CheckNewPassword(typed, email string) error {
	_, err := a.policy.Check(typed, text.LowerASCII(email))
	return err
}

// ChangePassword replaces the password of s's user, who has to type the current one. It returns a new session; the
// presented one ends, and every link that changes the account. With others every other session ends, too. Refusals:
// 400 INVALID_PASSWORD, PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_TOO_COMMON, CREDENTIAL_ACCOUNT_NOT_FOUND; 401
// if s has ended meanwhile; 403 while impersonating; 429 after too many failures.
func (a *Auth) ChangePassword(
	w http.ResponseWriter, r *http.Request, s *Session, current, next string, others bool,
) (*Session, error) {
	if err := NotImpersonating(s); err != nil {
		return nil, err
	}
	normal, err := a.policy.Check(next, s.User.Email)
	if err != nil {
		return nil, onField(err, "newPassword")
	}
	account, err := a.checkOwnPassword(r, s, current)
	if err != nil {
		return nil, onField(err, "currentPassword")
	}
	hash, err := a.hasher.Hash(r.Context(), password.Place{}, normal)
	if err != nil {
		return nil, err
	}
	start := Start{
		Event: event.PasswordChanged, Remember: s.Remember, AMR: amrAfter(s, amrPassword), Presented: s,
		KeepAge: s.User.SecondFactor && !a.RecentlyAuthenticated(s), // the password alone does not prove both factors
	}
	return a.SignIn(w, r, start, func(t *Tx) (*User, error) {
		if _, err := t.LockOwner(s); err != nil { // or a session that has just ended would go on as another
			return nil, err
		}
		if err := t.lockLive(s); err != nil { // before its links: see Transact
			return nil, err
		}
		user, err := a.recheckLocked(t, account, "")
		if err != nil {
			return nil, err
		}
		if err := t.setPassword(user.ID, hash, a.opts.Now()).Error; err != nil {
			return nil, err
		}
		end := t.CredentialChanged
		if others {
			end = t.endSessions
		}
		if err := end(user.ID); err != nil {
			return nil, err
		}
		// A thief with the old password may have asked for any of these.
		err = t.dropLinksButUndo(user.ID,
			letter.ResetPassword, letter.ConfirmEmailChange, letter.ChangeEmail,
			letter.DeleteAccount, // part:betterauth
		)
		if err != nil {
			return nil, err
		}
		return user, a.warn(t, s.actor(), user, letter.PasswordChanged, "")
	})
}

// CheckPassword returns nil if password is that of s's user. Refusals: 400 INVALID_PASSWORD,
// CREDENTIAL_ACCOUNT_NOT_FOUND; 403 while impersonating; 429 after too many failures.
func (a *Auth) CheckPassword(r *http.Request, s *Session, password string) error {
	_, err := a.checkOwnPassword(r, s, password)
	return err
}

// Reauthenticate checks the password of s's user again and replaces s with a new session and token: the age of the
// session is the only clock of RecentlyAuthenticated. The links and impersonations of s go on. code proves the second
// factor; it is ignored without one. Refusals: those of CheckPassword, and of the part that checks the code.
func (a *Auth) Reauthenticate(
	w http.ResponseWriter, r *http.Request, s *Session, password, code string,
) (*Session, error) {
	account, err := a.checkOwnPassword(r, s, password)
	if err != nil {
		return nil, err
	}
	start := Start{
		Event: event.Reauthenticated, Remember: s.Remember, AMR: amrAfter(s, amrPassword), Presented: s, Replace: true,
	}
	if s.User.SecondFactor {
		start.AMR = amrAfter(s, amrPassword+amrSecond)
	}
	return a.SignIn(w, r, start, func(t *Tx) (*User, error) {
		u, err := a.recheckLocked(t, account, "")
		if err != nil || !s.User.SecondFactor {
			return u, err
		}
		if ok, err := a.proveSecond(t, r, u, code); !ok || err != nil {
			return nil, err
		}
		return u, nil
	})
}

func (a *Auth) checkOwnPassword(r *http.Request, s *Session, password string) (Account, error) {
	if err := NotImpersonating(s); err != nil {
		return Account{}, err
	}
	return a.checkPassword(r, s.actor(), s.User, event.PasswordRefused, password)
}

// amrAfter is the AMR of a session in place of s whose user was proved by amr. A proof lowers no session: one that
// began with two factors, such as a passkey, still counts as one.
func amrAfter(s *Session, amr string) string {
	if s.MultiFactor() {
		return s.AMR
	}
	return amr
}

// RecentlyAuthenticated reports whether s is younger than Options.ReauthAge and, if its user has a second factor, was
// started with it. An impersonation never is. A session from the future may be another instance's. One from further
// ahead than clocks differ started before the clock was set back. It is refused, because it would stay young until that
// time comes again.
func (a *Auth) RecentlyAuthenticated(s *Session) bool {
	age := a.opts.Now().Sub(s.CreatedAt)
	return s.ImpersonatedBy == nil && age > -revoke.ClockSkew && age < a.opts.ReauthAge &&
		(!s.User.SecondFactor || s.MultiFactor())
}

// RequireRecent refuses s where it may not change a credential: 403 FORBIDDEN while impersonating, 403
// SESSION_NOT_FRESH unless it is RecentlyAuthenticated. Credentials outlive the session, so that a thief, or an admin
// who acts as the user, would keep a way in.
func (a *Auth) RequireRecent(s *Session) error {
	if err := NotImpersonating(s); err != nil {
		return err
	}
	if a.RecentlyAuthenticated(s) {
		return nil
	}
	return ErrNotFresh
}

// RequestPasswordReset mails a link to choose a new password, if the address has an account. Neither the answer nor
// its time tells a stranger whether it has. callbackURL is where the link leads in the end. Refusals: 400
// VALIDATION_ERROR.
func (a *Auth) RequestPasswordReset(r *http.Request, rawEmail, callbackURL string) error {
	email, err := validEmail(rawEmail)
	if err != nil {
		return err
	}
	defer a.PadTiming(r.Context())()
	return a.mailLinkTo(r, a.stranger(r), email, letter.ResetPassword, callbackURL)
}

// ResetPassword sets a new password by a mailed token, once. Every session of the user ends, and every other link but
// those that undo a change of address. The address becomes verified, because the mail has arrived. No session starts,
// but the device becomes a known one, so that an attacker who guesses passwords cannot keep the owner from the next
// sign-in. Refusals: 400 INVALID_TOKEN, PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_TOO_COMMON (the token survives
// the last three).
func (a *Auth) ResetPassword(w http.ResponseWriter, r *http.Request, token, next string) error {
	// Before any hashing, so that a made-up token costs only a query.
	v, err := a.findLink(r.Context(), token, letter.ResetPassword, letter.SetPassword)
	if err != nil {
		return invalidToken(http.StatusBadRequest, err)
	}
	normal, err := a.policy.Check(next, v.Email)
	if err != nil {
		return onField(err, "newPassword")
	}
	hash, err := a.hasher.Hash(r.Context(), password.Place{}, normal)
	if err != nil {
		return err
	}
	var u *User
	err = a.Transact(r.Context(), func(t *Tx) error {
		u, err = t.useLink(v)
		if err != nil {
			return err
		}
		if u.Email != v.Email {
			return errNoLink
		}
		if !u.EmailVerified {
			if err := a.TakeOver(t, r, u); err != nil {
				return err
			}
		}
		return a.replacePassword(t, a.actorFor(r, u.ID), event.PasswordReset, u, hash)
	})
	if err != nil {
		return invalidToken(http.StatusBadRequest, err)
	}
	a.rememberDevice(w, r, u)
	return nil
}

// TakeOver gives u, locked, to the owner of its address, who has just proved it. Until then a stranger may have used
// the account (pre-hijacking): the password, the sessions, the links but undo links, and every credential of parts end.
// The address becomes verified, which TakeOver records.
func (a *Auth) TakeOver(t *Tx, r *http.Request, u *User) error {
	by := a.actorFor(r, u.ID)
	t.recordEvent(by, event.EmailVerified, u.ID)
	return a.takeOver(t, by, u)
}

func (a *Auth) takeOver(t *Tx, by actor, u *User) error {
	now := a.opts.Now()
	u.EmailVerified, u.Pending, u.UpdatedAt = true, false, now
	return errors.Join(
		a.dropPartCredentials(t, by, u, time.Time{}), t.SetSecondFactor(u, false),
		t.clearPassword(u.ID, now), t.endSessions(u.ID), t.dropLinksButUndo(u.ID),
		t.Select("email_verified", "pending", "updated_at").Updates(u).Error,
	)
}

// replacePassword gives a user another, or a first, password. Every session of the user ends, and every link but undo
// links. It records the event name and warns the user.
func (a *Auth) replacePassword(t *Tx, by actor, name event.Name, u *User, hash string) error {
	now := a.opts.Now()
	set := t.setPassword(u.ID, hash, now)
	if set.Error != nil {
		return set.Error
	}
	if set.RowsAffected == 0 {
		if err := t.addPassword(u.ID, hash, now); err != nil {
			return err
		}
	}
	if err := errors.Join(t.clearPending(u), t.endSessions(u.ID), t.dropLinksButUndo(u.ID)); err != nil {
		return err
	}
	t.recordEvent(by, name, u.ID)
	return a.warn(t, by, u, letter.PasswordChanged, "")
}
