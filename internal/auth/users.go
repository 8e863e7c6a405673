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

// UserByEmail finds a user by address; 404 USER_NOT_FOUND where there is none.
func (a *Auth) UserByEmail(ctx context.Context, email string) (*User, error) {
	var u User
	normal, ok := normalEmail(email)
	if !ok { // nobody's, and not every database can be asked for it
		return &u, notFound(gorm.ErrRecordNotFound)
	}
	return &u, notFound(a.db.WithContext(ctx).Where("email = ?", normal).Take(&u).Error)
}

// SetRole gives a user another role or comma list of roles. Sessions live on, but their cached copies are void:
// the next request has the new role. Refusals: 400 YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE, LAST_ADMIN; 403
// where by is no admin any more; 404 USER_NOT_FOUND. by is who does it, nil for the command line.
func (a *Auth) SetRole(ctx context.Context, by *Session, userID, role string) (*User, error) {
	role, err := a.roles(role)
	if err != nil {
		return nil, err
	}
	return a.changeUser(ctx, by, userID, event.RoleChanged, func(t *transaction, u *User) error {
		u.Role = role
		return nil
	})
}

// BanUser keeps a user out until the given time, nil for good, and ends their sessions and links, that which undoes a change
// of address too: their next request is a stranger's. Refusals: 400 YOU_CANNOT_BAN_YOURSELF, VALIDATION_ERROR, LAST_ADMIN; 404 USER_NOT_FOUND.
func (a *Auth) BanUser(ctx context.Context, by *Session, userID, reason string, until *time.Time) (*User, error) {
	if by != nil && by.UserID == userID {
		return nil, errs.New(http.StatusBadRequest, "YOU_CANNOT_BAN_YOURSELF", "You cannot ban yourself")
	}
	if err := checkReason(&reason); err != nil {
		return nil, err
	}
	return a.changeUser(ctx, by, userID, event.UserBanned, func(t *transaction, u *User) error {
		u.Banned, u.BanReason, u.BanExpires = true, &reason, until
		return t.endSessions(u.ID)
	})
}

// UnbanUser lets a banned user in again. Refusals: 404 USER_NOT_FOUND.
func (a *Auth) UnbanUser(ctx context.Context, by *Session, userID string) (*User, error) {
	return a.changeUser(ctx, by, userID, event.UserUnbanned, func(_ *transaction, u *User) error {
		u.Banned, u.BanReason, u.BanExpires = false, nil, nil
		return nil
	})
}

// User finds a user by id; 404 USER_NOT_FOUND where there is none.
func (a *Auth) User(ctx context.Context, id string) (*User, error) {
	var u User
	if asText(id) == nil {
		return &u, notFound(gorm.ErrRecordNotFound)
	}
	return &u, notFound(a.db.WithContext(ctx).Where("id = ?", id).Take(&u).Error)
}

// UserChanges is what an admin may change of a user at once; what is nil stays.
type UserChanges struct {
	Profile
	Email         *string
	EmailVerified *bool
	Role          *string
	Banned        *bool
	BanReason     *string
	BanExpires    *time.Time
}

// ChangeUser changes a user as an admin. A new address ends every outstanding link, a ban every session. EmailVerified vouches
// for the address: of a pending account (see User.Pending), which anybody could have made, the password is worth nothing from
// then on, and a link to choose one is mailed; 429 where the address has had its mails for this hour. Other refusals:
// 400 VALIDATION_ERROR, INVALID_EMAIL, USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL, YOU_CANNOT_BAN_YOURSELF, LAST_ADMIN,
// YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE; 404 USER_NOT_FOUND.
func (a *Auth) ChangeUser(ctx context.Context, by *Session, userID string, c UserChanges) (*User, error) {
	name, email, role := event.UserUpdated, "", ""
	err := firstOf(a.checkProfile(c.Profile), checkReason(c.BanReason))
	if c.Email != nil && err == nil {
		var ok bool
		if email, ok = normalEmail(*c.Email); !ok {
			err = errs.Invalid("email", "INVALID_EMAIL", "Invalid email")
		}
	}
	if c.Role != nil && err == nil {
		name = event.RoleChanged
		role, err = a.roles(*c.Role)
	}
	ban := c.Banned != nil && *c.Banned
	if c.Banned != nil { // of a role and a ban at once, the ban is what an auditor looks for
		name = event.UserUnbanned
		if ban {
			name = event.UserBanned
		}
	}
	if ban && by != nil && by.UserID == userID && err == nil {
		err = errs.New(http.StatusBadRequest, "YOU_CANNOT_BAN_YOURSELF", "You cannot ban yourself")
	}
	vouched := c.EmailVerified != nil && *c.EmailVerified
	if vouched && err == nil {
		err = a.mustMailPending(ctx, userID, email)
	}
	if err != nil {
		return nil, err
	}
	return a.changeUser(ctx, by, userID, name, func(t *transaction, u *User) error {
		c.Profile.apply(u)
		if c.EmailVerified != nil {
			u.EmailVerified = *c.EmailVerified
		}
		if c.Role != nil {
			u.Role = role
		}
		if c.Banned != nil {
			u.Banned, u.BanReason, u.BanExpires = ban, c.BanReason, c.BanExpires
		} else {
			u.BanReason, u.BanExpires = or(c.BanReason, u.BanReason), or(c.BanExpires, u.BanExpires)
		}
		if c.BanExpires != nil && !u.Banned {
			return errs.Invalid("banExpires", "VALIDATION_ERROR", "Only a ban has an end, and the user is not banned.")
		}
		if c.Email != nil && email != u.Email {
			u.Email = email
			if err := t.dropLinks(u.ID); err != nil {
				return err
			}
		}
		if ban {
			if err := t.endSessions(u.ID); err != nil {
				return err
			}
		}
		if vouched && u.Pending {
			return a.handOver(t, by, u)
		}
		return nil
	})
}

