package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"gorm.io/gorm"
)

// User finds a user by id; 404 USER_NOT_FOUND if there is none.
func (a *Auth) User(ctx context.Context, id string) (*User, error) {
	users, err := a.UsersByID(ctx, id)
	if err != nil {
		return nil, err
	}
	if users[id] == nil {
		return nil, notFound(gorm.ErrRecordNotFound)
	}
	return users[id], nil
}

// maxByID is how many users UsersByID finds at once: no page of a list has more rows.
const maxByID = 100

// UsersByID finds users by their ids, at most 100, so that a list can name the owners of its rows. Ids that no user has
// are not in the map.
func (a *Auth) UsersByID(ctx context.Context, ids ...string) (map[string]*User, error) {
	if len(ids) > maxByID {
		return nil, fmt.Errorf("auth: UsersByID finds at most %d users", maxByID)
	}
	var list []User
	known := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !storable(id) })
	if err := a.db.WithContext(ctx).Where("id IN ?", known).Find(&list).Error; err != nil {
		return nil, err
	}
	users := make(map[string]*User, len(list))
	for i := range list {
		users[list[i].ID] = &list[i]
	}
	return users, nil
}

// UserByEmail finds a user by address; 404 USER_NOT_FOUND if there is none.
func (a *Auth) UserByEmail(ctx context.Context, email string) (*User, error) {
	var u User
	normal, ok := normalEmail(email)
	if !ok { // no user has it, and not every database accepts it
		return &u, notFound(gorm.ErrRecordNotFound)
	}
	return &u, notFound(a.db.WithContext(ctx).Where("email = ?", normal).Take(&u).Error)
}

// Profile is what users may change about themselves without a proof. A nil Name stays. With SetImage, Image replaces
// the image; nil removes it.
type Profile struct {
	Name     *string
	Image    *string // an https address or a path of this site; "" is none
	SetImage bool
}

// UpdateUser changes the profile of s's user and sends the cookies again, so that the cache cannot show the old one.
// Refusals: 400 VALIDATION_ERROR; 401 if s has ended meanwhile.
func (a *Auth) UpdateUser(w http.ResponseWriter, r *http.Request, s *Session, p Profile) error {
	if err := a.checkProfile(p); err != nil {
		return err
	}
	_, err := a.transactSession(w, r, func(t *Tx) (*Session, error) {
		u, err := t.LockOwner(s)
		if err != nil {
			return nil, err
		}
		before := *u
		p.apply(u)
		if err := a.saveUser(t, &before, u); err != nil {
			return nil, err
		}
		s.User = u
		t.recordEvent(s.actor(), event.UserUpdated, u.ID).Detail = changes(&before, u, false)
		return s, nil
	})
	return err
}

func (a *Auth) checkProfile(p Profile) error {
	var nameErr, imageErr error
	if p.Name != nil {
		nameErr = checkName(*p.Name)
	}
	if p.SetImage {
		imageErr = a.checkImage(p.Image)
	}
	return firstOf(nameErr, imageErr)
}

func (p Profile) apply(u *User) {
	if p.Name != nil {
		u.Name = *p.Name
	}
	if p.SetImage {
		u.Image = noImage(p.Image)
	}
}

// saveUser writes a changed user and claims a new address.
func (a *Auth) saveUser(t *Tx, before, u *User) error {
	u.UpdatedAt = a.opts.Now()
	t.invalidate(u.ID)
	err := t.Select("*").Updates(u).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return takenError(http.StatusBadRequest)
	}
	if err != nil || u.Email == before.Email {
		return err
	}
	return a.refuseReserved(t, u, http.StatusBadRequest)
}

// changes lists the differences between two states of a user: old and new value for role and flags; for personal data
// only the name of the field. With ban it adds the ban that after has.
func changes(before, after *User, ban bool) string {
	var list []string
	differs := func(is bool, what string) {
		if is {
			list = append(list, what)
		}
	}
	differs(before.Name != after.Name, "name")
	differs(before.Email != after.Email, "e-mail")
	differs(orEmpty(before.Image) != orEmpty(after.Image), "image")
	differs(before.Role != after.Role, "role: "+before.Role+" → "+after.Role)
	differs(before.EmailVerified != after.EmailVerified, "verified: "+strconv.FormatBool(after.EmailVerified))
	if ban && after.Banned {
		until := "for good"
		if after.BanExpires != nil {
			until = "until " + after.BanExpires.Format(time.RFC3339)
		}
		list = append(list, "banned "+until)
	}
	return strings.Join(list, ", ")
}

// DeleteUser deletes s's user and everything of theirs, and clears the cookies on w. Callers have checked the password,
// or that s is RecentlyAuthenticated. Refusals: 401 if s has ended meanwhile; 403 while impersonating; 400 LAST_ADMIN.
func (a *Auth) DeleteUser(w http.ResponseWriter, r *http.Request, s *Session) error {
	if err := NotImpersonating(s); err != nil {
		return err
	}
	err := a.Transact(r.Context(), func(t *Tx) error {
		admins, err := t.lockAdmins(s.UserID) // in id order, before LockOwner
		if err != nil {
			return err
		}
		if _, err := t.LockOwner(s); err != nil {
			return err
		}
		return a.removeUser(t, s.actor(), admins, s.UserID)
	})
	if err != nil {
		return err
	}
	a.ClearCookies(w, r)
	return nil
}

// removeUser deletes a user, locked with all admins; the database deletes the rows that belong to it.
func (a *Auth) removeUser(t *Tx, by actor, admins []string, userID string) error {
	if err := a.keepAdmins(t, admins, userID); err != nil {
		return err
	}
	u, err := t.LockUser(userID)
	if err != nil {
		return err
	}
	if err := t.endSessions(u.ID); err != nil {
		return err
	}
	if err := a.warn(t, by, u, letter.AccountDeleted, ""); err != nil {
		return err
	}
	t.recordEvent(by, event.UserDeleted, u.ID)
	return t.Where("id = ?", u.ID).Delete(&User{}).Error
}
