package auth

import (
	"cmp"
	"context"
	"errors"
	"time"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"gorm.io/gorm"
)

// pendingAccountLife is how long a pending account waits for its first sign-in.
const pendingAccountLife = 7 * 24 * time.Hour

// pendingBatch is how many pending accounts one transaction deletes: each records an event, and blocks other writers
// of the audit log.
const pendingBatch = 20

// The Details of event.UserDeleted for pending accounts.
const (
	detailNeverConfirmed = "never confirmed"
	detailGaveWay        = "gave way to the holder of the address"
)

// squats reports whether u is a pending account that the holder of the address may replace. An account with a role or
// a ban stays, because an admin decided that.
func (a *Auth) squats(u *User) bool { return u.Pending && !u.Banned && u.Role == a.opts.Roles[0] }

// heldBy reports whether an address is taken for the user mover, "" for a new one. A squatting account does not take
// it: squatter is its id, for evict.
func (a *Auth) heldBy(ctx context.Context, email, mover string) (squatter string, taken bool, err error) {
	db := a.db.WithContext(ctx)
	var u User
	err = db.Where("email = ?", email).Take(&u).Error
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		return "", false, err
	}
	if u.ID != "" && !a.squats(&u) {
		return "", true, nil
	}
	taken, err = a.reserved(db, email, mover)
	return u.ID, taken, err
}

// reserved reports whether an undo link may still bring another account than mover's back to an address. Without this
// a thief who moved the account could take its old address, and make the link useless.
func (a *Auth) reserved(db *gorm.DB, email, mover string) (bool, error) {
	var n int64
	err := db.Model(&Verification{}).Where(
		"email = ? AND purpose = ? AND user_id <> ? AND expires_at > ?", email, letter.UndoEmailChange, mover, a.opts.Now(),
	).Count(&n).Error
	return n > 0, err
}

// claim refuses a reserved address. Call it after u is written: the unique index then waits for the account that left
// the address, which commits its undo link in the same transaction.
func (a *Auth) claim(t *transaction, u *User, status int) error {
	reserved, err := a.reserved(t.DB, u.Email, u.ID)
	if err != nil {
		return err
	}
	if reserved {
		return takenError(status)
	}
	return nil
}

// evict deletes the account that heldBy named, if it still squats on the address. by is the user who takes its place.
func (a *Auth) evict(t *transaction, by actor, squatter, email string) error {
	if squatter == "" {
		return nil
	}
	u, err := t.lockUser(squatter)
	if err != nil {
		return ignoreMissing(err)
	}
	if u.Email != email || !a.squats(u) {
		return nil
	}
	return t.erasePending(by, u, detailGaveWay)
}

// evictSquatter evicts the pending account that has the address to which v moves its user. One statement locks both
// rows in id order, so that transactions cannot deadlock.
func (a *Auth) evictSquatter(t *transaction, by actor, squatter string, v *Verification) error {
	if squatter == "" {
		return nil
	}
	both := []string{v.UserID, squatter}
	err := t.Clauses(forUpdate).Select("id").Where("id IN ?", both).Order("id").Find(&[]User{}).Error
	if err != nil {
		return err
	}
	return a.evict(t, by, squatter, v.Email)
}

// erasePending deletes a locked pending account. Its only sessions are impersonations. It invalidates nothing else,
// because a sign-up that replaces an account must not take longer than one that does not.
func (t *transaction) erasePending(by actor, u *User, detail string) error {
	if err := t.endImpersonationsAs(u.ID); err != nil {
		return err
	}
	t.recordEvent(by, event.UserDeleted, u.ID).Detail = detail
	return t.Where("id = ?", u.ID).Delete(&User{}).Error
}

// purgePending deletes at most pendingBatch pending accounts that are older than pendingAccountLife, and returns how
// many.
func (a *Auth) purgePending(ctx context.Context) (n int64, err error) {
	over := a.opts.Now().Add(-pendingAccountLife)
	err = a.transact(ctx, func(t *transaction) error {
		var list []User
		err := t.Clauses(forUpdate).Where("pending AND NOT banned AND role = ? AND created_at <= ?", a.opts.Roles[0], over).
			Order("id").Limit(pendingBatch).Find(&list).Error
		if err != nil {
			return err
		}
		n = int64(len(list))
		for i := range list {
			if err := t.erasePending(actor{}, &list[i], detailNeverConfirmed); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// mustMailPending is mustMail for the mail of handOver, if there will be one. email is the user's new address, "" if
// it stays.
func (a *Auth) mustMailPending(ctx context.Context, userID, email string) error {
	u, err := a.User(ctx, userID)
	if err != nil || !u.Pending {
		return err
	}
	return a.mustMail(ctx, letter.SetPassword, cmp.Or(email, u.Email))
}

// handOver gives a pending account, whose address an admin vouches for, to the holder of the address: the password,
// which a stranger may have chosen, is deleted, and a link to choose one is mailed.
func (a *Auth) handOver(t *transaction, by actor, u *User) error {
	u.Pending = false
	if err := t.blankPassword(u.ID, a.opts.Now()); err != nil {
		return err
	}
	if err := t.dropLinks(u.ID); err != nil || u.Banned {
		return err
	}
	return a.mailLink(t, by, u, letter.SetPassword, u.Email, "")
}

// settle ends the time in which u can be replaced.
func (t *transaction) settle(u *User) error {
	if !u.Pending {
		return nil
	}
	u.Pending = false
	return t.Model(&User{}).Where("id = ?", u.ID).UpdateColumn("pending", false).Error
}

// blankPassword deletes a user's password.
func (t *transaction) blankPassword(userID string, now time.Time) error {
	return t.Model(&Account{}).Where("user_id = ? AND provider_id = ?", userID, providerCredential).
		Updates(map[string]any{"password": "", "updated_at": now}).Error
}
