package auth

import (
	"context"
	"net/http"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/auth/password"
	"example.com/foyer/internal/errs"
)

// RequestPasswordReset mails a link to choose a new password, if the address has an account. Neither the answer nor
// its time tells a stranger whether it has. callbackURL is where the link leads in the end. Refusals: 400
// VALIDATION_ERROR.
func (a *Auth) RequestPasswordReset(r *http.Request, rawEmail, callbackURL string) error {
	email, err := validEmail(rawEmail)
	if err != nil {
		return err
	}
	defer a.padTiming(r.Context())()
	by := a.stranger(r)
	due := func(*User) bool { return true }
	return a.mailTo(r, by, email, letter.ResetPassword, due, func(t *transaction, u *User) error {
		return a.mailLink(t, by, u, letter.ResetPassword, u.Email, callbackURL)
	})
}

// MailPasswordReset mails a user a link to choose a new password, as an admin. Refusals: 404 USER_NOT_FOUND; 429 if
// the address has had its mails for this hour; 403 BANNED_USER, or if by is no longer an admin.
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
		return a.mailLink(t, by.actor(), u, letter.ResetPassword, u.Email, "")
	})
}

// mailTo runs fn, which mails a link of a purpose that by asked for, if the address has a user who is not banned,
// whose mail is due and who may get another one this hour. Requests that cause no mail are not counted: else
// strangers could use up a user's mails.
func (a *Auth) mailTo(
	r *http.Request, by actor, email string, purpose letter.Purpose, due func(*User) bool,
	fn func(*transaction, *User) error,
) error {
	var found User
	if err := a.db.WithContext(r.Context()).Where("email = ?", email).Take(&found).Error; err != nil {
		return ignoreMissing(err)
	}
	if found.banned(a.opts.Now()) || !due(&found) {
		return nil
	}
	known, err := a.isOwnBrowser(r, by, &found)
	if err != nil {
		return err
	}
	may, err := a.mayMailTo(r.Context(), known, purpose, email)
	if !may || err != nil {
		return err
	}
	return a.transact(r.Context(), func(t *transaction) error {
		u, err := t.lockUser(found.ID)
		if err != nil {
			return ignoreMissing(err)
		}
		if u.Email != email || u.banned(a.opts.Now()) || !due(u) {
			return nil
		}
		return fn(t, u)
	})
}

// ResetPassword sets a new password by a mailed token, once. Every session and every other link of the user ends, and
// the address becomes verified, because the mail has arrived. No session starts, but the device becomes a known one,
// so that an attacker who guesses passwords cannot keep the owner from the next sign-in. Refusals: 400 INVALID_TOKEN,
// PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_TOO_COMMON (the token survives the last three).
func (a *Auth) ResetPassword(w http.ResponseWriter, r *http.Request, token, next string) error {
	// Before any hashing, so that a made-up token costs only a query.
	v, err := a.link(r.Context(), token, letter.ResetPassword, letter.SetPassword)
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
		if err := t.replacePassword(u, hash, now); err != nil {
			return err
		}
		t.recordEvent(a.actorFor(r, u.ID), event.PasswordReset, u.ID)
		return a.warn(t, u, letter.PasswordChanged)
	})
	if err != nil {
		return invalidToken(http.StatusBadRequest, err)
	}
	a.rememberDevice(w, r, u)
	return nil
}

func validEmail(raw string) (string, error) {
	email, ok := normalEmail(raw)
	if !ok {
		return "", errs.Invalid("email", "VALIDATION_ERROR", "Enter an e-mail address such as name@example.com.")
	}
	return email, nil
}
