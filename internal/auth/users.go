package auth

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/auth/password"
	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

// UserByEmail finds a user by address; 404 USER_NOT_FOUND if there is none.
func (a *Auth) UserByEmail(ctx context.Context, email string) (*User, error) {
	var u User
	normal, ok := normalEmail(email)
	if !ok { // no user has it, and not every database accepts it
		return &u, notFound(gorm.ErrRecordNotFound)
	}
	return &u, notFound(a.db.WithContext(ctx).Where("email = ?", normal).Take(&u).Error)
}

// SetRole gives a user another role or comma list of roles. Sessions go on, and have the new role from the next
// request. by is the admin, nil for the command line. Refusals: 400 YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE,
// LAST_ADMIN; 403 if by is no longer an admin; 404 USER_NOT_FOUND.
func (a *Auth) SetRole(ctx context.Context, by *Session, userID, role string) (*User, error) {
	role, err := a.roles(role)
	if err != nil {
		return nil, err
	}
	return a.updateLocked(ctx, by, userID, event.RoleChanged, func(_ *transaction, u *User) error {
		u.Role = role
		return nil
	})
}

// BanUser bans a user until the given time, nil for good. All sessions and links of the user end, even one that
// undoes a change of address. Refusals: 400 YOU_CANNOT_BAN_YOURSELF, VALIDATION_ERROR, LAST_ADMIN; 403 if by is no
// longer an admin; 404 USER_NOT_FOUND.
func (a *Auth) BanUser(ctx context.Context, by *Session, userID, reason string, until *time.Time) (*User, error) {
	if err := refuseOwnBan(by, userID); err != nil {
		return nil, err
	}
	if err := checkReason(&reason); err != nil {
		return nil, err
	}
	return a.updateLocked(ctx, by, userID, event.UserBanned, func(t *transaction, u *User) error {
		u.Banned, u.BanReason, u.BanExpires = true, &reason, until
		return t.endSessions(u.ID)
	})
}

func refuseOwnBan(by *Session, userID string) error {
	if by != nil && by.UserID == userID {
		return errs.New(http.StatusBadRequest, "YOU_CANNOT_BAN_YOURSELF", "You cannot ban yourself")
	}
	return nil
}

// UnbanUser ends a ban. Refusals: 403 if by is no longer an admin; 404 USER_NOT_FOUND.
func (a *Auth) UnbanUser(ctx context.Context, by *Session, userID string) (*User, error) {
	return a.updateLocked(ctx, by, userID, event.UserUnbanned, func(_ *transaction, u *User) error {
		u.Banned, u.BanReason, u.BanExpires = false, nil, nil
		return nil
	})
}

// User finds a user by id; 404 USER_NOT_FOUND if there is none.
func (a *Auth) User(ctx context.Context, id string) (*User, error) {
	var u User
	if !storable(id) {
		return &u, notFound(gorm.ErrRecordNotFound)
	}
	return &u, notFound(a.db.WithContext(ctx).Where("id = ?", id).Take(&u).Error)
}

// SetPassword gives a user a new password and ends their sessions and links. Refusals: 400 PASSWORD_TOO_SHORT,
// PASSWORD_TOO_LONG, PASSWORD_TOO_COMMON; 403 if by is no longer an admin; 404 USER_NOT_FOUND.
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
	return a.transact(ctx, func(t *transaction) error {
		if _, err := t.adminsFor(by, userID); err != nil {
			return err
		}
		u, err := t.lockUser(userID)
		if err != nil {
			return notFound(err)
		}
		if err := t.replacePassword(u, hash, a.opts.Now()); err != nil {
			return err
		}
		t.recordEvent(by.actor(), event.PasswordSet, u.ID)
		return a.warn(t, u, letter.PasswordChanged)
	})
}

// RemoveUser deletes a user and everything of theirs. Refusals: 400 YOU_CANNOT_REMOVE_YOURSELF, LAST_ADMIN; 403 if by
// is no longer an admin; 404 USER_NOT_FOUND.
func (a *Auth) RemoveUser(ctx context.Context, by *Session, userID string) error {
	if by != nil && by.UserID == userID {
		return errs.New(http.StatusBadRequest, "YOU_CANNOT_REMOVE_YOURSELF", "You cannot remove yourself")
	}
	return a.transact(ctx, func(t *transaction) error {
		if _, err := t.adminsFor(by, userID); err != nil {
			return err
		}
		return a.removeUser(t, by.actor(), userID)
	})
}

// replacePassword gives a user another, or a first, password. Every session and link of the user ends.
func (t *transaction) replacePassword(u *User, hash string, now time.Time) error {
	set := t.Model(&Account{}).Where("user_id = ? AND provider_id = ?", u.ID, providerCredential).
		Updates(map[string]any{"password": hash, "updated_at": now})
	if set.Error != nil {
		return set.Error
	}
	if set.RowsAffected == 0 {
		if err := t.addPassword(u.ID, hash, now); err != nil {
			return err
		}
	}
	if err := t.settle(u); err != nil {
		return err
	}
	if err := t.endSessions(u.ID); err != nil {
		return err
	}
	return t.dropLinks(u.ID)
}

// Roles lists the roles a user can have.
func (a *Auth) Roles() []string { return slices.Clone(a.opts.Roles) }

// Stats counts what an overview shows.
type Stats struct {
	Users    int64
	NewUsers int64 // of the last 7 days
	Sessions int64 // live
}

// Stats counts users and live sessions.
func (a *Auth) Stats(ctx context.Context) (s Stats, err error) {
	db, now := a.db.WithContext(ctx), a.opts.Now()
	err = errors.Join(
		db.Model(&User{}).Count(&s.Users).Error,
		db.Model(&User{}).Where("created_at > ?", now.Add(-7*24*time.Hour)).Count(&s.NewUsers).Error,
		db.Model(&Session{}).Where("expires_at > ?", now).Count(&s.Sessions).Error,
	)
	return s, err
}

func notFound(err error) error {
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return errs.New(http.StatusNotFound, "USER_NOT_FOUND", "User not found")
	}
	return err
}
