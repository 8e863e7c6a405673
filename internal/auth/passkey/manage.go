package passkey

import (
	"context"
	"errors"
	"net/http"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/text"
	"gorm.io/gorm"
)

// List returns a user's passkeys, the oldest first.
func (p *Passkeys) List(ctx context.Context, userID string) ([]Passkey, error) {
	var list []Passkey
	err := p.db.WithContext(ctx).Where("user_id = ?", userID).Order("created_at, id").Find(&list).Error
	return list, err
}

// Rename gives one of s's user's passkeys a name of 1 to 100 characters. Refusals: 400 VALIDATION_ERROR; 403 while
// impersonating; 401 if s has ended; 404 PASSKEY_NOT_FOUND, also for another user's.
func (p *Passkeys) Rename(r *http.Request, s *auth.Session, key, name string) (*Passkey, error) {
	name, err := checkName(name, 1)
	if err != nil {
		return nil, err
	}
	if err := auth.NotImpersonating(s); err != nil {
		return nil, err
	}
	var k *Passkey
	err = p.auth.TransactAs(r.Context(), s, func(t *auth.Tx, u *auth.User) (err error) {
		if k, err = own(t, u.ID, key, http.StatusNotFound); err != nil {
			return err
		}
		k.Name = name
		return errors.Join(
			t.Select("name").Updates(k).Error, p.auth.Notice(t, r, s, u, event.PasskeyRenamed, "", ""),
		)
	})
	return k, err
}

// Delete removes one of s's user's passkeys. The user is told by mail. Without any left, no session counts as one of
// two factors because of a passkey. Refusals: 403 while impersonating; 403 SESSION_NOT_FRESH; 401 if s has ended; 404
// PASSKEY_NOT_FOUND, also for another user's; 400 LAST_WAY_IN for the only passkey of a user without a password.
func (p *Passkeys) Delete(r *http.Request, s *auth.Session, key string) error {
	if err := p.mayChange(r.Context(), s); err != nil {
		return err
	}
	return p.auth.TransactAs(r.Context(), s, func(t *auth.Tx, u *auth.User) error {
		k, err := own(t, u.ID, key, http.StatusNotFound)
		if err != nil {
			return err
		}
		n, err := count(t.DB, u.ID)
		if err != nil {
			return err
		}
		if n == 1 {
			if err := errors.Join(keepOneWayIn(t, u.ID), t.SetAMR(u, amr, amrGone)); err != nil {
				return err
			}
		}
		return errors.Join(
			t.Delete(k).Error, t.CredentialChanged(u.ID),
			p.auth.Notice(t, r, s, u, event.PasskeyRemoved, letter.PasskeyRemoved, ""),
		)
	})
}

// RemoveAll deletes a user's passkeys as an admin, for a user whose devices are lost; every session of the user ends.
// The last way in goes, too: a mailed link to choose a password is left. Refusals: 403 or 401 if by is no longer
// an admin or has ended; 404 USER_NOT_FOUND; 400 NO_PASSKEYS.
func (p *Passkeys) RemoveAll(r *http.Request, by *auth.Session, userID string) error {
	return p.auth.TransactFor(r.Context(), by, userID, func(t *auth.Tx, u *auth.User) error {
		n, err := count(t.DB, u.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.New(http.StatusBadRequest, "NO_PASSKEYS", "This user has no passkeys.")
		}
		tell := func(name event.Name, purpose letter.Purpose, about string) error {
			return p.auth.Notice(t, r, by, u, name, purpose, about)
		}
		return errors.Join(remove(t, u, time.Time{}, letter.PasskeysRemoved, tell), t.EndOtherSessions(u.ID, ""))
	})
}

// keepOneWayIn refuses to delete the last passkey of a user who could not sign in without it.
func keepOneWayIn(t *auth.Tx, userID string) error {
	var passwords int64
	err := t.Model(&auth.Account{}).Where("user_id = ? AND password <> ''", userID).Count(&passwords).Error
	if passwords > 0 || err != nil {
		return err
	}
	return errs.New(http.StatusBadRequest, "LAST_WAY_IN",
		"You could not log in without this passkey. Set a password first, or add another passkey.")
}

// Accepted returns what PublicKeyCredential.signalAllAcceptedCredentials takes, so that password managers forget the
// passkeys that were deleted here. handle is "" for a user who never had one. Refusals: 400 PASSKEYS_NOT_AVAILABLE.
func (p *Passkeys) Accepted(ctx context.Context, userID string) (rpID, handle string, ids []string, err error) {
	if err := p.checkAvailable(); err != nil {
		return "", "", nil, err
	}
	known, err := handleOf(p.db.WithContext(ctx), userID)
	if err != nil {
		return "", "", nil, err
	}
	list, err := p.List(ctx, userID)
	for _, k := range list {
		ids = append(ids, k.CredentialID)
	}
	return p.web.Config.RPID, encode(known), ids, err
}

// own returns a passkey of a user by its ID. It refuses with status if there is none.
func own(t *auth.Tx, userID, key string, status int) (*Passkey, error) {
	if text.Storable(key, len(key)) != key {
		return nil, missing(status, gorm.ErrRecordNotFound)
	}
	var k Passkey
	if err := t.Where("id = ? AND user_id = ?", key, userID).Take(&k).Error; err != nil {
		return nil, missing(status, err)
	}
	return &k, nil
}

// missing turns a missing row into a refusal.
func missing(status int, err error) error {
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return errs.New(status, "PASSKEY_NOT_FOUND", "Passkey not found")
	}
	return err
}

// checkName returns a name without spaces around it. Names are shown to their user alone: a mail or an event with one
// would carry a thief's words.
func checkName(raw string, least int) (string, error) {
	name, ok := text.Line(raw, 100)
	if !ok || len(name) < least {
		return "", errs.Invalid("name", "VALIDATION_ERROR", "Enter a name of 1 to 100 characters that can be shown.")
	}
	return name, nil
}
