package auth

import (
	"context"
	"errors"
	"time"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"gorm.io/gorm"
)

// pendingAccountLife is how long a pending account waits for its first sign-in.
const pendingAccountLife = 7 * 24 * time.Hour

// pendingBatch is how many pending accounts one transaction deletes. Each is an event of its own in the trail, which others
// who write wait for.
const pendingBatch = 20

// The Details of event.UserDeleted where a pending account goes: after pendingAccountLife, which is nobody's act, or before.
const (
	detailNeverConfirmed = "never confirmed"
	detailGaveWay        = "gave way to the holder of the address"
)

// squats reports whether u gives way to whoever can read mail to the address. A role or a ban is an admin's decision, and
// stays.
func (a *Auth) squats(u *User) bool { return u.Pending && !u.Banned && u.Role == a.opts.Roles[0] }

// heldBy tells whether an address is taken for mover, "" for somebody new. An account that squats does not take it:
// squatter is its id, for evict.
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

// reserved reports whether an undo link may still bring an account other than mover's back to an address: else a thief who
// moved the account could take the address it had, and the link would lead nowhere.
func (a *Auth) reserved(db *gorm.DB, email, mover string) (bool, error) {
	var n int64
	err := db.Model(&Verification{}).Where(
		"email = ? AND purpose = ? AND user_id <> ? AND expires_at > ?", email, letter.UndoEmailChange, mover, a.opts.Now(),
	).Count(&n).Error
	return n > 0, err
}

// claim refuses an address that is reserved. Call it when u is written: the address is free then only because the account
// that left it has committed its undo link too.
func (a *Auth) claim(t *transaction, u *User, status int) error {
	reserved, err := a.reserved(t.DB, u.Email, u.ID)
	if err == nil && reserved {
		err = takenError(status)
	}
	return err
}

// evict removes the account that heldBy named, if it still squats on the address. by is who takes its place.
func (a *Auth) evict(t *transaction, by *Session, squatter, email string) error {
	if squatter == "" {
		return nil
	}
	u, err := t.lockUser(squatter)
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil
	}
	if err != nil || u.Email != email || !a.squats(u) {
		return err
	}
	return t.erasePending(by, u, detailGaveWay)
}

// evictSquatter deletes the pending account that holds the address that v moves its user to. Both rows are locked in the
// order of their ids.
func (a *Auth) evictSquatter(t *transaction, by *Session, squatter string, v *Verification) error {
	if squatter == "" {
		return nil
	}
	err := t.Clauses(forUpdate).Select("id").Where("id IN ?", []string{v.UserID, squatter}).Order("id").Find(&[]User{}).Error
	if err != nil {
		return err
	}
	return a.evict(t, by, squatter, v.Email)
}

// erasePending deletes a locked pending account. It has no sessions but those of an admin who acts as its user. Nothing else
// is announced: a sign-up that replaces an account must not take longer than one that does not.
func (t *transaction) erasePending(by *Session, u *User, detail string) error {
	if err := t.endImpersonationsOf(u.ID); err != nil {
		return err
	}
	t.event(by, event.UserDeleted, u.ID).Detail = detail
	return t.Where("id = ?", u.ID).Delete(&User{}).Error
}

// purgePending deletes at most pendingBatch accounts that have waited for too long, and tells how many.
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
			if err := t.erasePending(nil, &list[i], detailNeverConfirmed); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// mustMailPending is mustMail for what handOver will mail; nil where it will mail nothing. email is the address that the user
// gets at the same time, "" for none.
func (a *Auth) mustMailPending(ctx context.Context, userID, email string) error {
	u, err := a.User(ctx, userID)
	if err != nil || !u.Pending {
		return err
	}
	if email == "" {
		email = u.Email
	}
	return a.mustMail(ctx, letter.SetPassword, email)
}

// handOver gives a pending account whose address an admin vouches for to the holder of the address: what a stranger may have
// chosen is worth nothing any more, and a link to choose a password is mailed.
func (a *Auth) handOver(t *transaction, by *Session, u *User) error {
	u.Pending = false
	if err := t.blankPassword(u.ID, a.opts.Now()); err != nil {
		return err
	}
	if err := t.dropLinks(u.ID); err != nil || u.Banned {
		return err
	}
	return a.mailLink(t, by, u, letter.SetPassword, u.Email, "")
}

// settle ends the time in which u's account can be replaced.
func (t *transaction) settle(u *User) error {
	if !u.Pending {
		return nil
	}
	u.Pending = false
	return t.Model(&User{}).Where("id = ?", u.ID).UpdateColumn("pending", false).Error
}

// blankPassword makes a user's password worthless.
func (t *transaction) blankPassword(userID string, now time.Time) error {
	return t.Model(&Account{}).Where("user_id = ? AND provider_id = ?", userID, providerCredential).
		Updates(map[string]any{"password": "", "updated_at": now}).Error
}
