package auth

import (
	"context"
	"errors"
	"net/http"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/auth/password"
	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

// RequestPasswordReset mails a link to choose a new password, where the address is somebody's. Whether it is, the
// answer does not tell, nor does the time it takes. callbackURL is where the link leads in the end. Refusals: 400
// VALIDATION_ERROR; 429 when asked too often.
func (a *Auth) RequestPasswordReset(r *http.Request, rawEmail, callbackURL string) error {
	email, err := validEmail(rawEmail)
	if err != nil {
		return err
	}
	defer a.padTiming(r.Context())()
	by := &Session{from: a.from(r)}
	return a.mailTo(r, by, email, letter.ResetPassword, func(*User) bool { return true }, func(t *transaction, u *User) error {
		return a.mailLink(t, by, u, letter.ResetPassword, u.Email, callbackURL)
	})
}

// MailPasswordReset mails a user a link to choose a new password, as an admin. Refusals: 404 USER_NOT_FOUND; 429 where
// the address has had its mails for this hour; 403 BANNED_USER, or where by is no admin any more.
func (a *Auth) MailPasswordReset(ctx context.Context, by *Session, userID string) error {
	u, err := a.User(ctx, userID)
	if err != nil {
		return err
	}
	if err := a.mustMail(ctx, letter.ResetPassword, u.Email); err != nil {
		return err
	}
	return a.transact(ctx, func(t *transaction) error {
		if _, err := t.adminsFor(by, userID); err != nil {
			return err
		}
		u, err := t.lockUser(userID)
		if err != nil {
			return notFound(err)
		}
		if u.banned(a.opts.Now()) {
			return bannedError(u)
		}
		return a.mailLink(t, by, u, letter.ResetPassword, u.Email, "")
	})
}

// mailTo runs fn, which mails a link of a purpose that by asked for, for the user of an address, if there is one who is not banned, whose
// mail is due and who may get another. What sends no mail is not counted: strangers could use up somebody's mails of an
// hour.
func (a *Auth) mailTo(
	r *http.Request, by *Session, email string, purpose letter.Purpose, due func(*User) bool, fn func(*transaction, *User) error,
) error {
	var found User
	err := a.db.WithContext(r.Context()).Where("email = ?", email).Take(&found).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil
	}
	if err != nil || found.banned(a.opts.Now()) || !due(&found) {
		return err
	}
	known, err := a.knownFor(r, by, &found)
	if err != nil {
		return err
	}
	may, err := a.mayMailTo(r.Context(), known, purpose, email)
	if !may || err != nil {
		return err
	}
	err = a.transact(r.Context(), func(t *transaction) error {
		u, err := t.lockUser(found.ID)
		if err != nil || u.Email != email || u.banned(a.opts.Now()) || !due(u) {
			return err
		}
		return fn(t, u)
	})
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil
	}
	return err
}

// ResetPassword sets a new password by a mailed token, once. Every session and every other link of the user ends,
// and the address counts as verified: the mail has arrived. Nobody is signed in, but the device is known for the user from
// then on: guesses of strangers do not keep the owner out of what the link was mailed for. Refusals: 400 INVALID_TOKEN,
// PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_TOO_COMMON (the token survives these).
func (a *Auth) ResetPassword(w http.ResponseWriter, r *http.Request, token, next string) error {
	v, err := a.link(r.Context(), token, letter.ResetPassword, letter.SetPassword) // before any hashing: a made-up token costs a query
	if err != nil {
		return invalidToken(http.StatusBadRequest, err)
	}
	normal, err := a.policy.Check(next, v.Email)
	if err != nil {
		return onField(err, "newPassword")
	}
	hash, err := a.hasher.Hash(r.Context(), password.Place{}, normal)
	if err != nil {
		return err
	}
	var u *User
	err = a.transact(r.Context(), func(t *transaction) error {
		u, err = t.useLink(v)
		if err != nil {
			return err
		}
		if u.Email != v.Email {
			return errNoLink
		}
		now := a.opts.Now()
		if !u.EmailVerified {
			u.EmailVerified, u.UpdatedAt = true, now
			if err := t.Select("email_verified", "updated_at").Updates(u).Error; err != nil {
				return err
			}
		}
		if err := t.setPassword(u, hash, now); err != nil {
			return err
		}
		if err := a.notify(t, u, letter.PasswordChanged); err != nil {
			return err
		}
		t.event(&Session{UserID: u.ID, from: a.from(r)}, event.PasswordReset, u.ID)
		return nil
	})
	if err != nil {
		return invalidToken(http.StatusBadRequest, err)
	}
	a.knowDevice(w, r, u)
	return nil
}

// invalidToken refuses a link that is worth nothing, for whatever reason.
func invalidToken(status int, err error) error {
	if errors.Is(err, errNoLink) || errors.Is(err, errLinkExpired) {
		return errs.New(status, "INVALID_TOKEN", "Invalid token")
	}
	return err
}

func validEmail(raw string) (string, error) {
	email, ok := normalEmail(raw)
	if !ok {
		return "", errs.Invalid("email", "VALIDATION_ERROR", "Enter an e-mail address such as name@example.com.")
	}
	return email, nil
}
