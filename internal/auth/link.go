package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/id"
	"gorm.io/gorm"
)

// PeekLink returns the e-mail address that a mailed link of one of these purposes is for, and changes nothing.
// Refusals: 400 INVALID_TOKEN, TOKEN_EXPIRED.
func (a *Auth) PeekLink(ctx context.Context, token string, purposes ...letter.Purpose) (email string, err error) {
	v, err := a.findLink(ctx, token, purposes...)
	if err != nil {
		return "", tokenError(http.StatusBadRequest, err)
	}
	return v.Email, nil
}

// mailLinkTo mails a link of a purpose that by asked for, if the address has a user who is not banned, who needs one
// and who may get another one this hour. Requests that cause no mail are not counted: else strangers could use up a
// user's mails.
func (a *Auth) mailLinkTo(r *http.Request, by actor, email string, purpose letter.Purpose, callbackURL string) error {
	needs := func(u *User) bool {
		needless := u.BannedAt(a.opts.Now()) || purpose == letter.VerifyEmail && u.EmailVerified
		return u.ID != "" && !needless
	}
	return a.mailTo(r, by, email, purpose, needs, func(t *Tx, u *User) error {
		return a.mailLink(t, by, u, purpose, u.Email, callbackURL)
	})
}

// ownOf returns u if the browser is one of u's: by is u, u signed up in it, or has signed in with the present password.
// Else it returns nil.
func (a *Auth) ownOf(r *http.Request, by actor, u *User) (*User, error) {
	if u.ID == "" {
		return nil, nil
	}
	if p, ok := a.readPending(r); by.userID == u.ID || ok && p.userID == u.ID {
		return u, nil
	}
	if a.isNewDevice(r, u.ID) {
		return nil, nil
	}
	account, err := a.credential(r.Context(), u.Email)
	if account.UserID != u.ID || a.knownDevice(r, account) == "" || err != nil {
		return nil, err
	}
	return u, nil
}

// mailLink stores a single-use token and mails its link, in t, which has locked u: of two requests the last one
// counts. For letter.ConfirmEmailChange and letter.ChangeEmail, address is the new one. A link that is bound to
// the session of by is refused with 401 if that has ended. mailLink counts no mail: every caller that a stranger can
// trigger asks the mail budget first, outside the transaction.
func (a *Auth) mailLink(t *Tx, by actor, u *User, purpose letter.Purpose, address, callbackURL string) error {
	rule := linkRules[purpose]
	v := Verification{UserID: u.ID, Purpose: purpose, Email: address, CallbackURL: callbackURL}
	if rule.bound {
		live, err := t.lockSession(by.sessionID)
		if err != nil {
			return err
		}
		if !live {
			return errs.Unauthenticated()
		}
		v.SessionID = &by.sessionID
	}
	if len(rule.ends) > 0 {
		if err := t.dropLinksButUndo(u.ID, rule.ends...); err != nil {
			return err
		}
	}
	token := newToken()
	if err := a.storeLink(t, token, v); err != nil {
		return err
	}
	t.recordEvent(by, rule.event, u.ID)
	m := Mail{To: address, Purpose: purpose, Life: a.linkLife(purpose), URL: a.opts.Links(purpose, token, callbackURL)}
	if m.URL == "" {
		return fmt.Errorf("auth: Options.Links gives no address for a mail of purpose %s", purpose)
	}
	if purpose == letter.ConfirmEmailChange {
		m.To, m.NewEmail = u.Email, address
	}
	m.Name = u.nameFor(m.To)
	if rule.bound && m.To == u.Email { // by did it in a session; anybody can ask for the other links
		m.setBrowser(by, u)
	}
	return a.enqueue(t, m)
}

// linkRule says what mailing a link of a purpose does. Verification, undo and stop links end none.
type linkRule struct {
	event event.Name       // recorded
	ends  []letter.Purpose // the older links that a new one ends, so that one link of a kind is open

	// bound links end with the session that asked for them, so that a thief's requests do not outlive the stolen
	// session. The database deletes them with the session's row, so that no code can forget to.
	bound bool
}

// addressLinks are the links that VerifyEmail and ConfirmEmail apply.
var addressLinks = []letter.Purpose{letter.VerifyEmail, letter.ConfirmEmailChange, letter.ChangeEmail}

