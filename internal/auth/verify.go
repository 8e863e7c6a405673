package auth

import (
	"errors"
	"net/http"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

// SendVerificationEmail mails a link that verifies an address. by is who is signed in, nil for a stranger; a
// stranger learns neither from the answer nor from its time whether the address is anybody's. Refusals: 400
// VALIDATION_ERROR, and for by EMAIL_MISMATCH, EMAIL_ALREADY_VERIFIED; 429 when asked too often.
func (a *Auth) SendVerificationEmail(r *http.Request, by *Session, rawEmail, callbackURL string) error {
	email, err := validEmail(rawEmail)
	if err != nil {
		return err
	}
	if by == nil {
		by = &Session{from: a.from(r)}
		defer a.padTiming(r.Context())()
	} else if by.User.Email != email {
		return errs.New(http.StatusBadRequest, "EMAIL_MISMATCH", "You can only send a verification email to your own email")
	} else if by.User.EmailVerified {
		return errs.New(http.StatusBadRequest, "EMAIL_ALREADY_VERIFIED", "Email is already verified")
	}
	return a.mailTo(r, by, email, letter.VerifyEmail, func(u *User) bool { return !u.EmailVerified }, func(t *transaction, u *User) error {
		return a.mailLink(t, by, u, letter.VerifyEmail, u.Email, callbackURL)
	})
}

// VerifyEmail uses a mailed link: it verifies an address, allows its change, or makes the change, whatever the link
// is for. s is who is signed in, nil for a stranger; somebody else's address is verified in s's browser, but not changed,
// and s stays signed in. An address changes in a session of its user only: a mail scanner opens links, too. callbackURL
// goes into the next mail of a change. It returns the user, and whether the address changed. Refusals: 401
// INVALID_TOKEN, TOKEN_EXPIRED, INVALID_USER, USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL.
func (a *Auth) VerifyEmail(w http.ResponseWriter, r *http.Request, s *Session, token, callbackURL string) (u *User, changed bool, err error) {
	v, err := a.link(r.Context(), token, letter.VerifyEmail, letter.ConfirmEmailChange, letter.ChangeEmail)
	if err != nil {
		return nil, false, tokenError(http.StatusUnauthorized, err)
	}
	if !mayFollow(s, v) {
		return nil, false, errs.New(http.StatusUnauthorized, "INVALID_USER", "Invalid user")
	}
	u, _, err = a.follow(w, r, s, v, callbackURL, entry{signIn: s == nil && a.opts.AutoSignInAfterVerification, remember: true})
	return u, err == nil && v.Purpose == letter.ChangeEmail, err
}

// mayFollow reports whether a link works for s, nil for a stranger, without a password.
func mayFollow(s *Session, v *Verification) bool {
	switch v.Purpose {
	case letter.VerifyEmail:
		return true
	case letter.ConfirmEmailChange: // the old address may be read in another browser
		return s == nil || s.UserID == v.UserID
	}
	return s != nil && s.UserID == v.UserID && s.ImpersonatedBy == nil
}

// entry says whether following a link also signs in. Without a password only the first link of an account does.
type entry struct {
	signIn, remember bool
	proof            *Account // whose password was proved, nil for nobody's
}

// follow uses a link about an address, and returns its user and the session that it began, if any.
func (a *Auth) follow(w http.ResponseWriter, r *http.Request, s *Session, v *Verification, callbackURL string, in entry) (u *User, fresh *Session, err error) {
	mayMail, squatter := true, ""
	switch v.Purpose {
	case letter.ConfirmEmailChange:
		mayMail, err = a.mayMail(r.Context(), letter.ChangeEmail, v.Email)
	case letter.ChangeEmail:
		squatter, _, err = a.heldBy(r.Context(), v.Email, v.UserID)
	}
	if err != nil {
		return nil, nil, err
	}
	by := &Session{UserID: v.UserID, from: a.from(r)}
	if v.SessionID != nil { // the next link of a change is also one of the session that asked
		by.ID = *v.SessionID
	}
	readAt := a.opts.Now() // before the transaction: see load
	err = a.transact(r.Context(), func(t *transaction) error {
		if err := a.evictSquatter(t, by, squatter, v); err != nil {
			return err
		}
		if in.proof != nil {
			if _, err := a.admit(t, *in.proof, ""); err != nil {
				return err
			}
		}
		if !mayMail { // the link stays good for later
			u, err = t.lockUser(v.UserID)
			return notFound(err)
		}
		var first bool
		if u, first, err = a.act(t, by, v, callbackURL); err != nil {
			return err
		}
		if !in.signIn || !first && in.proof == nil || u.banned(readAt) {
			return nil
		}
		if fresh, err = a.newSession(t, r, u, in.remember); err != nil {
			return err
		}
		t.event(fresh, event.SignIn, u.ID)
		return nil
	})
	if err != nil {
		return nil, nil, tokenError(http.StatusUnauthorized, err)
	}
	switch {
	case fresh != nil:
		a.setSessionCookies(w, r, fresh, readAt)
		a.knowDevice(w, r, u)
	case s != nil && s.UserID == v.UserID && v.Purpose != letter.ConfirmEmailChange: // the cache must not show the old address
		s.User = u
		a.setSessionCookies(w, r, s, readAt)
	}
	return u, fresh, nil
}

// act does what a link about an address is for; first tells that it verified one that was not.
func (a *Auth) act(t *transaction, by *Session, v *Verification, callbackURL string) (u *User, first bool, err error) {
	if u, err = t.useLink(v); err != nil {
		return nil, false, err
	}
	switch v.Purpose {
	case letter.ConfirmEmailChange:
		return u, false, a.mailLink(t, by, u, letter.ChangeEmail, v.Email, or(callbackURL, v.CallbackURL))
	case letter.ChangeEmail:
		return u, false, a.moveUser(t, by, u, v.Email)
	}
	if u.Email != v.Email {
		return nil, false, errNoLink
	}
	first = !u.EmailVerified
	u.EmailVerified, u.Pending, u.UpdatedAt = true, false, a.opts.Now()
	t.void = append(t.void, u.ID)
	if err := t.Select("email_verified", "pending", "updated_at").Updates(u).Error; err != nil {
		return nil, false, err
	}
	t.event(by, event.EmailVerified, u.ID)
	return u, first, nil
}

// moveUser gives a user another address, which a mail has just proved to be theirs. Links mailed to the old one end.
func (a *Auth) moveUser(t *transaction, by *Session, u *User, email string) error {
	old, wasTheirs := u.Email, u.EmailVerified
	u.Email, u.EmailVerified, u.UpdatedAt = email, true, a.opts.Now()
	t.void = append(t.void, u.ID)
	err := t.Select("email", "search", "email_verified", "updated_at").Updates(u).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) { // taken since it was asked for
		return takenError(http.StatusUnauthorized)
	}
	if err != nil {
		return err
	}
	if err := a.claim(t, u, http.StatusUnauthorized); err != nil {
		return err
	}
	if err := t.dropLinks(u.ID); err != nil {
		return err
	}
	if wasTheirs {
		if err := a.mailUndo(t, u, old); err != nil {
			return err
		}
	}
	t.event(by, event.EmailChanged, u.ID)
	return nil
}

