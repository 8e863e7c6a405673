package auth

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"time"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

// padTiming makes a request about an address take Options.MinAnswer; defer what it returns. A processor that had work to do
// wakes half a millisecond sooner than one that slept (measured), so a random part is added that drowns this.
func (a *Auth) padTiming(ctx context.Context) func() {
	var chance [2]byte
	rand.Read(chance[:])
	shortest := a.opts.MinAnswer
	more := shortest / 3 * time.Duration(binary.BigEndian.Uint16(chance[:])) / math.MaxUint16
	timer := time.NewTimer(shortest + more)
	return func() {
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
}

// superseded names the links that a new one makes worthless. Any mail may verify an address.
var superseded = map[letter.Purpose][]letter.Purpose{
	letter.ResetPassword: {letter.ResetPassword}, letter.SetPassword: {letter.SetPassword}, letter.DeleteAccount: {letter.DeleteAccount},
	letter.ConfirmEmailChange: {letter.ConfirmEmailChange, letter.ChangeEmail}, letter.ChangeEmail: {letter.ConfirmEmailChange, letter.ChangeEmail},
}

// sessionBound names the links that the session which asked for them ends with: what a thief has set going in somebody's
// session must not outlive it. The database deletes these links with the session's row, so no way of ending one can forget
// them.
var sessionBound = []letter.Purpose{letter.ConfirmEmailChange, letter.ChangeEmail, letter.DeleteAccount}

// mailLink keeps a single-use token and mails it to an address, in t, which holds u's row: of two requests the last
// one counts. For letter.ConfirmEmailChange and letter.ChangeEmail, address is the new one. by asked for it; a link of sessionBound
// is refused with 401 where that session has ended. Callers ask mayMail first: an address that has had its mails for this
// hour gets none, and nobody is told.
func (a *Auth) mailLink(t *transaction, by *Session, u *User, purpose letter.Purpose, address, callbackURL string) error {
	to, newEmail := address, ""
	if purpose == letter.ConfirmEmailChange {
		to, newEmail = u.Email, address
	}
	var session *string
	if slices.Contains(sessionBound, purpose) {
		live, err := t.lockSession(by.ID)
		if err != nil {
			return err
		}
		if !live {
			return errs.Unauthenticated()
		}
		session = &by.ID
	}
	if old := superseded[purpose]; old != nil {
		if err := t.dropLinks(u.ID, old...); err != nil {
			return err
		}
	}
	now, token := a.opts.Now(), newToken()
	err := t.Create(&Verification{
		ID: newID(), UserID: u.ID, SessionID: session, Purpose: purpose, Email: address, TokenHash: hashToken(token),
		ExpiresAt: now.Add(a.linkLife(purpose)), CreatedAt: now, CallbackURL: callbackURL,
	}).Error
	if err != nil {
		return err
	}
	link := a.opts.Links(purpose, token, callbackURL)
	if link == "" {
		return fmt.Errorf("auth: Options.Links gives no address for a mail of purpose %s", purpose)
	}
	err = a.opts.Mailer.Enqueue(t.Statement.Context, t.DB, Mail{
		To: to, Name: u.nameFor(to), Purpose: purpose, URL: link, NewEmail: newEmail,
	})
	if err != nil {
		return err
	}
	t.event(by, linkEvents[purpose], u.ID)
	return nil
}

var linkEvents = map[letter.Purpose]event.Name{
	letter.VerifyEmail: event.VerificationSent, letter.ResetPassword: event.PasswordResetAsked, letter.DeleteAccount: event.DeletionAsked,
	letter.ConfirmEmailChange: event.EmailChangeAsked, letter.ChangeEmail: event.EmailChangeAsked, letter.SetPassword: event.Invited,
}

func (a *Auth) linkLife(purpose letter.Purpose) time.Duration {
	switch purpose {
	case letter.ResetPassword:
		return a.opts.ResetTokenTTL
	case letter.DeleteAccount:
		return a.opts.DeleteTokenTTL
	case letter.SetPassword:
		return a.opts.InviteTokenTTL
	case letter.UndoEmailChange:
		return a.opts.UndoTokenTTL
	}
	return a.opts.VerifyTokenTTL
}

var (
	errNoLink      = errors.New("no such link")
	errLinkExpired = errors.New("link has expired")
)

// link looks a mailed token up; errNoLink or errLinkExpired where it is worth nothing for these purposes.
func (a *Auth) link(ctx context.Context, token string, purposes ...letter.Purpose) (*Verification, error) {
	var v Verification
	err := a.db.WithContext(ctx).Where("token_hash = ? AND purpose IN ?", hashToken(token), purposes).Take(&v).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, errNoLink
	}
	if err != nil {
		return nil, err
	}
	if !a.opts.Now().Before(v.ExpiresAt) {
		return nil, errLinkExpired
	}
	return &v, a.askedInLife(ctx, &v)
}

