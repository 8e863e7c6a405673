package auth

import (
	"context"
	"net/http"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
)

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

// mailStop warns the address of u of a change to another one, with a link that stops it. The link belongs to no
// session: else a thief could end the session, ask again in the next one, and leave the owner a dead link.
func (a *Auth) mailStop(t *transaction, u *User, email string) error {
	link, err := a.warningLink(t, u, letter.StopEmailChange, u.Email)
	if err != nil {
		return err
	}
	return a.enqueue(t, Mail{To: u.Email, Name: u.Name, Purpose: letter.EmailChangeAsked, URL: link, NewEmail: email})
}

// warningLink stores the token of a link in a warning and returns its address; "" if the app has no page for it.
func (a *Auth) warningLink(t *transaction, u *User, purpose letter.Purpose, address string) (string, error) {
	token := newToken()
	link := a.opts.Links(purpose, token, "")
	if link == "" {
		return "", nil
	}
	now := a.opts.Now()
	return link, t.Create(&Verification{
		ID: newID(), UserID: u.ID, Purpose: purpose, Email: address, TokenHash: hashToken(token),
		ExpiresAt: now.Add(a.linkLife(purpose)), CreatedAt: now,
	}).Error
}

// StopEmailChange stops a change of address by the link mailed to the present address. It needs no session. The
// sessions that asked for the change end, because a thief in them would ask again. Refusals: 400 INVALID_TOKEN,
// TOKEN_EXPIRED; the first also if the change is made already, which has an undo link of its own.
func (a *Auth) StopEmailChange(r *http.Request, token string) error {
	v, err := a.link(r.Context(), token, letter.StopEmailChange)
	if err != nil {
		return tokenError(http.StatusBadRequest, err)
	}
	err = a.transact(r.Context(), func(t *transaction) error { return a.stopChange(t, r, v) })
	return tokenError(http.StatusBadRequest, err)
}

func (a *Auth) stopChange(t *transaction, r *http.Request, v *Verification) error {
	u, err := t.useLink(v)
	if err != nil {
		return err
	}
	var asked []string
	purposes := []letter.Purpose{letter.ConfirmEmailChange, letter.ChangeEmail}
	changes := t.Model(&Verification{}).Where("user_id = ? AND purpose IN ? AND session_id IS NOT NULL", u.ID, purposes)
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
	t.recordEvent(a.actorFor(r, u.ID), event.EmailChangeStopped, u.ID)
	return nil
}
