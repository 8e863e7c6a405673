package auth

import (
	"context"
	"errors"
	"net/http"

	"example.com/foyer/internal/errs"
)

// Profile is what a person may change about themselves without further ado. A nil Name stays; Image is set where
// SetImage is, and nil takes it away.
type Profile struct {
	Name     *string
	Image    *string // an https address
	SetImage bool
}

// UpdateUser changes the profile of s's user and sends fresh cookies, so that the cache cannot show the old one.
// Refusals: 400 VALIDATION_ERROR.
func (a *Auth) UpdateUser(w http.ResponseWriter, r *http.Request, s *Session, p Profile) error {
	if err := p.check(); err != nil {
		return err
	}
	return a.changeOwn(w, r, s, eventUserUpdated, func(_ *transaction, u *User) error {
		p.apply(u)
		return nil
	})
}

func (p Profile) check() error {
	var nameErr, imageErr error
	if p.Name != nil {
		nameErr = checkName(*p.Name)
	}
	if p.SetImage {
		imageErr = checkImage(p.Image)
	}
	return firstOf(nameErr, imageErr)
}

func (p Profile) apply(u *User) {
	if p.Name != nil {
		u.Name = *p.Name
	}
	if p.SetImage {
		u.Image = p.Image
	}
}

// changeOwn applies a change to s's user under the lock, voids what was cached of it and sends s's cookies again.
func (a *Auth) changeOwn(w http.ResponseWriter, r *http.Request, s *Session, event string, change func(*transaction, *User) error) error {
	readAt := a.opts.Now() // a copy dated after the commit could outlive a ban that comes in between; this one is void already
	err := a.transact(r.Context(), func(t *transaction) error {
		u, err := t.lockUser(s.UserID)
		if err == nil {
			err = change(t, u)
		}
		if err != nil {
			return err
		}
		u.UpdatedAt = a.opts.Now()
		t.void = append(t.void, u.ID)
		if err := t.Select("*").Updates(u).Error; err != nil {
			return err
		}
		s.User = u
		return a.event(t.DB, s, event, u.ID)
	})
	if err == nil {
		a.setSessionCookies(w, r, s, readAt)
	}
	return err
}

// ChangePassword replaces the password of s's user, who proves to know the current one. The caller gets a new
// session, the old one and every outstanding reset link end; with others every other session ends too. Refusals:
// 400 INVALID_PASSWORD, PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_TOO_COMMON, CREDENTIAL_ACCOUNT_NOT_FOUND;
// 403 while impersonating; 429 after too many failures.
func (a *Auth) ChangePassword(w http.ResponseWriter, r *http.Request, s *Session, current, next string, others bool) (*Session, error) {
	r, err := a.limited(r, "/change-password")
	if err != nil {
		return nil, err
	}
	if err := notImpersonating(s); err != nil {
		return nil, err
	}
	password, err := a.newPassword(next, s.User.Email)
	if err != nil {
		return nil, onField(err, "newPassword")
	}
	account, err := a.proven(r, s, current)
	if err != nil {
		return nil, onField(err, "currentPassword")
	}
	hash, err := a.hashPassword(r.Context(), password)
	if err != nil {
		return nil, err
	}
	var fresh *Session
	readAt := a.opts.Now() // before the transaction: see load
	err = a.transact(r.Context(), func(t *transaction) error {
		user, err := a.admit(t, account, hash)
		if err != nil {
			return err
		}
		if err := t.dropLinks(user.ID, purposeReset); err != nil {
			return err
		}
		if others {
			if err := t.endSessions(user.ID); err != nil {
				return err
			}
		}
		if fresh, err = a.newSession(t, r, user, s.Remember); err != nil {
			return err
		}
		return a.event(t.DB, fresh, eventPasswordChanged, user.ID)
	})
	if err != nil {
		return nil, err
	}
	a.setSessionCookies(w, r, fresh, readAt)
	return fresh, nil
}

// CheckPassword tells whether password is that of s's user: nil, or the refusals 400 INVALID_PASSWORD,
// CREDENTIAL_ACCOUNT_NOT_FOUND and 429 after too many failures.
func (a *Auth) CheckPassword(r *http.Request, s *Session, password string) error {
	_, err := a.proven(r, s, password)
	return err
}

// proven checks the password of s's user, counting failures like those of a sign-in.
func (a *Auth) proven(r *http.Request, s *Session, password string) (Account, error) {
	wrong := errs.Invalid("password", "INVALID_PASSWORD", "Invalid password")
	password, err := normalPassword(password)
	if err != nil {
		return Account{}, wrong
	}
	account, err := a.credential(r.Context(), s.User.Email)
	if err != nil {
		return Account{}, err
	}
	if account.ID == "" {
		return Account{}, errs.New(http.StatusBadRequest, "CREDENTIAL_ACCOUNT_NOT_FOUND", "Credential account not found")
	}
	if err := a.attempt(r, s.User.Email, s.UserID); err != nil {
		return Account{}, err
	}
	match, _, err := a.verifyPassword(r.Context(), account.Password, password)
	if err != nil {
		return Account{}, err
	}
	if !match {
		if err := a.event(a.db.WithContext(r.Context()), s, eventPasswordRefused, s.UserID); err != nil {
			return Account{}, err
		}
		return Account{}, wrong
	}
	return account, a.succeeded(r, s.User.Email, s.UserID)
}

