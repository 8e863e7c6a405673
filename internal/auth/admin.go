package auth

import (
	"context"
	"errors"
	"time"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/auth/password"
)

// CreateUser makes a user without starting a session. by is the admin, nil for the command line. It replaces a
// pending account of the address (see User.Pending). Refusals are those of SignUpEmail, and 400
// YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE for an unknown role; 403 or 401 if by is no longer an
// admin or has ended; for an invitation 429 if the address has had its mails for this hour.
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
	pendingID, _, err := a.addressTaken(ctx, user.Email, "")
	if err != nil {
		return nil, err
	}
	err = a.Transact(ctx, func(t *Tx) error {
		if _, err := t.lockAdminsFor(by, pendingID); err != nil {
			return err
		}
		if err := a.deletePending(t, by.actor(), pendingID, user.Email); err != nil {
			return err
		}
		if err := a.addUser(t, user, hash); err != nil {
			return err
		}
		t.recordEvent(by.actor(), event.UserCreated, user.ID).Detail = "role: " + user.Role
		if err := a.warnAdmins(t, by.actor(), &User{}, user); err != nil || !in.Invite {
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
