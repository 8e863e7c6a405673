package auth

import (
	"net/http"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/errs"
)

// SendVerificationEmail mails a link that verifies an address. s is nil for a stranger, who learns neither from the
// answer nor from its time whether the address has an account. Refusals: 400 VALIDATION_ERROR, and for s
// EMAIL_MISMATCH, EMAIL_ALREADY_VERIFIED.
func (a *Auth) SendVerificationEmail(r *http.Request, s *Session, rawEmail, callbackURL string) error {
	email, err := validEmail(rawEmail)
	if err != nil {
		return err
	}
	if s == nil {
		defer a.PadTiming(r.Context())()
		return a.mailLinkTo(r, a.stranger(r), email, letter.VerifyEmail, callbackURL)
	}
	if s.User.Email != email {
		return errs.New(http.StatusBadRequest, "EMAIL_MISMATCH", "You can only send a verification email to your own email")
	}
	if s.User.EmailVerified {
		return errs.New(http.StatusBadRequest, "EMAIL_ALREADY_VERIFIED", "Email is already verified")
	}
	return a.mailLinkTo(r, s.actor(), email, letter.VerifyEmail, callbackURL)
}

// Confirmation is what a mailed link about an address would do.
type Confirmation struct {
	Purpose  letter.Purpose // VerifyEmail, ConfirmEmailChange or ChangeEmail
	Email    string         // the address it is about
	Password bool           // ConfirmEmail asks for the password of the account

	// CallbackURL is where the client that asked for the link wants the browser to go in the end: a path of this site or
	// an address on a trusted origin, "" for nowhere in particular.
	CallbackURL string

	link *Verification
}

// PeekConfirmation looks a link up for s, nil for a stranger, and changes nothing. Refusals: 401 INVALID_TOKEN,
// TOKEN_EXPIRED, INVALID_USER if the link is not s's; 403 while impersonating.
func (a *Auth) PeekConfirmation(r *http.Request, s *Session, token string) (Confirmation, error) {
	v, err := a.findLink(r.Context(), token, addressLinks...)
	if err != nil {
		return Confirmation{}, tokenError(http.StatusUnauthorized, err)
	}
	if err := mayConfirm(s, v); err != nil {
		return Confirmation{}, err
	}
	_, own := a.signedUpHere(r, v)
	c := Confirmation{Purpose: v.Purpose, Email: v.Email, Password: s == nil && !own, link: v}
	if a.origins.MaySend(v.CallbackURL) { // the origin may have lost its trust meanwhile
		c.CallbackURL = v.CallbackURL
	}
	return c, nil
}

// ConfirmEmail is VerifyEmail for pages; c is what PeekConfirmation returned for s. It demands proof that the visitor
// owns the account, because an attacker may have made it with a victim's address and wait for the victim to confirm it
// (pre-hijacking). The proof is a session of the account, s; or the browser that signed up (see Registration.FromPage);
// or the password. Without s it starts a session. It returns the session that the browser has then, nil for none.
// Refusals: 401 INVALID_TOKEN, USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL, INVALID_USER if the link is not s's; 400
// VALIDATION_ERROR, INVALID_PASSWORD, CREDENTIAL_ACCOUNT_NOT_FOUND and 429 as for a sign-in, and 401 if s has ended
// meanwhile (the link survives these); 403 BANNED_USER, or while impersonating; *SecondStep.
func (a *Auth) ConfirmEmail(
	w http.ResponseWriter, r *http.Request, s *Session, c Confirmation, password string,
) (*Session, error) {
	if err := mayConfirm(s, c.link); err != nil {
		return nil, err
	}
	p, own := a.signedUpHere(r, c.link)
	o := opening{session: s, signIn: s == nil, remember: p.remember}
	if s == nil && !own {
		var err error
		if o.proved, err = a.checkPasswordOfLink(r, c.link, password); err != nil {
			return nil, err
		}
		o.remember = true
	}
	_, newSession, err := a.applyLink(w, r, c.link, o)
	if err != nil {
		return nil, err
	}
	if own {
		a.clearCookie(w, r, pendingCookie)
	}
	if newSession != nil {
		return newSession, nil
	}
	return s, nil
}

