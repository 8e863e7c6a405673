package auth

import (
	"context"
	"iter"
	"net/http"
	"slices"
	"time"

	"example.com/foyer/internal/auth/directory"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/auth/password"
	"example.com/foyer/internal/errs"
)

// Users lists a page of the users that q selects, and counts all of them.
func (a *Auth) Users(ctx context.Context, q directory.Query) (users []User, total int64, err error) {
	return directory.List[User](ctx, a.db, q)
}

// ExportUsers yields every user that q selects, the oldest first, and records that by took them. ctx should have no
// deadline; see directory.Export.
func (a *Auth) ExportUsers(ctx context.Context, by *Session, q directory.Query) iter.Seq2[*User, error] {
	return func(yield func(*User, error) bool) {
		if err := a.recordExport(ctx, by); err != nil {
			yield(nil, err)
			return
		}
		key := func(u *User) (time.Time, string) { return u.CreatedAt, u.ID }
		directory.Export(ctx, a.db, q, key)(yield)
	}
}

func (a *Auth) recordExport(ctx context.Context, by *Session) error {
	ctx, cancel := context.WithTimeout(ctx, directory.BatchTime)
	defer cancel()
	return a.recordEvent(ctx, by.actor(), event.UsersExported, "")
}

// MailPasswordReset mails a user a link to choose a new password, as an admin. Refusals: 404 USER_NOT_FOUND; 429 if
// the address has had its mails for this hour; 403 BANNED_USER; 403 or 401 if by is no longer an admin or has ended.
func (a *Auth) MailPasswordReset(ctx context.Context, by *Session, userID string) error {
	u, err := a.User(ctx, userID)
	if err != nil {
		return err
	}
	if err := a.mustMail(ctx, letter.ResetPassword, u.Email); err != nil {
		return err
	}
	return a.TransactFor(ctx, by, userID, func(t *Tx, u *User) error {
		if u.BannedAt(a.opts.Now()) {
			return bannedError(u)
		}
		return a.mailLink(t, by.actor(), u, letter.ResetPassword, u.Email, "")
	})
}

// RevokeUserSession is RevokeSession for a session of any user.
func (a *Auth) RevokeUserSession(ctx context.Context, by *Session, handle string) error {
	var s Session
	if err := a.db.WithContext(ctx).Where("id = ?", handle).Take(&s).Error; err != nil {
		return ignoreMissing(err)
	}
	return a.RevokeSession(ctx, by, s.UserID, handle)
}

// Roles lists the roles a user can have.
func (a *Auth) Roles() []string { return slices.Clone(a.opts.Roles) }

// RemoveUser deletes a user and everything of theirs. Refusals: 400 YOU_CANNOT_REMOVE_YOURSELF, LAST_ADMIN; 403 or
// 401 if by is no longer an admin or has ended; 404 USER_NOT_FOUND.
func (a *Auth) RemoveUser(ctx context.Context, by *Session, userID string) error {
	if by != nil && by.UserID == userID {
		return errs.New(http.StatusBadRequest, "YOU_CANNOT_REMOVE_YOURSELF", "You cannot remove yourself")
	}
	return a.Transact(ctx, func(t *Tx) error {
		admins, err := t.lockAdminsFor(by, userID)
		if err != nil {
			return err
		}
		return a.removeUser(t, by.actor(), admins, userID)
	})
}

// SetPassword gives a user a new password and ends their sessions, and their links but undo links. Refusals: 400
// PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_TOO_COMMON; 403 or 401 if by is no longer an admin or has ended; 404
// USER_NOT_FOUND.
func (a *Auth) SetPassword(ctx context.Context, by *Session, userID, raw string) error {
	u, err := a.User(ctx, userID)
	if err != nil {
		return err
	}
	normal, err := a.policy.Check(raw, u.Email)
	if err != nil {
		return onField(err, "newPassword")
	}
	hash, err := a.hasher.Hash(ctx, password.Place{}, normal)
	if err != nil {
		return err
	}
	return a.TransactFor(ctx, by, userID, func(t *Tx, u *User) error {
		return a.replacePassword(t, by.actor(), event.PasswordSet, u, hash)
	})
}

// UserSessions lists at most 1,000 sessions of a user, expired and impersonated ones too, most recently used first.
func (a *Auth) UserSessions(ctx context.Context, userID string) ([]Session, error) {
	list := []Session{}
	err := a.db.WithContext(ctx).Where("user_id = ?", userID).Order("updated_at DESC, id").Limit(1000).Find(&list).Error
	return list, err
}