// ChangeEmail mails the link that moves s's user to another address: to the old address first with
// Options.ConfirmEmailChange, else to the new one, which asks for a session younger than Options.ReauthAge. An
// address that is taken is answered alike, and gets no mail. Refusals: 400 VALIDATION_ERROR; 401 where s is nil; 400 "Email is the same";
// 403 SESSION_NOT_FRESH; 401 where s has ended meanwhile; 429 when asked too often. With Options.Notices the old address is
// told, with a link that stops the change, unless it is asked anyway.
func (a *Auth) ChangeEmail(r *http.Request, s *Session, newEmail, callbackURL string) error {
	email, err := validEmail(newEmail)
	if err != nil {
		return onField(err, "newEmail")
	}
	if s == nil {
		return errs.Unauthenticated()
	}
	if err := notImpersonating(s); err != nil {
		return err
	}
	if email == s.User.Email {
		return errs.Invalid("newEmail", "", "Email is the same")
	}
	purpose := letter.ChangeEmail
	if a.opts.ConfirmEmailChange && s.User.EmailVerified {
		purpose = letter.ConfirmEmailChange
	} else if err := a.youngerThan(a.opts.ReauthAge, s); err != nil {
		return err
	}
	defer a.padTiming(r.Context())()
	if _, taken, err := a.heldBy(r.Context(), email, s.UserID); taken || err != nil {
		return err
	}
	if may, err := a.mayMailChange(r.Context(), s.User, purpose, email); !may || err != nil {
		return err
	}
	return a.transact(r.Context(), func(t *transaction) error {
		u, err := t.lockUser(s.UserID)
		if err != nil {
			return notFound(err)
		}
		if a.tellsOfChange(u, purpose) {
			if err := a.mailStop(t, u, email); err != nil {
				return err
			}
		}
		return a.mailLink(t, s, u, purpose, email, callbackURL)
	})
}
