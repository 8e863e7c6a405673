package auth

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"example.com/foyer/internal/auth/event"
)

// Profile is what a person may change about themselves without further ado. A nil Name stays; Image is set where
// SetImage is, and nil takes it away.
type Profile struct {
	Name     *string
	Image    *string // an https address or a path of this site; "" is none
	SetImage bool
}

// UpdateUser changes the profile of s's user and sends fresh cookies, so that the cache cannot show the old one.
// Refusals: 400 VALIDATION_ERROR.
func (a *Auth) UpdateUser(w http.ResponseWriter, r *http.Request, s *Session, p Profile) error {
	if err := a.checkProfile(p); err != nil {
		return err
	}
	return a.changeOwn(w, r, s, event.UserUpdated, func(_ *transaction, u *User) error {
		p.apply(u)
		return nil
	})
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

// changeOwn applies a change to s's user under the lock, voids what was cached of it and sends s's cookies again.
func (a *Auth) changeOwn(w http.ResponseWriter, r *http.Request, s *Session, name event.Name, change func(*transaction, *User) error) error {
	readAt := a.opts.Now() // a copy dated after the commit could outlive a ban that comes in between; this one is void already
	err := a.transact(r.Context(), func(t *transaction) error {
		u, err := t.lockUser(s.UserID)
		before := *u
		if err == nil {
			err = change(t, u)
		}
		if err != nil {
			return notFound(err)
		}
		u.UpdatedAt = a.opts.Now()
		t.void = append(t.void, u.ID)
		if err := t.Select("*").Updates(u).Error; err != nil {
			return err
		}
		s.User = u
		t.event(s, name, u.ID).Detail = changes(&before, u)
		return nil
	})
	if err == nil {
		a.setSessionCookies(w, r, s, readAt)
	}
	return err
}

// changes says what differs between two states of a user: roles and switches in full, of what is somebody's own only
// that it changed.
func changes(before, after *User) string {
	var list []string
	differs := func(is bool, what string) {
		if is {
			list = append(list, what)
		}
	}
	differs(before.Name != after.Name, "name")
	differs(before.Email != after.Email, "e-mail")
	differs(text(before.Image) != text(after.Image), "image")
	differs(before.Role != after.Role, "role: "+before.Role+" → "+after.Role)
	differs(before.EmailVerified != after.EmailVerified, "verified: "+strconv.FormatBool(after.EmailVerified))
	if after.Banned {
		until := "for good"
		if after.BanExpires != nil {
			until = "until " + after.BanExpires.Format(time.RFC3339)
		}
		list = append(list, "banned "+until)
	}
	return strings.Join(list, ", ")
}

// text reads an optional text, "" where it is absent.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
