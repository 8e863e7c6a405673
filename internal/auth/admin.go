package auth

import (
	"context"
	"errors"
	"net/http"
	"time"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/auth/password"
	"example.com/foyer/internal/errs"
)

// CreateUser makes a user without starting a session. by is the admin, nil for the command line. It replaces a
// pending account of the address (see User.Pending). Refusals are those of SignUpEmail, and 400
// YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE for an unknown role; 403 if by is no longer an admin; for an
// invitation 429 if the address has had its mails for this hour.
func (a *Auth) CreateUser(ctx context.Context, by *Session, in NewUser) (*User, error) {
	user, hash, err := a.prepare(ctx, password.Place{}, in, false)
	if err != nil {
		return nil, err
	}
	if in.Invite {
		if err := a.mustMail(ctx, letter.SetPassword, user.Email); err != nil {
			return nil, err
		}
	}
	squatter, _, err := a.addressTaken(ctx, user.Email, "")
	if err != nil {
		return nil, err
	}
	err = a.transact(ctx, func(t *transaction) error {
		if _, err := t.adminsFor(by, squatter); err != nil {
			return err
		}
		if err := a.evict(t, by.actor(), squatter, user.Email); err != nil {
			return err
		}
		if err := a.addUser(t, user, hash); err != nil {
			return err
		}
		t.recordEvent(by.actor(), event.UserCreated, user.ID).Detail = "role: " + user.Role
		if err := a.warnAdmins(t, &User{}, user); err != nil || !in.Invite {
			return err
		}
		return a.mailLink(t, by.actor(), user, letter.SetPassword, user.Email, "")
	})
	if err != nil {
		return nil, err
	}
	return user, nil
}

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
		return a.replacePassword(t, by.actor(), event.PasswordSet, u, hash)
	})
}
