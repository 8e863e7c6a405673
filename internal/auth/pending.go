package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"gorm.io/gorm"
)

// pendingLife is how long a browser that signed up may confirm the address without the password.
const pendingLife = time.Hour

// pending is the pending cookie: the account that this browser has signed up, or proved to know the password of.
type pending struct {
	userID, email, callbackURL string
	remember                   bool
}

// PendingSignUp returns the address that this browser has signed up with and not verified, and the CallbackURL given
// then; "" for none.
func (a *Auth) PendingSignUp(r *http.Request) (email, callbackURL string) {
	p, _ := a.readPending(r)
	return p.email, p.callbackURL
}

// setPending binds the browser to an account whose address is not verified yet. It names the account by id: an
// address would also bind the browser to an account that an attacker had made of it before. If the cookie is too
// large, callbackURL is left out, then the address, which the page then asks for.
func (a *Auth) setPending(w http.ResponseWriter, u *User, remember bool, callbackURL string) {
	ends := a.opts.Now().Add(pendingLife).UnixMilli()
	line := func(email, callbackURL string) string {
		value := fmt.Sprintf("%s:%d:%t:%s:%s", u.ID, ends, remember, email, callbackURL)
		return a.cookieLine(pendingCookie, a.signed(pendingCookie, value), pendingLife)
	}
	full := line(u.Email, callbackURL)
	if len(full) > maxCookieSize {
		full = line(u.Email, "")
	}
	if len(full) > maxCookieSize {
		full = line("", "")
	}
	a.sendCookie(w, full)
}

// linkCallback is the callbackURL of the link mailed for a sign-up. For pages the pending cookie has it instead.
func linkCallback(fromPage bool, callbackURL string) string {
	if fromPage {
		return ""
	}
	return callbackURL
}

func (a *Auth) readPending(r *http.Request) (p pending, ok bool) {
	value, ok := a.readSigned(r, pendingCookie)
	parts := strings.SplitN(value, ":", 5)
	if !ok || len(parts) != 5 {
		return p, false
	}
	ends, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || a.opts.Now().UnixMilli() >= ends {
		return p, false
	}
	return pending{userID: parts[0], remember: parts[2] == "true", email: parts[3], callbackURL: parts[4]}, true
}

// signedUpHere reports whether this browser signed up the account whose address the link verifies. For a change of
// address that is no proof: the account may have changed hands.
func (a *Auth) signedUpHere(r *http.Request, v *Verification) (pending, bool) {
	p, ok := a.readPending(r)
	return p, ok && v.Purpose == letter.VerifyEmail && p.userID == v.UserID
}

// pendingAccountLife is the life of a pending account without a ban or another role than the first.
const pendingAccountLife = 7 * 24 * time.Hour

// pendingBatch is how many pending accounts one transaction deletes. Each deletion records an event, and the
// transaction holds the audit lock until it ends. A small batch keeps other writers from waiting long.
const pendingBatch = 20

// replaceable reports whether the next account with its address replaces u, a pending account: u may be an attacker's,
// made to keep the victim out. An account with a role or a ban stays, because an admin decided that.
func (a *Auth) replaceable(u *User) bool { return u.Pending && !u.Banned && u.Role == a.opts.Roles[0] }

// addressTaken reports whether the address is taken. mover is the user who wants to move there, "" at a sign-up. If a
// pending account has the address, it is not taken: pendingID is the id of that account, and deletePending deletes
// it.
func (a *Auth) addressTaken(ctx context.Context, email, mover string) (pendingID string, taken bool, err error) {
	db := a.db.WithContext(ctx)
	var u User
	err = db.Where("email = ?", email).Take(&u).Error
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		return "", false, err
	}
	if u.ID != "" && !a.replaceable(&u) {
		return "", true, nil
	}
	taken, err = a.reserved(db, email, mover)
	return u.ID, taken, err
}

// reserved reports whether an undo link of another user than mover reserves an address. An undo link reserves its
// address until it expires. Otherwise a thief who moved an account could register its old address and make the undo
// link useless.
func (a *Auth) reserved(db *gorm.DB, email, mover string) (bool, error) {
	var n int64
	err := db.Model(&Verification{}).Where(
		"email = ? AND purpose = ? AND user_id <> ? AND expires_at > ?", email, letter.UndoEmailChange, mover, a.opts.Now(),
	).Count(&n).Error
	return n > 0, err
}

// refuseReserved refuses the address of u if it is reserved. It runs after the write of u, because the unique index
// makes the write wait for the transaction that commits the undo link.
func (a *Auth) refuseReserved(t *Tx, u *User, status int) error {
	reserved, err := a.reserved(t.DB, u.Email, u.ID)
	if err != nil {
		return err
	}
	if reserved {
		return takenError(status)
	}
	return nil
}

// deletePending deletes the account that addressTaken named, if it still is one that is replaced. by is recorded as the
// actor: the user who takes the address, or the admin who creates that user.
func (a *Auth) deletePending(t *Tx, by actor, pendingID, email string) error {
	if pendingID == "" {
		return nil
	}
	u, err := t.LockUser(pendingID)
	if err != nil {
		return ignoreMissing(err)
	}
	if u.Email != email || !a.replaceable(u) {
		return nil
	}
	return t.erasePending(by, u, event.DetailReplaced)
}

// lockBothAndDeletePending deletes the pending account that has the address to which v moves its user. One statement
// locks both rows in id order, so that transactions cannot deadlock.
func (a *Auth) lockBothAndDeletePending(t *Tx, by actor, pendingID string, v *Verification) error {
	if pendingID == "" {
		return nil
	}
	both := []string{v.UserID, pendingID}
	err := t.Clauses(forUpdate).Select("id").Where("id IN ?", both).Order("id").Find(&[]User{}).Error
	if err != nil {
		return err
	}
	return a.deletePending(t, by, pendingID, v.Email)
}

// purgePending deletes at most pendingBatch pending accounts that are older than pendingAccountLife, and returns how
// many.
func (a *Auth) purgePending(ctx context.Context) (n int64, err error) {
	over := a.opts.Now().Add(-pendingAccountLife)
	err = a.Transact(ctx, func(t *Tx) error {
		var list []User
		err := t.Clauses(forUpdate).Where("pending AND NOT banned AND role = ? AND created_at <= ?", a.opts.Roles[0], over).
			Order("id").Limit(pendingBatch).Find(&list).Error
		if err != nil {
			return err
		}
		n = int64(len(list))
		for i := range list {
			if err := t.erasePending(actor{}, &list[i], event.DetailNeverConfirmed); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// erasePending deletes a locked pending account. It ends impersonations of the account, its only possible sessions. It
// does not announce the user as revoked, because the wait for other instances would show by its time that the account
// existed.
func (t *Tx) erasePending(by actor, u *User, detail string) error {
	if err := t.endImpersonationsAs(u.ID); err != nil {
		return err
	}
	t.recordEvent(by, event.UserDeleted, u.ID).Detail = detail
	return t.Where("id = ?", u.ID).Delete(&User{}).Error
}

// clearPending clears User.Pending, so that u is not replaced any more.
func (t *Tx) clearPending(u *User) error {
	if !u.Pending {
		return nil
	}
	u.Pending = false
	return t.Model(&User{}).Where("id = ?", u.ID).UpdateColumn("pending", false).Error
}
