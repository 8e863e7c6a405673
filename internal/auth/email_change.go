package auth

import (
	"context"
	"errors"
	"net/http"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

// ChangeEmail mails the link that moves s's user to another address: to the old address first with
// Options.ConfirmEmailChange, else to the new one, which demands a session that is RecentlyAuthenticated. A taken
// address is answered alike, and gets no mail. With Options.Notices the old address gets a warning with a link that
// stops the change, unless it is asked anyway. Refusals: 400 VALIDATION_ERROR, "Email is the same"; 403
// SESSION_NOT_FRESH, or while impersonating; 401 if s is nil or has ended meanwhile.
func (a *Auth) ChangeEmail(r *http.Request, s *Session, newEmail, callbackURL string) error {
	email, err := validEmail(newEmail)
	if err != nil {
		return onField(err, "newEmail")
	}
	if s == nil {
		return errs.Unauthenticated()
	}
	if err := NotImpersonating(s); err != nil {
		return err
	}
	if email == s.User.Email {
		return errs.Invalid("newEmail", "", "Email is the same")
	}
	purpose := letter.ChangeEmail
	if a.opts.ConfirmEmailChange && s.User.EmailVerified {
		purpose = letter.ConfirmEmailChange
	} else if err := a.RequireRecent(s); err != nil {
		return err
	}
	defer a.PadTiming(r.Context())()
	if _, taken, err := a.addressTaken(r.Context(), email, s.UserID); taken || err != nil {
		return err
	}
	if may, err := a.mayMailChange(r.Context(), s.User, purpose, email); !may || err != nil {
		return err
	}
	return a.TransactAs(r.Context(), s, func(t *Tx, u *User) error {
		if a.warnsOfChange(u, purpose) {
			if err := a.mailStop(t, s.actor(), u, email); err != nil {
				return err
			}
		}
		return a.mailLink(t, s.actor(), u, purpose, email, callbackURL)
	})
}

// warnsOfChange reports whether the old address of u gets a warning that a change is asked for. A mail that asks it
// for consent is warning enough, and an unverified address may be a stranger's.
func (a *Auth) warnsOfChange(u *User, purpose letter.Purpose) bool {
	return a.opts.Notices && purpose == letter.ChangeEmail && u.EmailVerified
}

// mayMailChange reports whether the mails of a change of u's address to email may go out. If the old address cannot be
// warned, none goes out: else a thief could use up its warnings and go on unseen.
func (a *Auth) mayMailChange(ctx context.Context, u *User, purpose letter.Purpose, email string) (bool, error) {
	if purpose == letter.ConfirmEmailChange {
		return a.mayMail(ctx, purpose, u.Email)
	}
	if a.warnsOfChange(u, purpose) {
		may, err := a.mayMail(ctx, letter.EmailChangeAsked, u.Email)
		if !may || err != nil {
			return false, err
		}
	}
	return a.mayMail(ctx, purpose, email)
}

// setEmail gives a user another address, which a mailed link has proved. Links mailed to the old one end.
func (a *Auth) setEmail(t *Tx, by actor, u *User, email string) error {
	old, proved := u.Email, u.EmailVerified
	u.Email, u.EmailVerified, u.UpdatedAt = email, true, a.opts.Now()
	t.invalidate(u.ID)
	err := t.Select("email", "search", "email_verified", "updated_at").Updates(u).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) { // taken since it was asked for
		return takenError(http.StatusUnauthorized)
	}
	if err != nil {
		return err
	}
	if err := a.refuseReserved(t, u, http.StatusUnauthorized); err != nil {
		return err
	}
	if err := errors.Join(t.dropLinksButUndo(u.ID), t.CredentialChanged(u.ID)); err != nil {
		return err
	}
	t.recordEvent(by, event.EmailChanged, u.ID)
	if !proved {
		return nil
	}
	return a.mailUndo(t, by, u, old)
}
