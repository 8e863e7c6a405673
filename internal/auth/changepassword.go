package auth

import (
	"errors"
	"net/http"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/auth/password"
	"example.com/foyer/internal/errs"
)

// ChangePassword replaces the password of s's user, who proves to know the current one. The caller gets a new
// session; the old one and every outstanding link but that which verifies the address end. With others every other
// session ends too. Refusals:
// 400 INVALID_PASSWORD, PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_TOO_COMMON, CREDENTIAL_ACCOUNT_NOT_FOUND;
// 403 while impersonating; 429 after too many failures.
func (a *Auth) ChangePassword(w http.ResponseWriter, r *http.Request, s *Session, current, next string, others bool) (*Session, error) {
	if err := notImpersonating(s); err != nil {
		return nil, err
	}
	normal, err := a.policy.Check(next, s.User.Email)
	if err != nil {
		return nil, onField(err, "newPassword")
	}
	account, err := a.proven(r, s, current)
	if err != nil {
		return nil, onField(err, "currentPassword")
	}
	hash, err := a.hasher.Hash(r.Context(), password.Place{}, normal)
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
		if others {
			if err := t.endSessions(user.ID); err != nil {
				return err
			}
		}
		if fresh, err = a.newSession(t, r, user, s.Remember); err != nil {
			return err
		}
		// Who had the old password may have asked for any of these, and for a change to an address of their own.
		if err := t.dropLinks(user.ID, letter.ResetPassword, letter.ConfirmEmailChange, letter.ChangeEmail, letter.DeleteAccount); err != nil {
			return err
		}
		if err := a.notify(t, user, letter.PasswordChanged); err != nil {
			return err
		}
		t.event(fresh, event.PasswordChanged, user.ID)
		return nil
	})
	if err != nil {
		return nil, err
	}
	a.setSessionCookies(w, r, fresh, readAt)
	a.knowDevice(w, r, fresh.User)
	return fresh, nil
}

// CheckPassword tells whether password is that of s's user: nil, or the refusals 400 INVALID_PASSWORD,
// CREDENTIAL_ACCOUNT_NOT_FOUND, 403 while impersonating and 429 after too many failures.
func (a *Auth) CheckPassword(r *http.Request, s *Session, password string) error {
	if err := notImpersonating(s); err != nil {
		return err
	}
	_, err := a.proven(r, s, password)
	return err
}

// proven checks the password of s's user.
func (a *Auth) proven(r *http.Request, s *Session, password string) (Account, error) {
	return a.knows(r, s, s.User, event.PasswordRefused, password)
}

// knows checks the password of u, counting failures like those of a sign-in; the event failed says that by did not
// know it.
func (a *Auth) knows(r *http.Request, by *Session, u *User, failed event.Name, typed string) (Account, error) {
	wrong := errs.Invalid("password", "INVALID_PASSWORD", "Invalid password")
	normal, err := password.Normal(typed)
	if err != nil {
		return Account{}, wrong
	}
	account, err := a.credential(r.Context(), u.Email)
	if err != nil {
		return Account{}, err
	}
	if account.ID == "" {
		return Account{}, errs.New(http.StatusBadRequest, "CREDENTIAL_ACCOUNT_NOT_FOUND", "Credential account not found")
	}
	match, _, err := a.check(r, a.guessOf(r, u.Email, account), normal)
	if err != nil {
		return Account{}, err
	}
	if !match {
		if err := a.tell(r.Context(), by, failed, u.ID); err != nil {
			return Account{}, err
		}
		return Account{}, wrong
	}
	return account, nil
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
