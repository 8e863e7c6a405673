package auth

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/origins"
	"gorm.io/gorm"
)

// The verbs of this file serve the npm client's contract alone: no page of the app calls them.

// SessionJSON is Session as JSON: {"session", "user"}, or null for a stranger. With cache the cache cookie may
// answer, with refresh a session that is due is extended.
func (a *Auth) SessionJSON(w http.ResponseWriter, r *http.Request, cache, refresh bool) (json.RawMessage, error) {
	if token, ok := a.readSigned(r, tokenCookie); ok && cache {
		if c := a.readCache(r, token); c != nil {
			return c.answer, nil // signed by us: it goes out as it is
		}
	}
	s, err := a.load(w, r, loading{refresh: refresh})
	if s == nil || err != nil {
		return json.RawMessage("null"), err
	}
	return json.Marshal(s.answer())
}

// Origins are BaseURL and TrustedOrigins: what may call the app, and where it may send a browser.
func (a *Auth) Origins() *origins.List { return a.origins }

// UnlinkAccount deletes one of the accounts of s's user by its AccountID. Refusals: 400 FAILED_TO_UNLINK_LAST_ACCOUNT,
// because the user could not sign in any more; 400 ACCOUNT_NOT_FOUND; 401 if s has ended meanwhile.
func (a *Auth) UnlinkAccount(ctx context.Context, s *Session, accountID string) error {
	return a.TransactAs(ctx, s, func(t *Tx, u *User) error {
		var all int64
		if err := t.Model(&Account{}).Where("user_id = ?", u.ID).Count(&all).Error; err != nil {
			return err
		}
		if all < 2 {
			return errs.New(http.StatusBadRequest, "FAILED_TO_UNLINK_LAST_ACCOUNT", "You can't unlink your last account")
		}
		var account Account // the oldest: two providers may know a user by the same number
		err := t.Where("user_id = ? AND account_id = ?", u.ID, accountID).Order("created_at, id").Take(&account).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return errs.New(http.StatusBadRequest, "ACCOUNT_NOT_FOUND", "Account not found")
		}
		if err != nil {
			return err
		}
		t.recordEvent(s.actor(), event.AccountUnlinked, u.ID)
		return errors.Join(t.Where("id = ?", account.ID).Delete(&Account{}).Error, t.CredentialChanged(u.ID))
	})
}

// MailDeletion mails s's user the link that DeleteUserByLink takes; it then leads to callbackURL. If the address has
// had its mails for this hour, none is sent, and that is no error. Refusals: 403 while impersonating; 401 if s has
// ended meanwhile.
func (a *Auth) MailDeletion(ctx context.Context, s *Session, callbackURL string) error {
	if err := NotImpersonating(s); err != nil {
		return err
	}
	may, err := a.mayMail(ctx, letter.DeleteAccount, s.User.Email)
	if !may || err != nil {
		return err
	}
	return a.TransactAs(ctx, s, func(t *Tx, u *User) error {
		return a.mailLink(t, s.actor(), u, letter.DeleteAccount, u.Email, callbackURL)
	})
}

// DeleteUserByLink is DeleteUser by a mailed link, in the browser of its user only. Refusals: 404 INVALID_TOKEN; 403
// while impersonating; 400 LAST_ADMIN; 401 if s has ended meanwhile.
func (a *Auth) DeleteUserByLink(w http.ResponseWriter, r *http.Request, s *Session, token string) error {
	if err := NotImpersonating(s); err != nil {
		return err
	}
	v, err := a.findLink(r.Context(), token, letter.DeleteAccount)
	if err != nil {
		return invalidToken(http.StatusNotFound, err)
	}
	if v.UserID != s.UserID {
		return invalidToken(http.StatusNotFound, errNoLink)
	}
	err = a.Transact(r.Context(), func(t *Tx) error {
		admins, err := t.lockAdmins(s.UserID)
		if err != nil {
			return err
		}
		if _, err := t.useLink(v); err != nil {
			return err
		}
		if err := t.requireLive(s); err != nil {
			return err
		}
		return a.removeUser(t, s.actor(), admins, s.UserID)
	})
	if err != nil {
		return invalidToken(http.StatusNotFound, err)
	}
	a.ClearCookies(w, r)
	return nil
}

// VerifyEmail applies a mailed link: it verifies an address, allows its change, or makes the change. s is nil for a
// stranger. In the session of another user it verifies, but does not change, the address, and s goes on. An address
// changes only in a session of its user, because mail scanners open links, too. callbackURL goes into the next mail
// of a change. It returns the user, and whether the address changed. Refusals: 401 INVALID_TOKEN, TOKEN_EXPIRED,
// INVALID_USER, USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL, or if s has ended meanwhile.
func (a *Auth) VerifyEmail(
	w http.ResponseWriter, r *http.Request, s *Session, token, callbackURL string,
) (u *User, changed bool, err error) {
	v, err := a.findLink(r.Context(), token, addressLinks...)
	if err != nil {
		return nil, false, tokenError(http.StatusUnauthorized, err)
	}
	if !mayApply(s, v) {
		return nil, false, errInvalidUser
	}
	enter := s == nil && a.opts.AutoSignInAfterVerification
	v.CallbackURL = cmp.Or(callbackURL, v.CallbackURL)
	if u, _, err = a.applyLink(w, r, v, opening{session: s, signIn: enter, remember: true}); err != nil {
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

// Accounts lists the ways in which a user can prove who they are.
func (a *Auth) Accounts(ctx context.Context, userID string) ([]Account, error) {
	var list []Account
	err := a.db.WithContext(ctx).Where("user_id = ?", userID).Order("created_at, id").Find(&list).Error
	return list, err
}

// StepUp refuses s if Options.StepUp is set and s is not RecentlyAuthenticated: 403 SESSION_NOT_FRESH. Call it after
// the check of the role, because a password cannot open what the role forbids.
func (a *Auth) StepUp(s *Session) error {
	if !a.opts.StepUp || a.RecentlyAuthenticated(s) {
		return nil
	}
	return ErrNotFresh
}
