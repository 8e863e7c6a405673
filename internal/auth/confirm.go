package auth

import (
	"context"
	"net/http"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/errs"
)

// Confirmation is what a mailed link about an address would do for whoever opens it.
type Confirmation struct {
	Purpose  letter.Purpose // VerifyEmail, ConfirmEmailChange or ChangeEmail
	Email    string         // the address it is about
	Password bool           // ConfirmEmail asks for the password of the account

	// CallbackURL is where the client that asked for the link wants the browser to go in the end: a path of this site or
	// an address on a trusted origin, "" for nowhere in particular.
	CallbackURL string
}

// PeekConfirmation tells what ConfirmEmail would do, and changes nothing. Its refusals are those about the link.
func (a *Auth) PeekConfirmation(r *http.Request, s *Session, token string) (Confirmation, error) {
	v, err := a.ownLink(r.Context(), s, token)
	if err != nil {
		return Confirmation{}, err
	}
	_, bound := a.bound(r, v)
	c := Confirmation{Purpose: v.Purpose, Email: v.Email, Password: s == nil && !bound}
	if a.origins.MaySend(v.CallbackURL) { // an origin may be trusted no more
		c.CallbackURL = v.CallbackURL
	}
	return c, nil
}

// ConfirmEmail is VerifyEmail for pages: it acts only for whoever has shown to own the account, so that a stranger who
// made one of somebody's address gains nothing when that somebody confirms it. Those are s, who is signed in; the
// browser that signed up (see Registration.Pending); anywhere else who knows the password. The last two are signed in.
// It returns who is signed in then, nil for nobody. Refusals: 401 INVALID_TOKEN, TOKEN_EXPIRED,
// USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL, INVALID_USER where the link is not s's; 400 INVALID_PASSWORD and 429 as for
// a sign-in (the link survives these); 403 BANNED_USER.
func (a *Auth) ConfirmEmail(w http.ResponseWriter, r *http.Request, s *Session, token, password string) (*Session, error) {
	v, err := a.ownLink(r.Context(), s, token)
	if err != nil {
		return nil, err
	}
	p, bound := a.bound(r, v)
	in := entry{signIn: s == nil, remember: p.remember}
	if s == nil && !bound {
		in.remember = true
		in.proof, err = a.provenByLink(r, v, password)
	}
	if err != nil {
		return nil, err
	}
	_, fresh, err := a.follow(w, r, s, v, "", in)
	if err != nil {
		return nil, err
	}
	if bound {
		a.clearPending(w, r)
	}
	if fresh != nil {
		return fresh, nil
	}
	return s, nil
}

// ownLink looks a link about an address up, for s or a stranger.
func (a *Auth) ownLink(ctx context.Context, s *Session, token string) (*Verification, error) {
	v, err := a.link(ctx, token, letter.VerifyEmail, letter.ConfirmEmailChange, letter.ChangeEmail)
	switch {
	case err != nil:
		return nil, tokenError(http.StatusUnauthorized, err)
	case s != nil && s.UserID != v.UserID:
		return nil, errs.New(http.StatusUnauthorized, "INVALID_USER", "Invalid user")
	case s != nil:
		return v, notImpersonating(s)
	}
	return v, nil
}

// bound reports whether this browser signed the account up whose address the link verifies. For a change of address
// that is not enough: it needs the account itself.
func (a *Auth) bound(r *http.Request, v *Verification) (pending, bool) {
	p, ok := a.readPending(r)
	return p, ok && v.Purpose == letter.VerifyEmail && p.userID == v.UserID
}

// provenByLink checks the password of the account that a link belongs to: it is a sign-in, and counted as one.
func (a *Auth) provenByLink(r *http.Request, v *Verification, password string) (*Account, error) {
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
	account, err := a.knows(r, &Session{from: a.from(r)}, u, event.SignInFailed, password)
	return &account, err
}
