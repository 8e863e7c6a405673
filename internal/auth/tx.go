package auth

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/revoke"
	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Tx is a transaction of this package, in which verbs and parts change rows.
type Tx struct {
	*gorm.DB
	parts   []Hooks
	invalid []string // see invalidate
	events  []*Event // written before the commit
	refusal error    // see Refuse
}

// Transact runs fn in one transaction. Locks are taken in the order user, session, link, and rows of one kind in id
// order, so that transactions cannot deadlock. At the end it writes the events that fn recorded and, after the commit,
// invalidates the cached copies that fn named.
func (a *Auth) Transact(ctx context.Context, fn func(t *Tx) error) error {
	t := &Tx{parts: a.parts}
	var revocation *revoke.Announcement
	err := a.db.WithContext(ctx).Transaction(func(tx *gorm.DB) (err error) {
		t.DB = tx
		if err := fn(t); err != nil {
			return err
		}
		if err := a.Record(tx, t.events...); err != nil {
			return err
		}
		revocation, err = a.revoked.Announce(tx, t.invalid)
		return err
	})
	revocation.Done(err)
	return cmp.Or(err, t.refusal)
}

// Refuse makes Transact return refusal after the commit, such as one whose try has to stay counted. An error that fn
// returns rolls back.
func (t *Tx) Refuse(refusal error) { t.refusal = refusal }

// RefuseNone refuses if a statement has changed no row: of parallel requests that spend a row, one goes on.
func RefuseNone(done *gorm.DB, refusal error) error {
	if done.Error == nil && done.RowsAffected == 0 {
		return refusal
	}
	return done.Error
}

// TransactAs is Transact for what s's user does. fn gets the user, locked. Refusals: those of LockOwner.
func (a *Auth) TransactAs(ctx context.Context, s *Session, fn func(t *Tx, u *User) error) error {
	return a.Transact(ctx, func(t *Tx) error {
		u, err := t.LockOwner(s)
		if err != nil {
			return err
		}
		return fn(t, u)
	})
}

// TransactFor is Transact for what the admin by does to the user with userID; a nil by is the command line. fn gets the
// user, locked. Refusals: those of lockAdminsFor; 404 USER_NOT_FOUND.
func (a *Auth) TransactFor(ctx context.Context, by *Session, userID string, fn func(t *Tx, u *User) error) error {
	return a.Transact(ctx, func(t *Tx) error {
		if _, err := t.lockAdminsFor(by, userID); err != nil {
			return err
		}
		u, err := t.LockUser(userID)
		if err != nil {
			return err
		}
		return fn(t, u)
	})
}

// invalidate names sessions and users whose cached copies end with the commit.
func (t *Tx) invalidate(ids ...string) { t.invalid = append(t.invalid, ids...) }

// recordEvent records an event that changes nothing else.
func (a *Auth) recordEvent(ctx context.Context, by actor, name event.Name, subjectID string) error {
	return a.Transact(ctx, func(t *Tx) error {
		t.recordEvent(by, name, subjectID)
		return nil
	})
}

var (
	forUpdate  = clause.Locking{Strength: clause.LockingStrengthUpdate}
	skipLocked = clause.Locking{Strength: clause.LockingStrengthUpdate, Options: clause.LockingOptionsSkipLocked}
)

// LockUser reads a user and locks the row until the end of t. Everything that ends all sessions of a user or changes
// credentials calls it, so that a concurrent sign-in sees the state before or after, never half of it. Refusals: 404
// USER_NOT_FOUND, which is a gorm.ErrRecordNotFound.
func (t *Tx) LockUser(id string) (*User, error) {
	var u User
	return &u, notFound(t.Clauses(forUpdate).Where("id = ?", id).Take(&u).Error)
}

// LockOwner locks the user of s, as LockUser does. Refusals: those of requireLive.
func (t *Tx) LockOwner(s *Session) (*User, error) {
	u, err := t.LockUser(s.UserID)
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, errs.Unauthenticated()
	}
	if err != nil {
		return nil, err
	}
	return u, t.requireLive(s)
}

