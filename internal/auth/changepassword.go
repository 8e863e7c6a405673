package auth

import (
	"errors"
	"net/http"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/auth/password"
	"example.com/foyer/internal/errs"
)

// ChangePassword replaces the password of s's user, who has to type the current one. It returns a new session; the
// presented one ends, and every link that changes the account. With others every other session ends, too. Refusals:
// 400 INVALID_PASSWORD, PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_TOO_COMMON, CREDENTIAL_ACCOUNT_NOT_FOUND; 403
// while impersonating; 429 after too many failures.
func (a *Auth) ChangePassword(
	w http.ResponseWriter, r *http.Request, s *Session, current, next string, others bool,
) (*Session, error) {
	if err := notImpersonating(s); err != nil {
		return nil, err
	}
	normal, err := a.policy.Check(next, s.User.Email)
	if err != nil {
		return nil, onField(err, "newPassword")
	}
	account, err := a.checkPassword(r, s.actor(), s.User, event.PasswordRefused, current)
	if err != nil {
		return nil, onField(err, "currentPassword")
	}
	hash, err := a.hasher.Hash(r.Context(), password.Place{}, normal)
	if err != nil {
		return nil, err
	}
	way := entry{event: event.PasswordChanged, remember: s.Remember, by: s}
	return a.signIn(w, r, way, func(t *transaction) (*User, error) {
		user, err := a.recheckLocked(t, account, hash)
		if err != nil {
			return nil, err
		}
		if others {
			if err := t.endSessions(user.ID); err != nil {
				return nil, err
			}
		}
		// A thief with the old password may have asked for any of these.
		err = t.dropLinks(user.ID, letter.ResetPassword, letter.ConfirmEmailChange, letter.ChangeEmail, letter.DeleteAccount)
		if err != nil {
			return nil, err
		}
		return user, a.warn(t, user, letter.PasswordChanged)
	})
}

// CheckPassword returns nil if password is that of s's user. Refusals: 400 INVALID_PASSWORD,
// CREDENTIAL_ACCOUNT_NOT_FOUND; 403 while impersonating; 429 after too many failures.
func (a *Auth) CheckPassword(r *http.Request, s *Session, password string) error {
	if err := notImpersonating(s); err != nil {
		return err
	}
	_, err := a.checkPassword(r, s.actor(), s.User, event.PasswordRefused, password)
	return err
}

// checkPassword checks the password of u and returns its account. It counts failures like those of a sign-in, and
// records a wrong password as the event failed.
func (a *Auth) checkPassword(r *http.Request, by actor, u *User, failed event.Name, typed string) (Account, error) {
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
	match, _, err := a.tryPassword(r, a.passwordTry(r, u.Email, account), normal)
	if err != nil {
		return Account{}, err
	}
	if !match {
		if err := a.recordEvent(r.Context(), by, failed, u.ID); err != nil {
			return Account{}, err
		}
		return Account{}, wrong
	}
	return account, nil
}

// onField moves the refusal of a password to another field of the form.
func onField(err error, field string) error {
	var e *errs.Error
	if errors.As(err, &e) && e.Fields["password"] != "" {
		moved := *e
		moved.Fields = map[string]string{field: e.Fields["password"]}
		return &moved
	}
	return err
}