// DeleteUser deletes s's user and all they have, and clears the cookies on w. It is for whoever has proved to mean
// it: by password, by mailed link, or by a session younger than Options.ReauthAge. Refusals: 400 LAST_ADMIN.
func (a *Auth) DeleteUser(w http.ResponseWriter, r *http.Request, s *Session) error {
	err := a.transact(r.Context(), func(t *transaction) error { return a.removeUser(t, s, s.UserID) })
	if err == nil {
		a.clearCookies(w, r)
	}
	return err
}

// removeUser deletes a user; the database deletes what hangs on it.
func (a *Auth) removeUser(t *transaction, by *Session, userID string) error {
	if err := t.keepAdmins(userID); err != nil {
		return err
	}
	u, err := t.lockUser(userID)
	if err != nil {
		return notFound(err)
	}
	if err := t.endSessions(u.ID); err != nil {
		return err
	}
	if err := a.event(t.DB, by, eventUserDeleted, u.ID); err != nil {
		return err
	}
	return t.Where("id = ?", u.ID).Delete(&User{}).Error
}

func notImpersonating(s *Session) error {
	if s.ImpersonatedBy != nil {
		return errs.New(http.StatusForbidden, "FORBIDDEN", "You cannot do this while acting as somebody else.")
	}
	return nil
}

// onField moves what is wrong with a password to the field that holds it.
func onField(err error, field string) error {
	var e *errs.Error
	if errors.As(err, &e) && e.Fields["password"] != "" {
		moved := *e
		moved.Fields = map[string]string{field: e.Fields["password"]}
		return &moved
	}
	return err
}

// Accounts lists the ways in which a user can prove who they are.
func (a *Auth) Accounts(ctx context.Context, userID string) ([]Account, error) {
	var list []Account
	err := a.db.WithContext(ctx).Where("user_id = ?", userID).Order("created_at, id").Find(&list).Error
	return list, err
}

func (a *Auth) serveUpdateUser(w http.ResponseWriter, r *http.Request, b *Body) (any, error) {
	if b.Has("email") {
		return nil, errs.New(http.StatusBadRequest, "EMAIL_CAN_NOT_BE_UPDATED", "Email can not be updated")
	}
	if b.Has("role", "banned", "banReason", "banExpires") {
		return nil, errs.New(http.StatusBadRequest, "FIELD_NOT_ALLOWED", "role and ban are not allowed to be set")
	}
	var p Profile
	p.Name = b.OptionalString("name")
	p.Image, p.SetImage = b.Nullable("image")
	if err := b.Err(); err != nil {
		return nil, err
	}
	s, err := a.demand(w, r)
	if err != nil {
		return nil, err
	}
	if p.Name == nil && !p.SetImage {
		return nil, errs.New(http.StatusBadRequest, "", "No fields to update")
	}
	return done(), a.UpdateUser(w, r, s, p)
}

func (a *Auth) serveChangePassword(w http.ResponseWriter, r *http.Request, b *Body) (any, error) {
	current, next, others := b.String("currentPassword"), b.String("newPassword"), b.Bool("revokeOtherSessions", false)
	if err := b.Err(); err != nil {
		return nil, err
	}
	s, err := a.demand(w, r)
	if err != nil {
		return nil, err
	}
	fresh, err := a.ChangePassword(w, r, s, current, next, others)
	if err != nil {
		return nil, err
	}
	var token *string // as on the wire: named only where the others ended
	if others {
		token = &fresh.ID
	}
	return map[string]any{"token": token, "user": fresh.User}, nil
}

func (a *Auth) serveVerifyPassword(w http.ResponseWriter, r *http.Request, b *Body) (any, error) {
	password := b.String("password")
	if err := b.Err(); err != nil {
		return nil, err
	}
	s, err := a.demand(w, r)
	if err != nil {
		return nil, err
	}
	return done(), a.CheckPassword(r, s, password)
}

func (a *Auth) serveDeleteUser(w http.ResponseWriter, r *http.Request, b *Body) (any, error) {
	password, token, callbackURL := b.OptionalString("password"), b.OptionalString("token"), b.OptionalString("callbackURL")
	if err := b.Err(); err != nil {
		return nil, err
	}
	s, err := a.demand(w, r)
	if err == nil {
		err = notImpersonating(s)
	}
	if err != nil {
		return nil, err
	}
	if password != nil {
		if err := a.CheckPassword(r, s, *password); err != nil {
			return nil, err
		}
	}
	answer := map[string]any{"success": true, "message": "User deleted"}
	switch {
	case token != nil:
		return answer, a.deleteByLink(w, r, s, *token)
	case a.opts.ConfirmDeletion:
		answer["message"] = "Verification email sent"
		if may, err := a.mayMail(r.Context(), s.User.Email); !may || err != nil {
			return answer, err
		}
		return answer, a.transact(r.Context(), func(t *transaction) error {
			return a.mailLink(t, s, s.User, purposeDelete, s.User.Email, text(callbackURL))
		})
	case password == nil && a.youngerThan(a.opts.ReauthAge, s) != nil:
		return nil, errs.New(http.StatusBadRequest, "SESSION_EXPIRED", "Session expired. Re-authenticate to perform this action.")
	}
	return answer, a.DeleteUser(w, r, s)
}

