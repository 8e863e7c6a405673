package auth

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

// What a mailed link is for. A Mail's Purpose is one of these, and so is a Verification's.
const (
	purposeVerify        = "verify_email"
	purposeReset         = "reset_password"
	purposeConfirmChange = "confirm_email_change"
	purposeChange        = "change_email"
	purposeDelete        = "delete_account"
	purposeUndo          = "undo_email_change"
	purposeStop          = "stop_email_change"
	purposeInvite        = "set_password"
)

// evenAnswer is how long a request about an address takes at least: longer than the work it may cause, so that time
// does not tell whether the address is known. A processor that had work to do answers half a millisecond sooner than
// one that slept (seen): up to evenChance more, drawn for each answer, drowns that.
const (
	evenAnswer = 300 * time.Millisecond
	evenChance = 100 * time.Millisecond
)

// evenly makes the answer to a stranger's question about an address wait; defer what it returns.
func (a *Auth) evenly(ctx context.Context) func() {
	var chance [2]byte
	rand.Read(chance[:])
	timer := time.NewTimer(evenAnswer + evenChance*time.Duration(binary.BigEndian.Uint16(chance[:]))/math.MaxUint16)
	return func() {
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
}

// superseded names the links that a new one makes worthless. Any mail may verify an address.
var superseded = map[string][]string{
	purposeReset: {purposeReset}, purposeInvite: {purposeInvite}, purposeDelete: {purposeDelete},
	purposeConfirmChange: {purposeConfirmChange, purposeChange}, purposeChange: {purposeConfirmChange, purposeChange},
}

// sessionBound names the links that the session which asked for them ends with: what a thief has set going in somebody's
// session must not outlive it. The database deletes these links with the session's row, so no way of ending one can forget
// them.
var sessionBound = []string{purposeConfirmChange, purposeChange, purposeDelete}

// mailLink keeps a single-use token and mails it to an address, in t, which holds u's row: of two requests the last
// one counts. For purposeConfirmChange and purposeChange, address is the new one. by asked for it; a link of sessionBound
// is refused with 401 where that session has ended. Callers ask mayMail first: an address that has had its mails for this
// hour gets none, and nobody is told.
func (a *Auth) mailLink(t *transaction, by *Session, u *User, purpose, address, callbackURL string) error {
	to, newEmail := address, ""
	if purpose == purposeConfirmChange {
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
	link := ""
	if a.opts.Links != nil {
		link = a.opts.Links(purpose, token, callbackURL)
	}
	if link == "" {
		link = a.wireLink(purpose, token, callbackURL)
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

var linkEvents = map[string]string{
	purposeVerify: eventVerificationSent, purposeReset: eventPasswordResetAsked, purposeDelete: eventDeletionAsked,
	purposeConfirmChange: eventEmailChangeAsked, purposeChange: eventEmailChangeAsked, purposeInvite: eventInvited,
}

func (a *Auth) linkLife(purpose string) time.Duration {
	switch purpose {
	case purposeReset:
		return a.opts.ResetTokenTTL
	case purposeDelete:
		return a.opts.DeleteTokenTTL
	case purposeInvite:
		return a.opts.InviteTokenTTL
	case purposeUndo:
		return a.opts.UndoTokenTTL
	}
	return a.opts.VerifyTokenTTL
}

// wireLink is the link of the wire contract: this provider's own GET endpoint.
func (a *Auth) wireLink(purpose, token, callbackURL string) string {
	base, token := a.home+basePath, url.QueryEscape(token)
	if purpose == purposeReset || purpose == purposeInvite {
		return base + "/reset-password/" + token + "?callbackURL=" + url.QueryEscape(callbackURL)
	}
	if callbackURL == "" {
		callbackURL = "/"
	}
	path := "/verify-email"
	if purpose == purposeDelete {
		path = "/delete-user/callback"
	}
	return base + path + "?token=" + token + "&callbackURL=" + url.QueryEscape(callbackURL)
}

var (
	errNoLink      = errors.New("no such link")
	errLinkExpired = errors.New("link has expired")
)

// link looks a mailed token up; errNoLink or errLinkExpired where it is worth nothing for these purposes.
func (a *Auth) link(ctx context.Context, token string, purposes ...string) (*Verification, error) {
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
func (t *transaction) dropLinks(userID string, purposes ...string) error {
	q := t.Where("user_id = ? AND purpose <> ?", userID, purposeUndo)
	if len(purposes) > 0 {
		q = q.Where("purpose IN ?", purposes)
	}
	return q.Delete(&Verification{}).Error
}

// dropEveryLink is dropLinks for those that undo a change of address, too.
func (t *transaction) dropEveryLink(userID string) error {
	return t.Where("user_id = ?", userID).Delete(&Verification{}).Error
}

// linkCode is what a failed link is called on the wire; "" for errors that are not the link's.
func linkCode(err error) string {
	var e *errs.Error
	switch {
	case errors.Is(err, errLinkExpired):
		return "TOKEN_EXPIRED"
	case errors.Is(err, errNoLink):
		return "INVALID_TOKEN"
	case errors.As(err, &e) && e.Status < 500:
		return e.Code
	}
	return ""
}

// tokenError refuses a link with the wire's status for it.
func tokenError(status int, err error) error {
	switch linkCode(err) {
	case "TOKEN_EXPIRED":
		return errs.New(status, "TOKEN_EXPIRED", "Token expired")
	case "INVALID_TOKEN":
		return errs.New(status, "INVALID_TOKEN", "Invalid token")
	}
	return err
}

// withQuery adds one parameter to where a browser is sent, before the fragment.
func withQuery(target, name, value string) string {
	target, fragment, hasFragment := strings.Cut(target, "#")
	page, query, _ := strings.Cut(target, "?")
	if query != "" {
		query += "&"
	}
	target = page + "?" + query + url.QueryEscape(name) + "=" + url.QueryEscape(value)
	if hasFragment {
		target += "#" + fragment
	}
	return target
}

// demand returns the session behind the request as the store has it, or a 401.
func (a *Auth) demand(w http.ResponseWriter, r *http.Request) (*Session, error) {
	s, err := a.StoredSession(w, r)
	if err == nil && s == nil {
		err = errs.Unauthenticated()
	}
	return s, err
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
func (a *Auth) PeekLink(ctx context.Context, token string, purposes ...string) (email string, err error) {
	v, err := a.link(ctx, token, purposes...)
	if err != nil {
		return "", tokenError(http.StatusBadRequest, err)
	}
	return v.Email, nil
}