// SetPassword gives a user a new password and ends their sessions and links. Refusals: 400 PASSWORD_TOO_SHORT,
// PASSWORD_TOO_LONG, PASSWORD_TOO_COMMON; 403 where by is no admin any more; 404 USER_NOT_FOUND.
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
		if err := t.setPassword(u, hash, a.opts.Now()); err != nil {
			return err
		}
		if err := a.notify(t, u, letter.PasswordChanged); err != nil {
			return err
		}
		t.event(by, event.PasswordSet, u.ID)
		return nil
	})
}

// RemoveUser deletes a user and all they have. Refusals: 400 YOU_CANNOT_REMOVE_YOURSELF, LAST_ADMIN; 403 where by is no
// admin any more; 404 USER_NOT_FOUND.
func (a *Auth) RemoveUser(ctx context.Context, by *Session, userID string) error {
	if by != nil && by.UserID == userID {
		return errs.New(http.StatusBadRequest, "YOU_CANNOT_REMOVE_YOURSELF", "You cannot remove yourself")
	}
	return a.transact(ctx, func(t *transaction) error {
		if _, err := t.adminsFor(by, userID); err != nil {
			return err
		}
		return a.removeUser(t, by, userID)
	})
}

// changeUser applies one change to a user under the lock, keeps the last admin, and voids cached copies.
func (a *Auth) changeUser(ctx context.Context, by *Session, userID string, name event.Name, change func(*transaction, *User) error) (*User, error) {
	var u *User
	err := a.transact(ctx, func(t *transaction) error {
		admins, err := t.adminsFor(by, userID)
		if err != nil {
			return err
		}
		if u, err = t.lockUser(userID); err != nil {
			return notFound(err)
		}
		before := *u
		if err := change(t, u); err != nil {
			return err
		}
		if !u.HasRole("admin") || u.Banned {
			if slices.Equal(admins, []string{u.ID}) {
				return errLastAdmin()
			}
		}
		if u.HasRole("admin") {
			err = t.endImpersonationsOf(u.ID)
		} else {
			err = t.endImpersonations(u.ID)
		}
		if err != nil {
			return err
		}
		if u.Banned {
			if err := t.dropEveryLink(u.ID); err != nil {
				return err
			}
		}
		u.UpdatedAt = a.opts.Now()
		t.void = append(t.void, u.ID)
		err = t.Select("*").Updates(u).Error
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			return takenError(http.StatusBadRequest)
		}
		if err != nil {
			return err
		}
		if u.Email != before.Email {
			if err := a.claim(t, u, http.StatusBadRequest); err != nil {
				return err
			}
		}
		e := t.event(by, name, u.ID)
		e.Detail = changes(&before, u)
		if u.Banned && u.BanReason != nil {
			e.Note = *u.BanReason
		}
		return a.notifyAdmins(t, &before, u)
	})
	if err != nil {
		return nil, err
	}
	return u, nil
}

// setPassword replaces a user's password, or gives them their first, and ends every session and reset link.
func (t *transaction) setPassword(u *User, hash string, now time.Time) error {
	set := t.Model(&Account{}).Where("user_id = ? AND provider_id = ?", u.ID, providerCredential).
		Updates(map[string]any{"password": hash, "updated_at": now})
	err := set.Error
	if err == nil && set.RowsAffected == 0 {
		err = t.Create(&Account{
			ID: newID(), UserID: u.ID, ProviderID: providerCredential, AccountID: u.ID, Password: hash, CreatedAt: now, UpdatedAt: now,
		}).Error
	}
	if err != nil {
		return err
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
	Sessions int64 // live ones
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
