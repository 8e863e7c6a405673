package auth

import (
	"context"
	"net/http"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
)

// tellsOfChange reports whether the old address of u is told that a change is asked for. The mail that asks it for consent
// tells it anyway, and one that is not verified may be a stranger's.
func (a *Auth) tellsOfChange(u *User, purpose letter.Purpose) bool {
	return a.opts.Notices && purpose == letter.ChangeEmail && u.EmailVerified
}

// mayMailChange reports whether the mails of a change of u's address to email may go out. Where the old address cannot be
// told, nothing goes out: else who used up its notices would go on unseen.
func (a *Auth) mayMailChange(ctx context.Context, u *User, purpose letter.Purpose, email string) (bool, error) {
	if purpose == letter.ConfirmEmailChange {
		return a.mayMail(ctx, purpose, u.Email)
	}
	if a.tellsOfChange(u, purpose) {
		may, err := a.mayMail(ctx, letter.EmailChangeAsked, u.Email)
		if !may || err != nil {
			return false, err
		}
	}
	return a.mayMail(ctx, purpose, email)
}

// mailStop tells the address of u that a change to another one is asked for, with a link that stops it. The link belongs to
// no session: who asked could end theirs, ask again in the next, and leave the owner a dead link.
func (a *Auth) mailStop(t *transaction, u *User, email string) error {
	link, err := a.noticeLink(t, u, letter.StopEmailChange, u.Email)
	if err != nil {
		return err
	}
	return a.opts.Mailer.Enqueue(t.Statement.Context, t.DB, Mail{
		To: u.Email, Name: u.Name, Purpose: letter.EmailChangeAsked, URL: link, NewEmail: email,
	})
}

// noticeLink keeps the token of a link that goes along with a notice, and gives its address; "" where the app has no page
// for it.
func (a *Auth) noticeLink(t *transaction, u *User, purpose letter.Purpose, address string) (string, error) {
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

// StopEmailChange makes a change of address that was asked for worthless, by the link mailed to the address that the
// account has: nobody needs to be signed in. The sessions that asked end, because a thief may hold them and would ask
// again. Refusals: 400 INVALID_TOKEN, TOKEN_EXPIRED; the first also where the change is made, which has an undo link of its
// own.
func (a *Auth) StopEmailChange(r *http.Request, token string) error {
	v, err := a.link(r.Context(), token, letter.StopEmailChange)
	if err == nil {
		err = a.transact(r.Context(), func(t *transaction) error { return a.stopChange(t, r, v) })
	}
	return tokenError(http.StatusBadRequest, err)
}

func (a *Auth) stopChange(t *transaction, r *http.Request, v *Verification) error {
	u, err := t.useLink(v)
	if err != nil {
		return err
	}
	var asked []string
	changes := t.Model(&Verification{}).Where("user_id = ? AND purpose IN ?", u.ID, []letter.Purpose{letter.ConfirmEmailChange, letter.ChangeEmail})
	if err := changes.Where("session_id IS NOT NULL").Distinct().Pluck("session_id", &asked).Error; err != nil {
		return err
	}
	for _, id := range asked {
		if err := t.endSession(&Session{ID: id, UserID: u.ID}); err != nil { // its links end with it
			return err
		}
	}
	t.event(&Session{UserID: u.ID, from: a.from(r)}, event.EmailChangeStopped, u.ID)
	return nil
}
