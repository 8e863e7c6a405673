package auth

import (
	"errors"
	"net/http"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"gorm.io/gorm"
)

// StopEmailChange stops a change of address by the link mailed to the present address. It needs no session. The
// sessions that asked for the change end, because a thief in them would ask again. Refusals: 400 TOKEN_EXPIRED,
// INVALID_TOKEN. A change that was made already is INVALID_TOKEN too; its undo link reverts it.
func (a *Auth) StopEmailChange(r *http.Request, token string) error {
	return a.applyWarning(r, token, letter.StopEmailChange, a.stopChange)
}

func (a *Auth) stopChange(t *Tx, by actor, u *User, _ *Verification) error {
	var asked []string
	changes := t.Model(&Verification{}).Where("user_id = ? AND purpose IN ? AND session_id IS NOT NULL", u.ID, changeLinks)
	if err := changes.Distinct().Pluck("session_id", &asked).Error; err != nil {
		return err
	}
	if len(asked) > 0 {
		if err := t.endSelected(t.Where("id IN ?", asked)); err != nil { // with their links
			return err
		}
		if err := t.endImpersonationsBy(u.ID); err != nil {
			return err
		}
	}
	t.recordEvent(by, event.EmailChangeStopped, u.ID)
	return nil
}

// mailStop warns the address of u of a change to another one, with a link that stops it. The link belongs to no
// session: else a thief could end the session, ask again in the next one, and leave the owner a dead link.
func (a *Auth) mailStop(t *Tx, by actor, u *User, email string) error {
	m := Mail{To: u.Email, Purpose: letter.EmailChangeAsked, NewEmail: email}
	return a.warnWithLink(t, by, u, letter.StopEmailChange, m)
}

// UndoEmailChange moves an account back to the address it had, by the link mailed to that address. Every session and
// every link ends, the password is deleted and a link to choose a new one is mailed. Credentials of parts that were
// added since the change are deleted too, because their warnings went to the new address. So are those that were added
// shortly before it, because one session, which its user had proved once, may have added them and asked for the change.
// The owner was warned of older ones. Older undo links stay valid, so that changing the address twice does not lock the
// owner out; until a link expires, its address cannot be taken by another account. Refusals: 400 INVALID_TOKEN,
// TOKEN_EXPIRED; 409 USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL if another account has the address all the same.
func (a *Auth) UndoEmailChange(r *http.Request, token string) error {
	return a.applyWarning(r, token, letter.UndoEmailChange, a.restoreEmail)
}

func (a *Auth) restoreEmail(t *Tx, by actor, u *User, v *Verification) error {
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
	fresh := a.opts.ReauthAge + a.opts.VerifyTokenTTL // from the proof of a session to the use of its last link
	if err := a.dropPartCredentials(t, by, u, v.CreatedAt.Add(-fresh)); err != nil {
		return err
	}
	if err := t.endSessions(u.ID); err != nil {
		return err
	}
	if err := t.dropLinksButUndo(u.ID); err != nil {
		return err
	}
	err = t.Where("user_id = ? AND purpose = ? AND created_at >= ?", u.ID, letter.UndoEmailChange, v.CreatedAt).
		Delete(&Verification{}).Error
	if err != nil {
		return err
	}
	if err := t.clearPassword(u.ID, now); err != nil {
		return err
	}
	return a.mailLink(t, by, u, letter.ResetPassword, u.Email, "")
}

// mailUndo warns the old address of u, with a link that moves the account back. The link outlives all others, because
// a thief in the account could end those.
func (a *Auth) mailUndo(t *Tx, by actor, u *User, old string) error {
	if !a.opts.Notices {
		return nil
	}
	m := Mail{To: old, Purpose: letter.EmailChanged, NewEmail: u.Email}
	return a.warnWithLink(t, by, u, letter.UndoEmailChange, m)
}

// warnOldAddress warns the address that u had, if it was proved. An admin who vouches for the new one may take the
// account away from a stolen mailbox, which therefore gets no undo link.
func (a *Auth) warnOldAddress(t *Tx, by actor, before, u *User, c UserChanges) error {
	if u.Email == before.Email || !before.EmailVerified {
		return nil
	}
	if c.vouches() || u.BannedAt(a.opts.Now()) {
		return a.warn(t, by, before, letter.EmailMoved, "")
	}
	return a.mailUndo(t, by, u, before.Email)
}

// warnWithLink mails a warning of what by did, with a link of a purpose; without the link if the app has no page for
// it.
func (a *Auth) warnWithLink(t *Tx, by actor, u *User, purpose letter.Purpose, m Mail) error {
	token := newToken()
	m.Name, m.URL = u.Name, a.opts.Links(purpose, token, "")
	m.setBrowser(by, u)
	if m.URL != "" {
		m.Life = a.linkLife(purpose)
		err := a.storeLink(t, token, Verification{UserID: u.ID, Purpose: purpose, Email: m.To})
		if err != nil {
			return err
		}
	}
	return a.enqueue(t, m)
}

// applyWarning locks the user of a warning's link, then applies the link.
func (a *Auth) applyWarning(
	r *http.Request, token string, purpose letter.Purpose,
	apply func(*Tx, actor, *User, *Verification) error,
) error {
	v, err := a.findLink(r.Context(), token, purpose)
	if err != nil {
		return tokenError(http.StatusBadRequest, err)
	}
	err = a.Transact(r.Context(), func(t *Tx) error {
		u, err := t.useLink(v)
		if err != nil {
			return err
		}
		return apply(t, a.actorFor(r, u.ID), u, v)
	})
	return tokenError(http.StatusBadRequest, err)
}