// requireLive asks for s in t, which has locked its user. Refusals: 401 if s has ended since the request came in,
// because a thief in s must not go on; 403 SESSION_NOT_FRESH if a proof of s is gone since, because it let the request
// in.
func (t *Tx) requireLive(s *Session) error {
	var now Session
	err := t.Select("amr").Where("id = ?", s.ID).Take(&now).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return errs.Unauthenticated()
	}
	if err != nil {
		return err
	}
	if now.AMR != s.AMR {
		return ErrNotFresh
	}
	return nil
}

// lockLive locks the row of s, and is then requireLive. A session that goes on from s needs the lock: a sign-in of
// another user in the same browser ends s without a lock of the user of s.
func (t *Tx) lockLive(s *Session) error {
	if _, err := t.lockSession(s.ID); err != nil {
		return err
	}
	return t.requireLive(s)
}

// lockSession locks a session's row until the end of t, and reports whether there is one.
func (t *Tx) lockSession(id string) (live bool, err error) {
	var list []Session
	err = t.Clauses(forUpdate).Select("id").Where("id = ?", id).Find(&list).Error
	return len(list) > 0, err
}

// lockAdmins locks all admins who are not banned, and returns their ids: of two concurrent demotions the second sees
// the result of the first. It also locks the users with userIDs. Call it once in a transaction, before other locks:
// there may be a new admin meanwhile, whose id comes before those that are locked.
func (t *Tx) lockAdmins(userIDs ...string) ([]string, error) {
	var admins []User
	err := t.Clauses(forUpdate).Where("role LIKE ? AND banned = ? OR id IN ?", "%admin%", false, userIDs).
		Order("id").Find(&admins).Error
	var ids []string
	for _, u := range admins {
		if u.HasRole("admin") && !u.Banned {
			ids = append(ids, u.ID)
		}
	}
	return ids, err
}

// lockAdminsFor is lockAdmins before the admin by changes the users; a nil by is the command line. Refusals, where
// something changed since the request was let in, such as while a password was hashed: 403 if the user of by was
// demoted or banned; those of requireLive.
func (t *Tx) lockAdminsFor(by *Session, userIDs ...string) ([]string, error) {
	admins, err := t.lockAdmins(userIDs...)
	if by == nil || err != nil {
		return admins, err
	}
	if !slices.Contains(admins, by.UserID) {
		return nil, errs.Forbidden()
	}
	return admins, t.requireLive(by)
}

// lockFor locks the user with userID before by ends their sessions: sessions of its own user, or as an admin those of
// another; a nil by is the command line. Refusals: those of LockOwner or lockAdminsFor; 404 USER_NOT_FOUND.
func (t *Tx) lockFor(by *Session, userID string) error {
	if by != nil && by.UserID == userID {
		_, err := t.LockOwner(by)
		return err
	}
	if _, err := t.lockAdminsFor(by, userID); err != nil {
		return err
	}
	_, err := t.LockUser(userID)
	return err
}

// keepAdmins refuses to lose the last of the admins, and the last of those who can log in. One who was invited and
// never came cannot: the invitation may have gone to a mistyped address. A proved address is enough, because it gets a
// link to choose a password.
func (a *Auth) keepAdmins(t *Tx, admins []string, leaving string) error {
	if !slices.Contains(admins, leaving) {
		return nil
	}
	counts := !a.opts.RequireEmailVerification // a password without a proved address
	passwords := t.Model(&Account{}).Select("user_id").Where("user_id IN ? AND password <> '' AND ?", admins, counts)
	var able []string
	err := t.Model(&User{}).Where("id IN ? AND (email_verified OR id IN (?))", admins, passwords).Pluck("id", &able).Error
	if err != nil {
		return err
	}
	if len(admins) == 1 || slices.Equal(able, []string{leaving}) {
		return errLastAdmin
	}
	return nil
}
