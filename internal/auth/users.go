package auth

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

// UserByEmail finds a user by address; 404 USER_NOT_FOUND where there is none.
func (a *Auth) UserByEmail(ctx context.Context, email string) (*User, error) {
	normal, _ := normalEmail(email)
	var u User
	return &u, notFound(a.db.WithContext(ctx).Where("email = ?", normal).Take(&u).Error)
}

// SetRole gives a user another role or comma list of roles. Sessions live on, but their cached copies are void:
// the next request has the new role. Refusals: 400 YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE, LAST_ADMIN;
// 404 USER_NOT_FOUND. by is who does it, nil for the command line.
func (a *Auth) SetRole(ctx context.Context, by *Session, userID, role string) (*User, error) {
	role, err := a.roles(role)
	if err != nil {
		return nil, err
	}
	return a.changeUser(ctx, by, userID, eventRoleChanged, func(t *transaction, u *User) error {
		u.Role = role
		return nil
	})
}

// BanUser keeps a user out until the given time, nil for good, and ends their sessions: their next request is
// a stranger's. Refusals: 400 LAST_ADMIN; 404 USER_NOT_FOUND.
func (a *Auth) BanUser(ctx context.Context, by *Session, userID, reason string, until *time.Time) (*User, error) {
	return a.changeUser(ctx, by, userID, eventUserBanned, func(t *transaction, u *User) error {
		u.Banned, u.BanReason, u.BanExpires = true, &reason, until
		return t.endSessions(u.ID)
	})
}

// changeUser applies one change to a user under the lock, keeps the last admin, and voids cached copies.
func (a *Auth) changeUser(ctx context.Context, by *Session, userID, event string, change func(*transaction, *User) error) (*User, error) {
	var u *User
	err := a.transact(ctx, func(t *transaction) error {
		admins, err := t.lockAdmins()
		if err != nil {
			return err
		}
		if u, err = t.lockUser(userID); err != nil {
			return notFound(err)
		}
		if err := change(t, u); err != nil {
			return err
		}
		if !u.HasRole("admin") || u.Banned {
			if slices.Equal(admins, []string{u.ID}) {
				return errLastAdmin()
			}
		}
		u.UpdatedAt = a.opts.Now()
		t.void = append(t.void, u.ID)
		if err := t.Select("*").Updates(u).Error; err != nil {
			return err
		}
		return a.event(t.DB, by, event, u.ID)
	})
	if err != nil {
		return nil, err
	}
	return u, nil
}

// lockAdmins gives the ids of all admins who are not banned, and holds their rows: of two demotions at once the
// second sees what the first left.
func (t *transaction) lockAdmins() ([]string, error) {
	var admins []User
	err := t.Clauses(forUpdate).Where("role LIKE ? AND banned = ?", "%admin%", false).Order("id").Find(&admins).Error
	var ids []string
	for _, u := range admins {
		if u.HasRole("admin") {
			ids = append(ids, u.ID)
		}
	}
	return ids, err
}

// keepAdmins refuses to lose the last admin who is not banned.
func (t *transaction) keepAdmins(leaving string) error {
	admins, err := t.lockAdmins()
	if err == nil && slices.Equal(admins, []string{leaving}) {
		return errLastAdmin()
	}
	return err
}

func errLastAdmin() error {
	return errs.New(http.StatusBadRequest, "LAST_ADMIN", "The last admin cannot be demoted, banned or removed.")
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
	if err == nil {
		err = t.endSessions(u.ID)
	}
	if err == nil {
		err = t.dropLinks(u.ID)
	}
	return err
}

// Stats counts what an overview shows.
type Stats struct {
	Users    int64
	Sessions int64 // live ones
}

// Stats counts users and live sessions.
func (a *Auth) Stats(ctx context.Context) (s Stats, err error) {
	db := a.db.WithContext(ctx)
	err = errors.Join(
		db.Model(&User{}).Count(&s.Users).Error,
		db.Model(&Session{}).Where("expires_at > ?", a.opts.Now()).Count(&s.Sessions).Error,
	)
	return s, err
}

func notFound(err error) error {
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return errs.New(http.StatusNotFound, "USER_NOT_FOUND", "User not found")
	}
	return err
}
