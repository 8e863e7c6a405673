package auth

import (
	"errors"
	"net/http"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"gorm.io/gorm"
)

// enqueue hands a mail to the mailer, in t.
func (a *Auth) enqueue(t *transaction, m Mail) error {
	return a.opts.Mailer.Enqueue(t.Statement.Context, t.DB, m)
}

// warn mails u a warning, with Options.Notices.
func (a *Auth) warn(t *transaction, u *User, purpose letter.Purpose) error {
	if !a.opts.Notices {
		return nil
	}
	return a.enqueue(t, Mail{To: u.Email, Name: u.nameFor(u.Email), Purpose: purpose})
}

// nameFor is the name of u in a mail to an address: "" if u has not proved the address, because an attacker could
// sign up with any sentence as a name and have it mailed to anybody.
func (u *User) nameFor(to string) string {
	if !u.EmailVerified || to != u.Email {
		return ""
	}
	return u.Name
}

// warnAdmins warns all other admins if u has become one. The admin who did it is warned, too: it may have been a
// thief in that admin's session.
func (a *Auth) warnAdmins(t *transaction, before, u *User) error {
	if !a.opts.Notices || before.HasRole("admin") || !u.HasRole("admin") {
		return nil
	}
	var admins []User
	err := t.Where("role LIKE ? AND banned = ? AND id <> ?", "%admin%", false, u.ID).Order("id").Find(&admins).Error
	if err != nil {
		return err
	}
	for _, to := range admins {
		if !to.HasRole("admin") {
			continue
		}
		err := a.enqueue(t, Mail{To: to.Email, Name: to.nameFor(to.Email), Purpose: letter.AdminMade, About: u.Email})
		if err != nil {
			return err
		}
	}
	return nil
}

// warnOwner warns the owner of an address that a stranger tried to sign up with it. The stranger learns nothing.
func (a *Auth) warnOwner(r *http.Request, email string) error {
	if !a.opts.Notices {
		return nil
	}
	may, err := a.mayMail(r.Context(), letter.ExistingAccount, email)
	if !may || err != nil {
		return err
	}
	return a.transact(r.Context(), func(t *transaction) error {
		var u User
		if err := t.Where("email = ?", email).Take(&u).Error; err != nil {
			return ignoreMissing(err) // reserved, or deleted meanwhile
		}
		if !u.EmailVerified || u.banned(a.opts.Now()) {
			return nil
		}
		return a.warn(t, &u, letter.ExistingAccount)
	})
}

// mailUndo warns the old address of u, with a link that moves the account back. The link outlives all others, because
// a thief in the account could end those.
func (a *Auth) mailUndo(t *transaction, u *User, old string) error {
	if !a.opts.Notices {
		return nil
	}
	link, err := a.warningLink(t, u, letter.UndoEmailChange, old)
	if err != nil {
		return err
	}
	return a.enqueue(t, Mail{To: old, Name: u.Name, Purpose: letter.EmailChanged, URL: link, NewEmail: u.Email})
}

// UndoEmailChange moves an account back to the address it had, by the link mailed to that address. Every session and
// every link ends, the password is deleted and a link to choose a new one is mailed. Older undo links stay valid, so
// that changing the address twice does not lock the owner out; until a link expires, its address cannot be taken by
// another account. Refusals: 400 INVALID_TOKEN, TOKEN_EXPIRED; 409 USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL if another
// account has the address all the same.
func (a *Auth) UndoEmailChange(r *http.Request, token string) error {
	v, err := a.link(r.Context(), token, letter.UndoEmailChange)
	if err != nil {
		return tokenError(http.StatusBadRequest, err)
	}
	err = a.transact(r.Context(), func(t *transaction) error {
		u, err := t.useLink(v)
		if err != nil {
			return err
		}
		return a.restoreEmail(t, a.actorFor(r, u.ID), u, v)
	})
	return tokenError(http.StatusBadRequest, err)
}

func (a *Auth) restoreEmail(t *transaction, by actor, u *User, v *Verification) error {
	now := a.opts.Now()
	u.Email, u.EmailVerified, u.UpdatedAt = v.Email, true, now
	t.invalidate(u.ID)
	err := t.Select("email", "search", "email_verified", "updated_at").Updates(u).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return takenError(http.StatusConflict)
	}
	if err != nil {
		return err
	}
	t.recordEvent(by, event.EmailRestored, u.ID)
	if err := t.endSessions(u.ID); err != nil {
		return err
	}
	if err := t.dropLinks(u.ID); err != nil {
		return err
	}
	err = t.Where("user_id = ? AND purpose = ? AND created_at >= ?", u.ID, letter.UndoEmailChange, v.CreatedAt).
		Delete(&Verification{}).Error
	if err != nil {
		return err
	}
	if err := t.blankPassword(u.ID, now); err != nil {
		return err
	}
	return a.mailLink(t, by, u, letter.ResetPassword, u.Email, "")
}