func (a *Auth) serveDeleteUserCallback(w http.ResponseWriter, r *http.Request, b *Body) (any, error) {
	token, callbackURL := b.String("token"), b.OptionalString("callbackURL")
	if err := b.Err(); err != nil {
		return nil, err
	}
	s, err := a.StoredSession(w, r)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return nil, errs.New(http.StatusNotFound, "FAILED_TO_GET_USER_INFO", "Failed to get user info")
	}
	if err := a.deleteByLink(w, r, s, token); err != nil {
		return nil, err
	}
	if text(callbackURL) != "" {
		return redirect(*callbackURL), nil
	}
	return map[string]any{"success": true, "message": "User deleted"}, nil
}

// deleteByLink deletes the account that a mailed link belongs to, in its owner's browser only.
func (a *Auth) deleteByLink(w http.ResponseWriter, r *http.Request, s *Session, token string) error {
	if err := notImpersonating(s); err != nil {
		return err
	}
	v, err := a.link(r.Context(), token, purposeDelete)
	if err == nil && v.UserID != s.UserID {
		err = errNoLink
	}
	if err == nil {
		err = a.transact(r.Context(), func(t *transaction) error {
			if err := t.keepAdmins(s.UserID); err != nil {
				return err
			}
			if _, err := t.useLink(v); err != nil {
				return err
			}
			return a.removeUser(t, s, s.UserID)
		})
	}
	if code := linkCode(err); code == "TOKEN_EXPIRED" || code == "INVALID_TOKEN" {
		return errs.New(http.StatusNotFound, "INVALID_TOKEN", "Invalid token")
	}
	if err == nil {
		a.clearCookies(w, r)
	}
	return err
}

func (a *Auth) serveListAccounts(w http.ResponseWriter, r *http.Request, _ *Body) (any, error) {
	s, err := a.demand(w, r)
	if err != nil {
		return nil, err
	}
	list, err := a.Accounts(r.Context(), s.UserID)
	answer := make([]wireAccount, len(list))
	for i, c := range list {
		answer[i] = wireAccount{c.ID, c.AccountID, c.ProviderID, c.UserID, isoTime{c.CreatedAt}, isoTime{c.UpdatedAt}, []string{}}
	}
	return answer, err
}

func (a *Auth) serveUnlinkAccount(w http.ResponseWriter, r *http.Request, b *Body) (any, error) {
	accountID := b.String("accountId")
	if err := b.Err(); err != nil {
		return nil, err
	}
	s, err := a.demand(w, r)
	if err != nil {
		return nil, err
	}
	if err := a.youngerThan(a.opts.FreshAge, s); err != nil {
		return nil, err
	}
	return done(), a.transact(r.Context(), func(t *transaction) error {
		if _, err := t.lockUser(s.UserID); err != nil {
			return err
		}
		var all int64
		if err := t.Model(&Account{}).Where("user_id = ?", s.UserID).Count(&all).Error; err != nil {
			return err
		}
		if all < 2 {
			return errs.New(http.StatusBadRequest, "FAILED_TO_UNLINK_LAST_ACCOUNT", "You can't unlink your last account")
		}
		gone := t.Where("user_id = ? AND account_id = ?", s.UserID, accountID).Delete(&Account{})
		if gone.Error == nil && gone.RowsAffected == 0 {
			return errs.New(http.StatusBadRequest, "ACCOUNT_NOT_FOUND", "Account not found")
		}
		return gone.Error
	})
}

// The endpoints of other providers than e-mail and password, of which there are none.

func (a *Auth) serveUnknownProvider(_ http.ResponseWriter, _ *http.Request, b *Body) (any, error) {
	b.String("provider")
	if err := b.Err(); err != nil {
		return nil, err
	}
	return nil, errs.New(http.StatusNotFound, "PROVIDER_NOT_FOUND", "Provider not found")
}

func (a *Auth) serveProviderCallback(http.ResponseWriter, *http.Request, *Body) (any, error) {
	return redirect(basePath + "/error?error=state_mismatch"), nil
}

func (a *Auth) serveNoProviderToken(http.ResponseWriter, *http.Request, *Body) (any, error) {
	return nil, errs.New(http.StatusBadRequest, "PROVIDER_NOT_SUPPORTED", "No such provider is configured")
}

// text reads an optional text, "" where it is absent.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
