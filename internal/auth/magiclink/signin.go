package magiclink

import (
	"context"
	"errors"
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

var (
	errNoLink   = errs.New(http.StatusBadRequest, "INVALID_TOKEN", "Invalid token")
	errOldLink  = errs.New(http.StatusBadRequest, "TOKEN_EXPIRED", "Token expired")
	errNotYours = errs.New(http.StatusUnauthorized, "INVALID_USER", "Invalid user")
)

// Link is what a mailed link would do.
type Link struct {
	Email string // of the account that it signs in to

	// CallbackURL is where the browser goes in the end: a path of this site or an address on a trusted origin, "" for
	// nowhere in particular.
	CallbackURL string // part:betterauth
}

// Peek looks a link up by its token and changes nothing. Refusals: 400 INVALID_TOKEN, TOKEN_EXPIRED.
func (m *MagicLink) Peek(ctx context.Context, token string) (Link, error) {
	l, err := m.find(ctx, token)
	if err != nil {
		return Link{}, err
	}
	u, err := m.auth.User(ctx, *l.UserID)
	if err != nil {
		return Link{}, err
	}
	// As in signIn. A user who is banned now learns that from SignIn.
	if l.Address != auth.HashToken(u.Email) || l.Ended && !u.BannedAt(m.auth.Now()) {
		return Link{}, errNoLink
	}
	link := Link{Email: u.Email}
	// part:betterauth
	if m.auth.Origins().MaySend(l.CallbackURL) { // its origin may have lost its trust since the mail
		link.CallbackURL = l.CallbackURL
	}
	// end:betterauth
	return link, nil
}

// SignInLink signs in by the token of a mailed link, once. An unverified address becomes verified; see
// auth.Auth.TakeOver. visitor is the session of the request, nil for a stranger: another user's link must not replace
// it, because an attacker could have mailed it (login CSRF). Refusals: 400 INVALID_TOKEN; 401 INVALID_USER; 403
// BANNED_USER; *auth.SecondStep.
func (m *MagicLink) SignInLink(
	w http.ResponseWriter, r *http.Request, visitor *auth.Session, token string, remember bool,
) (*auth.Session, error) {
	l, err := m.find(r.Context(), token)
	if errors.Is(err, errOldLink) {
		return nil, errNoLink
	}
	if err != nil {
		return nil, err
	}
	if visitor != nil && visitor.UserID != *l.UserID {
		return nil, errNotYours
	}
	return m.signIn(w, r, l, remember, errNoLink)
}

// SignInCode is SignInLink by the code that was mailed to an address. Refusals: 400 INVALID_OTP, OTP_EXPIRED; 403
// TOO_MANY_ATTEMPTS after 3 guesses of one code or 10 wrong ones in a row, BANNED_USER; *auth.SecondStep.
func (m *MagicLink) SignInCode(
	w http.ResponseWriter, r *http.Request, email, code string, remember bool,
) (*auth.Session, error) {
	l, err := m.guess(r, email, code)
	if err != nil {
		return nil, err
	}
	return m.signIn(w, r, l, remember, errNoCode)
}

// find returns the row of a token.
func (m *MagicLink) find(ctx context.Context, token string) (*magicLink, error) {
	var l magicLink
	err := m.db.WithContext(ctx).Where("token_hash = ? AND user_id IS NOT NULL", auth.HashToken(token)).Take(&l).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, errNoLink
	}
	if err != nil {
		return nil, err
	}
	if !m.auth.Now().Before(l.ExpiresAt) {
		return nil, errOldLink
	}
	return &l, nil
}

// signIn spends a row and signs its user in. gone is the refusal unless the user still has the address that was mailed,
// and the credentials of that time. What was mailed to a user who is banned now works until SignIn refuses, which says
// why.
func (m *MagicLink) signIn(
	w http.ResponseWriter, r *http.Request, l *magicLink, remember bool, gone error,
) (*auth.Session, error) {
	start := auth.Start{
		Event: event.SignIn, Remember: remember, AMR: "email", NewDevice: m.auth.NewDevice(r, *l.UserID),
	}
	return m.auth.SignIn(w, r, start, func(t *auth.Tx) (*auth.User, error) {
		u, err := t.LockUser(*l.UserID)
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return nil, gone
		}
		if err != nil {
			return nil, err
		}
		spent := t.Where("address = ? AND token_hash = ?", auth.HashToken(u.Email), l.TokenHash).
			Where("(NOT ended OR ?)", u.BannedAt(m.auth.Now())).Delete(&magicLink{})
		err = auth.RefuseNone(spent, gone) // if it is spent, renewed or ended meanwhile
		if err != nil || u.EmailVerified {
			return u, err
		}
		// The warning tells an owner who had signed up without verifying the address that the password is gone.
		return u, errors.Join(
			m.auth.TakeOver(t, r, u), m.auth.Notice(t, r, nil, u, "", letter.PasswordChanged, ""),
		)
	})
}