// mayConfirm refuses a link of another user than that of s, and an impersonation.
func mayConfirm(s *Session, v *Verification) error {
	if s == nil {
		return nil
	}
	if s.UserID != v.UserID {
		return errInvalidUser
	}
	return NotImpersonating(s)
}

// checkPasswordOfLink checks the password of the account that a link belongs to. It is counted like a sign-in.
func (a *Auth) checkPasswordOfLink(r *http.Request, v *Verification, password string) (*Account, error) {
	if password == "" {
		return nil, errs.Invalid("password", "VALIDATION_ERROR", "Enter your password.")
	}
	u, err := a.User(r.Context(), v.UserID)
	if err != nil {
		return nil, err
	}
	if err := a.Count(r, actSignIn, func() string { return u.Email }); err != nil {
		return nil, err
	}
	account, err := a.checkPassword(r, a.stranger(r), u, event.SignInFailed, password)
	return &account, err
}

// opening is the way in which a link about an address was opened.
type opening struct {
	session   *Session // nil for a stranger
	proved    *Account // whose password the stranger typed, else nil
	signIn    bool     // start a session; without a password only on the first verification
	remember  bool
	pendingID string // the pending account that has the new address, for deletePending; else ""
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
			u, err = a.User(r.Context(), v.UserID)
			return u, nil, err
		}
	}
	if v.Purpose == letter.ChangeEmail {
		if o.pendingID, _, err = a.addressTaken(r.Context(), v.Email, v.UserID); err != nil {
			return nil, nil, err
		}
	}
	by := a.actorFor(r, v.UserID)
	if v.SessionID != nil { // the next link of a change belongs to the session that asked for the first
		by.sessionID = *v.SessionID
	}
	if s := o.session; s != nil && s.UserID == v.UserID && v.Purpose != letter.ConfirmEmailChange {
		_, err = a.transactSession(w, r, func(t *Tx) (*Session, error) {
			if u, _, err = a.applyLocked(t, by, v, o); err != nil {
				return nil, err
			}
			if _, err := t.LockOwner(s); err != nil {
				return nil, err
			}
			s.User = u
			return s, nil
		})
		return u, nil, tokenError(http.StatusUnauthorized, err)
	}
	start := Start{Event: event.SignIn, Remember: o.remember, AMR: amrMail}
	if o.proved != nil {
		start.AMR = amrPassword
	}
	newSession, err = a.SignIn(w, r, start, func(t *Tx) (*User, error) {
		var first bool
		if u, first, err = a.applyLocked(t, by, v, o); err != nil || !o.signIn {
			return nil, err
		}
		if o.proved == nil && (!first || u.BannedAt(a.opts.Now())) {
			return nil, nil
		}
		return u, nil
	})
	return u, newSession, tokenError(http.StatusUnauthorized, err)
}

// applyLocked applies a link to its user, in t; first reports that it verified a new address.
func (a *Auth) applyLocked(t *Tx, by actor, v *Verification, o opening) (u *User, first bool, err error) {
	if err := a.lockBothAndDeletePending(t, by, o.pendingID, v); err != nil {
		return nil, false, err
	}
	if o.proved != nil {
		if _, err := a.recheckLocked(t, *o.proved, ""); err != nil {
			return nil, false, err
		}
	}
	if u, err = t.useLink(v); err != nil {
		return nil, false, err
	}
	switch v.Purpose {
	case letter.ConfirmEmailChange:
		return u, false, a.mailLink(t, by, u, letter.ChangeEmail, v.Email, v.CallbackURL)
	case letter.ChangeEmail:
		return u, false, a.setEmail(t, by, u, v.Email)
	}
	first = !u.EmailVerified
	return u, first, a.setVerified(t, by, u, v.Email)
}

// setVerified marks the address of u as verified, if it still is the one of the link.
func (a *Auth) setVerified(t *Tx, by actor, u *User, email string) error {
	if u.Email != email {
		return errNoLink
	}
	u.EmailVerified, u.Pending, u.UpdatedAt = true, false, a.opts.Now()
	t.invalidate(u.ID)
	t.recordEvent(by, event.EmailVerified, u.ID)
	return t.Select("email_verified", "pending", "updated_at").Updates(u).Error
}
