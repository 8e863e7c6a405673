package auth

import (
	"context"
	"iter"
	"slices"
	"time"

	"example.com/foyer/internal/auth/directory"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
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
// the address has had its mails for this hour; 403 BANNED_USER, or if by is no longer an admin.
func (a *Auth) MailPasswordReset(ctx context.Context, by *Session, userID string) error {
	u, err := a.User(ctx, userID)
	if err != nil {
		return err
	}
	if err := a.mustMail(ctx, letter.ResetPassword, u.Email); err != nil {
		return err
	}
	return a.transact(ctx, func(t *transaction) error {
		if _, err := t.adminsFor(by, userID); err != nil {
			return err
		}
		u, err := t.lockUser(userID)
		if err != nil {
			return notFound(err)
		}
		if u.banned(a.opts.Now()) {
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