// askedInLife gives errNoLink for a link whose session is over: its row stays in the store until the next purge.
func (a *Auth) askedInLife(ctx context.Context, v *Verification) error {
	if !slices.Contains(sessionBound, v.Purpose) {
		return nil
	}
	if v.SessionID == nil { // written by an older version that runs beside this one
		return errNoLink
	}
	var s Session
	err := a.db.WithContext(ctx).Where("id = ?", *v.SessionID).Take(&s).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return errNoLink
	}
	if err != nil {
		return err
	}
	if a.over(&s, a.opts.Now()) {
		return errNoLink
	}
	return nil
}

// useLink takes a mailed token out of the store, once: of several at the same time one gets it, the others
// errNoLink. It returns its user, locked.
func (t *transaction) useLink(v *Verification) (*User, error) {
	u, err := t.lockUser(v.UserID)
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, errNoLink
	}
	if err != nil {
		return nil, err
	}
	if v.SessionID != nil { // before the link: whatever ends a session takes the two in this order
		if _, err := t.lockSession(*v.SessionID); err != nil {
			return nil, err
		}
	}
	done := t.Where("id = ?", v.ID).Delete(&Verification{})
	if done.Error == nil && done.RowsAffected == 0 {
		return nil, errNoLink
	}
	return u, done.Error
}

// dropLinks makes a user's outstanding links worthless: all but those that undo a change of address, or those of the
// given purposes.
func (t *transaction) dropLinks(userID string, purposes ...letter.Purpose) error {
	q := t.Where("user_id = ? AND purpose <> ?", userID, letter.UndoEmailChange)
	if len(purposes) > 0 {
		q = q.Where("purpose IN ?", purposes)
	}
	return q.Delete(&Verification{}).Error
}

// dropEveryLink is dropLinks for those that undo a change of address, too.
func (t *transaction) dropEveryLink(userID string) error {
	return t.Where("user_id = ?", userID).Delete(&Verification{}).Error
}

// tokenError refuses a link, and tells whether it has expired.
func tokenError(status int, err error) error {
	if errors.Is(err, errLinkExpired) {
		return errs.New(status, "TOKEN_EXPIRED", "Token expired")
	}
	return invalidToken(status, err)
}

// youngerThan refuses a session that began too long ago, or that is an admin's view of somebody else.
func (a *Auth) youngerThan(age time.Duration, s *Session) error {
	if s.ImpersonatedBy != nil || a.opts.Now().Sub(s.CreatedAt) >= age {
		return errs.New(http.StatusForbidden, "SESSION_NOT_FRESH", "Session is not fresh")
	}
	return nil
}

// PeekLink tells which address a mailed link of one of these purposes was made for, and changes nothing. Refusals: 400
// INVALID_TOKEN, TOKEN_EXPIRED.
func (a *Auth) PeekLink(ctx context.Context, token string, purposes ...letter.Purpose) (email string, err error) {
	v, err := a.link(ctx, token, purposes...)
	if err != nil {
		return "", tokenError(http.StatusBadRequest, err)
	}
	return v.Email, nil
}
