package auth

import (
	"net/http"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/errs"
)

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
	v, err := a.link(r.Context(), token, letter.VerifyEmail, letter.ConfirmEmailChange, letter.ChangeEmail)
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
// (pre-hijacking). The proof is a session of the account, s; or the browser that signed up (see Registration.Pending);
// or the password. Without s it starts a session. It returns the session that the browser has then, nil for none.
// Refusals: 401 INVALID_TOKEN, USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL; 400 INVALID_PASSWORD and 429 as for a sign-in
// (the link survives these); 403 BANNED_USER.
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
		a.clearPending(w, r)
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
		return errInvalidUser()
	}
	return notImpersonating(s)
}

func errInvalidUser() error { return errs.New(http.StatusUnauthorized, "INVALID_USER", "Invalid user") }

// signedUpHere reports whether this browser signed up the account whose address the link verifies. For a change of
// address that is no proof: the account may have changed hands.
func (a *Auth) signedUpHere(r *http.Request, v *Verification) (pending, bool) {
	p, ok := a.readPending(r)
	return p, ok && v.Purpose == letter.VerifyEmail && p.userID == v.UserID
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