// changeLinks move a user to another address.
var changeLinks = []letter.Purpose{letter.ConfirmEmailChange, letter.ChangeEmail}

var linkRules = map[letter.Purpose]linkRule{
	letter.VerifyEmail:        {event: event.VerificationSent},
	letter.ResetPassword:      {event: event.PasswordResetAsked, ends: []letter.Purpose{letter.ResetPassword}},
	letter.SetPassword:        {event: event.Invited, ends: []letter.Purpose{letter.SetPassword}},
	letter.ConfirmEmailChange: {event: event.EmailChangeAsked, ends: changeLinks, bound: true},
	letter.ChangeEmail:        {event: event.EmailChangeAsked, ends: changeLinks, bound: true},
	// part:betterauth
	letter.DeleteAccount: {event: event.DeletionAsked, ends: []letter.Purpose{letter.DeleteAccount}, bound: true},
	// end:betterauth
}

// storeLink stores v as the link of a token.
func (a *Auth) storeLink(t *Tx, token string, v Verification) error {
	v.ID, v.TokenHash, v.CreatedAt = id.New(), HashToken(token), a.opts.Now()
	v.ExpiresAt = v.CreatedAt.Add(a.linkLife(v.Purpose))
	return t.Create(&v).Error
}

// linkLife is how long a link of a purpose works. Mails say it.
func (a *Auth) linkLife(purpose letter.Purpose) time.Duration {
	switch purpose {
	case letter.ResetPassword:
		return a.opts.ResetTokenTTL
	case letter.DeleteAccount: // part:betterauth
		return a.opts.DeleteTokenTTL // part:betterauth
	case letter.SetPassword:
		return a.opts.InviteTokenTTL
	case letter.UndoEmailChange:
		return a.opts.UndoTokenTTL
	}
	return a.opts.VerifyTokenTTL
}

// findLink looks a mailed token up; errNoLink or errLinkExpired if it is not valid for these purposes.
func (a *Auth) findLink(ctx context.Context, token string, purposes ...letter.Purpose) (*Verification, error) {
	var v Verification
	err := a.db.WithContext(ctx).Where("token_hash = ? AND purpose IN ?", HashToken(token), purposes).Take(&v).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, errNoLink
	}
	if err != nil {
		return nil, err
	}
	if !a.opts.Now().Before(v.ExpiresAt) {
		return nil, errLinkExpired
	}
	return &v, a.checkLinkSession(ctx, &v)
}

// checkLinkSession refuses a link if its session has expired. The purge deletes expired sessions late, so the row alone
// proves nothing.
func (a *Auth) checkLinkSession(ctx context.Context, v *Verification) error {
	if !linkRules[v.Purpose].bound {
		return nil
	}
	if v.SessionID == nil { // an older instance wrote no session id; refuse
		return errNoLink
	}
	var s Session // that has expired, if there is no row
	if err := ignoreMissing(a.db.WithContext(ctx).Where("id = ?", *v.SessionID).Take(&s).Error); err != nil {
		return err
	}
	if a.expired(&s, a.opts.Now()) {
		return errNoLink
	}
	return nil
}

// useLink deletes a mailed token and returns its user, locked. Of concurrent requests one succeeds, the others get
// errNoLink.
func (t *Tx) useLink(v *Verification) (*User, error) {
	u, err := t.LockUser(v.UserID)
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, errNoLink
	}
	if err != nil {
		return nil, err
	}
	if v.SessionID != nil { // before the link: see Transact
		if _, err := t.lockSession(*v.SessionID); err != nil {
			return nil, err
		}
	}
	return u, RefuseNone(t.Where("id = ?", v.ID).Delete(&Verification{}), errNoLink)
}

// dropLinksButUndo deletes a user's links, of the given purposes or, without purposes, of all. It never deletes undo
// links, so that a thief in the account cannot end them.
func (t *Tx) dropLinksButUndo(userID string, purposes ...letter.Purpose) error {
	q := t.Where("user_id = ? AND purpose <> ?", userID, letter.UndoEmailChange)
	if len(purposes) > 0 {
		q = q.Where("purpose IN ?", purposes)
	}
	return q.Delete(&Verification{}).Error
}
