package auth

import (
	"errors"
	"net/http"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"gorm.io/gorm"
)

// notify mails u a notice in t, where Options.Notices asks for it.
func (a *Auth) notify(t *transaction, u *User, purpose letter.Purpose) error {
	if !a.opts.Notices {
		return nil
	}
	return a.opts.Mailer.Enqueue(t.Statement.Context, t.DB, Mail{To: u.Email, Name: u.nameFor(u.Email), Purpose: purpose})
}

// nameFor is how a letter to an address calls u: "" where the address is not proved to be u's, because a stranger could
// have any sentence mailed to anybody as their name.
func (u *User) nameFor(to string) string {
	if !u.EmailVerified || to != u.Email {
		return ""
	}
	return u.Name
}

// notifyAdmins tells every other admin where u has become one. It also tells the admin who did it, because a thief may
// sit in their session.
func (a *Auth) notifyAdmins(t *transaction, before, u *User) error {
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
		m := Mail{To: to.Email, Name: to.nameFor(to.Email), Purpose: letter.AdminMade, About: u.Email}
		if err := a.opts.Mailer.Enqueue(t.Statement.Context, t.DB, m); err != nil {
			return err
		}
	}
	return nil
}

// noteExisting tells the owner of an address that somebody tried to sign up with it; whoever tried learns nothing.
func (a *Auth) noteExisting(r *http.Request, email string) error {
	if !a.opts.Notices {
		return nil
	}
	may, err := a.mayMail(r.Context(), letter.ExistingAccount, email)
	if !may || err != nil {
		return err
	}
	return a.transact(r.Context(), func(t *transaction) error {
		var u User
		err := t.Where("email = ?", email).Take(&u).Error
		if errors.Is(err, gorm.ErrRecordNotFound) { // reserved, or deleted a moment ago
			return nil
		}
		if err != nil {
			return err
		}
		if !u.EmailVerified || u.banned(a.opts.Now()) {
			return nil
		}
		return a.notify(t, &u, letter.ExistingAccount)
	})
}

// mailUndo tells the old address of u that the account has moved, with a link that brings it back. It outlives every
// other link, for whoever moved the account can make those worthless.
func (a *Auth) mailUndo(t *transaction, u *User, old string) error {
	if !a.opts.Notices {
		return nil
	}
	link, err := a.noticeLink(t, u, letter.UndoEmailChange, old)
	if err != nil {
		return err
	}
	return a.opts.Mailer.Enqueue(t.Statement.Context, t.DB, Mail{To: old, Name: u.Name, Purpose: letter.EmailChanged, URL: link, NewEmail: u.Email})
}

// UndoEmailChange brings an account back to the address it had, by the link mailed to that address. Every session and
// every link ends, the password is worth nothing any more, and a link to choose a new one is mailed. Earlier addresses
// keep their own undo links: who moved the account twice cannot keep its owner out. Nor can who signs up with the
// address it had: until the link is over, that is taken.
// Refusals: 400 INVALID_TOKEN, TOKEN_EXPIRED; 409 USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL where the address is somebody else's
// all the same.
func (a *Auth) UndoEmailChange(r *http.Request, token string) error {
	v, err := a.link(r.Context(), token, letter.UndoEmailChange)
	if err == nil {
		err = a.transact(r.Context(), func(t *transaction) error {
			u, err := t.useLink(v)
			if err != nil {
				return err
			}
			return a.moveBack(t, u, v, &Session{UserID: v.UserID, from: a.from(r)})
		})
	}
	return tokenError(http.StatusBadRequest, err)
}

func (a *Auth) moveBack(t *transaction, u *User, v *Verification, by *Session) error {
	now := a.opts.Now()
	u.Email, u.EmailVerified, u.UpdatedAt = v.Email, true, now
	t.void = append(t.void, u.ID)
	if err := t.Select("email", "search", "email_verified", "updated_at").Updates(u).Error; err != nil {
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			return takenError(http.StatusConflict)
		}
		return err
	}
	t.event(by, event.EmailRestored, u.ID)
	for _, step := range []func() error{
		func() error { return t.endSessions(u.ID) },
		func() error { return t.dropLinks(u.ID) },
		func() error {
			return t.Where("user_id = ? AND purpose = ? AND created_at >= ?", u.ID, letter.UndoEmailChange, v.CreatedAt).Delete(&Verification{}).Error
		},
		func() error { return t.blankPassword(u.ID, now) },
		func() error { return a.mailLink(t, by, u, letter.ResetPassword, u.Email, "") },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}
