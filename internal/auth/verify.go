package auth

import (
	"cmp"
	"errors"
	"net/http"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

// SendVerificationEmail mails a link that verifies an address. s is nil for a stranger, who learns neither from the
// answer nor from its time whether the address has an account. Refusals: 400 VALIDATION_ERROR, and for s
// EMAIL_MISMATCH, EMAIL_ALREADY_VERIFIED.
func (a *Auth) SendVerificationEmail(r *http.Request, s *Session, rawEmail, callbackURL string) error {
	email, err := validEmail(rawEmail)
	if err != nil {
		return err
	}
	by := a.stranger(r)
	if s == nil {
		defer a.padTiming(r.Context())()
	} else {
		by = s.actor()
		if s.User.Email != email {
			return errs.New(http.StatusBadRequest, "EMAIL_MISMATCH", "You can only send a verification email to your own email")
		}
		if s.User.EmailVerified {
			return errs.New(http.StatusBadRequest, "EMAIL_ALREADY_VERIFIED", "Email is already verified")
		}
	}
	due := func(u *User) bool { return !u.EmailVerified }
	return a.mailTo(r, by, email, letter.VerifyEmail, due, func(t *transaction, u *User) error {
		return a.mailLink(t, by, u, letter.VerifyEmail, u.Email, callbackURL)
	})
}

// VerifyEmail applies a mailed link: it verifies an address, allows its change, or makes the change. s is nil for a
// stranger. In the session of another user it verifies, but does not change, the address, and s goes on. An address
// changes only in a session of its user, because mail scanners open links, too. callbackURL goes into the next mail
// of a change. It returns the user, and whether the address changed. Refusals: 401 INVALID_TOKEN, TOKEN_EXPIRED,
// INVALID_USER, USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL.
func (a *Auth) VerifyEmail(
	w http.ResponseWriter, r *http.Request, s *Session, token, callbackURL string,
) (u *User, changed bool, err error) {
	v, err := a.link(r.Context(), token, letter.VerifyEmail, letter.ConfirmEmailChange, letter.ChangeEmail)
	if err != nil {
		return nil, false, tokenError(http.StatusUnauthorized, err)
	}
	if !mayApply(s, v) {
		return nil, false, errInvalidUser()
	}
	enter := s == nil && a.opts.AutoSignInAfterVerification
	o := opening{session: s, callbackURL: callbackURL, signIn: enter, remember: true}
	if u, _, err = a.applyLink(w, r, v, o); err != nil {
		return nil, false, err
	}
	return u, v.Purpose == letter.ChangeEmail, nil
}

// mayApply reports whether a link works without a password in the browser of s, nil for a stranger.
func mayApply(s *Session, v *Verification) bool {
	switch v.Purpose {
	case letter.VerifyEmail:
		return true
	case letter.ConfirmEmailChange: // the old address may be read in another browser
		return s == nil || s.UserID == v.UserID
	}
	return s != nil && s.UserID == v.UserID && s.ImpersonatedBy == nil
}

// opening is the way in which a link about an address was opened.
type opening struct {
	session     *Session // nil for a stranger
	proved      *Account // whose password the stranger typed, else nil
	signIn      bool     // start a session; without a password only on the first verification
	remember    bool
	callbackURL string // for the next mail of a change
}

// applyLink uses a link about an address. It returns the user, and the session that it started, if any.
func (a *Auth) applyLink(
	w http.ResponseWriter, r *http.Request, v *Verification, o opening,
) (u *User, newSession *Session, err error) {
	if v.Purpose == letter.ConfirmEmailChange {
		may, err := a.mayMail(r.Context(), letter.ChangeEmail, v.Email)
		if err != nil {
			return nil, nil, err
		}
		if !may { // the link stays good for later
			u, err := a.User(r.Context(), v.UserID)
			return u, nil, err
		}
	}
	apply, err := a.linkEffect(r, v, o)
	if err != nil {
		return nil, nil, err
	}
	if s := o.session; s != nil && s.UserID == v.UserID && v.Purpose != letter.ConfirmEmailChange {
		_, err = a.transactSession(w, r, func(t *transaction) (*Session, error) {
			if u, _, err = apply(t); err != nil {
				return nil, err
			}
			s.User = u
			return s, nil
		})
		return u, nil, tokenError(http.StatusUnauthorized, err)
	}
	way := entry{event: event.SignIn, remember: o.remember}
	newSession, err = a.signIn(w, r, way, func(t *transaction) (*User, error) {
		var first bool
		if u, first, err = apply(t); err != nil || !o.signIn {
			return nil, err
		}
		if o.proved == nil && (!first || u.banned(a.opts.Now())) {
			return nil, nil
		}
		return u, nil
	})
	return u, newSession, tokenError(http.StatusUnauthorized, err)
}

// effect is what a link does to its user in a transaction; first reports that it verified a new address.
type effect func(t *transaction) (u *User, first bool, err error)

func (a *Auth) linkEffect(r *http.Request, v *Verification, o opening) (effect, error) {
	squatter := ""
	if v.Purpose == letter.ChangeEmail {
		var err error
		if squatter, _, err = a.heldBy(r.Context(), v.Email, v.UserID); err != nil {
			return nil, err
		}
	}
	by := a.actorFor(r, v.UserID)
	if v.SessionID != nil { // the next link of a change belongs to the session that asked for the first
		by.sessionID = *v.SessionID
	}
	return func(t *transaction) (*User, bool, error) {
		if err := a.evictSquatter(t, by, squatter, v); err != nil {
			return nil, false, err
		}
		if o.proved != nil {
			if _, err := a.recheckLocked(t, *o.proved, ""); err != nil {
				return nil, false, err
			}
		}
		u, err := t.useLink(v)
		if err != nil {
			return nil, false, err
		}
		switch v.Purpose {
		case letter.ConfirmEmailChange:
			return u, false, a.mailLink(t, by, u, letter.ChangeEmail, v.Email, cmp.Or(o.callbackURL, v.CallbackURL))
		case letter.ChangeEmail:
			return u, false, a.setEmail(t, by, u, v.Email)
		}
		first := !u.EmailVerified
		return u, first, a.setVerified(t, by, u, v.Email)
	}, nil
}

// setVerified marks the address of u as verified, if it still is the one of the link.
func (a *Auth) setVerified(t *transaction, by actor, u *User, email string) error {
	if u.Email != email {
		return errNoLink
	}
	u.EmailVerified, u.Pending, u.UpdatedAt = true, false, a.opts.Now()
	t.invalidate(u.ID)
	t.recordEvent(by, event.EmailVerified, u.ID)
	return t.Select("email_verified", "pending", "updated_at").Updates(u).Error
}

// setEmail gives a user another address, which a mailed link has proved. Links mailed to the old one end.
func (a *Auth) setEmail(t *transaction, by actor, u *User, email string) error {
	old, proved := u.Email, u.EmailVerified
	u.Email, u.EmailVerified, u.UpdatedAt = email, true, a.opts.Now()
	t.invalidate(u.ID)
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
	t.recordEvent(by, event.EmailChanged, u.ID)
	if !proved {
		return nil
	}
	return a.mailUndo(t, u, old)
}

// ChangeEmail mails the link that moves s's user to another address: to the old address first with
// Options.ConfirmEmailChange, else to the new one, which demands a session younger than Options.ReauthAge. A taken
// address is answered alike, and gets no mail. With Options.Notices the old address gets a warning with a link that
// stops the change, unless it is asked anyway. Refusals: 400 VALIDATION_ERROR, "Email is the same"; 403
// SESSION_NOT_FRESH; 401 if s has ended meanwhile.
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
	} else if err := a.requireRecent(s); err != nil {
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
		if a.warnsOfChange(u, purpose) {
			if err := a.mailStop(t, u, email); err != nil {
				return err
			}
		}
		return a.mailLink(t, s.actor(), u, purpose, email, callbackURL)
	})
}
