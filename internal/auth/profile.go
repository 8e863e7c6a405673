package auth

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"example.com/foyer/internal/auth/event"
)

// Profile is what users may change about themselves without a proof. A nil Name stays. With SetImage, Image replaces
// the image; nil removes it.
type Profile struct {
	Name     *string
	Image    *string // an https address or a path of this site; "" is none
	SetImage bool
}

// UpdateUser changes the profile of s's user and sends the cookies again, so that the cache cannot show the old one.
// Refusals: 400 VALIDATION_ERROR.
func (a *Auth) UpdateUser(w http.ResponseWriter, r *http.Request, s *Session, p Profile) error {
	if err := a.checkProfile(p); err != nil {
		return err
	}
	_, err := a.transactSession(w, r, func(t *transaction) (*Session, error) {
		u, err := t.lockUser(s.UserID)
		if err != nil {
			return nil, notFound(err)
		}
		before := *u
		p.apply(u)
		if err := a.saveUser(t, &before, u); err != nil {
			return nil, err
		}
		s.User = u
		t.recordEvent(s.actor(), event.UserUpdated, u.ID).Detail = changes(&before, u)
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

// changes lists the differences between two states of a user: old and new value for role and flags; for personal data
// only the name of the field.
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

// text reads an optional text; nil is "".
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
