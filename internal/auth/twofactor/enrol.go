package twofactor

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

var (
	errAlreadyOn = errs.New(http.StatusBadRequest, "TOTP_ALREADY_ENABLED", "TOTP is already enabled")
	errOff       = errs.New(http.StatusBadRequest, "TWO_FACTOR_NOT_ENABLED", "Two factor isn't enabled")
)

// SetUpOwed reports whether s has to set up a second factor before it may do anything else: Options.RequireOfAdmins is
// set, its user is an admin without a factor, and s did not start with two factors. A passkey counts as two.
func (f *Factor) SetUpOwed(s *auth.Session) bool {
	u := s.User
	return f.opts.RequireOfAdmins && u.HasRole("admin") && !u.SecondFactor && !s.MultiFactor() && s.ImpersonatedBy == nil
}

// RequireProof refuses a session that is SetUpOwed and whose user has another second factor (Options.HasOther): 403
// SESSION_NOT_FRESH until that is proved. Otherwise the password alone would put a new factor in its place.
func (f *Factor) RequireProof(ctx context.Context, s *auth.Session) error {
	if f.opts.HasOther == nil || !f.SetUpOwed(s) {
		return nil
	}
	has, err := f.opts.HasOther(ctx, s.UserID)
	if !has || err != nil {
		return err
	}
	return auth.ErrNotFresh
}

// mayEnrol refuses a session that may not set a factor up, nor see the key of one.
func (f *Factor) mayEnrol(ctx context.Context, s *auth.Session) error {
	if err := f.auth.RequireRecent(s); err != nil {
		return err
	}
	return f.RequireProof(ctx, s)
}

// setupLife is how long a secret waits for its first code. A stranger at an unlocked browser may have seen the page of
// the set-up and so the secret: the user must not turn it on long after. Setting an app up takes minutes.
const setupLife = 30 * time.Minute

// Setup is what a user needs once to set an authenticator app up. All of it is secret.
type Setup struct {
	URI    string   // otpauth://totp/…, as a QR code shows it
	Secret string   // of the URI, to type: 32 characters of base32
	Codes  []string // recovery codes, 10
}

func newSetup(issuer string, u *auth.User, secret []byte) Setup {
	return Setup{URI: uri(issuer, u.Email, secret), Secret: base32Text.EncodeToString(secret)}
}

// Enable makes a secret and recovery codes for s's user, in place of those that are not confirmed. Nothing asks for a
// code before Confirm, which has half an hour. issuer replaces Options.Issuer, "" does not. Refusals: 403
// SESSION_NOT_FRESH, EMAIL_NOT_VERIFIED, or while impersonating; 401 if s has ended; 400 TOTP_ALREADY_ENABLED.
func (f *Factor) Enable(r *http.Request, s *auth.Session, issuer string) (setup Setup, err error) {
	if err := f.mayEnrol(r.Context(), s); err != nil {
		return Setup{}, err
	}
	secret := make([]byte, secretSize)
	rand.Read(secret) // never fails: crypto/rand ends the program instead
	err = f.auth.TransactAs(r.Context(), s, func(t *auth.Tx, u *auth.User) (err error) {
		if u.SecondFactor {
			return errAlreadyOn
		}
		if err := f.auth.RequireVerified(u); err != nil {
			return err
		}
		row := twoFactor{UserID: u.ID, Secret: f.sealed(secret, u.ID), CreatedAt: f.auth.Now()}
		if err := errors.Join(forget(t, u.ID), t.Create(&row).Error); err != nil {
			return err
		}
		setup = newSetup(cmp.Or(issuer, f.opts.Issuer), u, secret)
		setup.Codes, err = f.replaceCodes(t, u.ID)
		return err
	})
	return setup, err
}

// PendingSetup returns what Enable made for s's user, without codes, so that a page can show it again. Refusals: 403 as
// Enable; 400 TOTP_NOT_ENABLED without a secret, TOTP_ALREADY_ENABLED for a confirmed one, which is never shown again.
func (f *Factor) PendingSetup(ctx context.Context, s *auth.Session) (Setup, error) {
	if err := f.mayEnrol(ctx, s); err != nil {
		return Setup{}, err
	}
	row, err := f.factorOf(f.db.WithContext(ctx), s.UserID)
	if err != nil {
		return Setup{}, err
	}
	if row == nil {
		return Setup{}, errNoFactor
	}
	if row.ConfirmedAt != nil {
		return Setup{}, errAlreadyOn
	}
	secret, err := f.open(row)
	return newSetup(f.opts.Issuer, s.User, secret), err
}

// Confirm turns the factor of s's user on by a code of the app. It starts a new session in place of s and ends all
// others, which were started with less proof. With newCodes it replaces the recovery codes of Enable, for a page that
// shows them only now, and returns them. Refusals: 403 as Enable; 400 TOTP_NOT_ENABLED without a secret that waits for
// it; 401 INVALID_CODE; 429 ACCOUNT_TEMPORARILY_LOCKED.
func (f *Factor) Confirm(
	w http.ResponseWriter, r *http.Request, s *auth.Session, code string, newCodes bool,
) (renewed *auth.Session, codes []string, err error) {
	if err := f.mayEnrol(r.Context(), s); err != nil {
		return nil, nil, err
	}
	start := auth.Start{Event: event.TwoFactorEnabled, AMR: s.AMR}
	if !s.MultiFactor() {
		start.AMR += byCode
	}
	renewed, err = f.renew(w, r, s, start, func(t *auth.Tx, u *auth.User) (ok bool, err error) {
		if err := f.auth.RequireVerified(u); err != nil {
			return false, err
		}
		if ok, err := f.guess(t, r, s, u, nil, byNewApp, code); !ok || err != nil {
			return false, err
		}
		if newCodes {
			codes, err = f.replaceCodes(t, u.ID)
		}
		return true, errors.Join(
			err,
			t.Model(&twoFactor{UserID: u.ID}).Update("confirmed_at", f.auth.Now()).Error,
			t.SetSecondFactor(u, true),
			f.auth.Notice(t, r, s, u, "", letter.TwoFactorEnabled, ""),
		)
	})
	return renewed, codes, err
}

// NewCodes replaces the recovery codes of s's user, and ends trusted devices and half-done sign-ins. Refusals: 403 as
// Enable; 400 TWO_FACTOR_NOT_ENABLED.
func (f *Factor) NewCodes(r *http.Request, s *auth.Session) (codes []string, err error) {
	if err := f.auth.RequireRecent(s); err != nil {
		return nil, err
	}
	err = f.auth.TransactAs(r.Context(), s, func(t *auth.Tx, u *auth.User) (err error) {
		if !u.SecondFactor {
			return errOff
		}
		codes, err = f.replaceCodes(t, u.ID)
		return errors.Join(
			err, t.CredentialChanged(u.ID),
			f.auth.Notice(t, r, s, u, event.RecoveryCodesMade, letter.RecoveryCodesMade, ""),
		)
	})
	return codes, err
}

// Disable turns the factor of s's user off: its secret and recovery codes are deleted, every other session ends, and a
// new one starts in place of s. Without a factor it returns s. Refusals: 403 as Enable.
func (f *Factor) Disable(w http.ResponseWriter, r *http.Request, s *auth.Session) (*auth.Session, error) {
	if err := f.auth.RequireRecent(s); err != nil || !s.User.SecondFactor {
		return s, err
	}
	// Without the code, or SetUpOwed would not ask for another factor. A passkey still counts as two.
	start := auth.Start{Event: event.TwoFactorDisabled, AMR: strings.TrimSuffix(s.AMR, byCode)}
	renewed, err := f.renew(w, r, s, start, func(t *auth.Tx, u *auth.User) (ok bool, err error) {
		return true, errors.Join(turnOff(t, u), f.auth.Notice(t, r, s, u, "", letter.TwoFactorDisabled, ""))
	})
	if err != nil {
		return nil, err
	}
	f.trustCookie.Clear(w, r)
	return renewed, nil
}

// Remove turns a user's factor off as an admin, for a user who has lost app and codes; every session of the user ends.
// Refusals: 403 or 401 if by is no longer an admin or has ended; 404 USER_NOT_FOUND; 400 TWO_FACTOR_NOT_ENABLED.
func (f *Factor) Remove(r *http.Request, by *auth.Session, userID string) error {
	return f.auth.TransactFor(r.Context(), by, userID, func(t *auth.Tx, u *auth.User) error {
		if !u.SecondFactor {
			return errOff
		}
		return errors.Join(
			turnOff(t, u), t.EndOtherSessions(u.ID, ""),
			f.auth.Notice(t, r, by, u, event.FactorRemoved, letter.FactorRemoved, ""),
		)
	})
}

// turnOff deletes the factor of u, locked.
func turnOff(t *auth.Tx, u *auth.User) error {
	return errors.Join(forget(t, u.ID), t.SetSecondFactor(u, false))
}

// forget deletes the secret and the recovery codes of a user.
func forget(t *auth.Tx, userID string) error {
	of := t.Where("user_id = ?", userID).Session(&gorm.Session{}) // for two statements
	return errors.Join(of.Delete(&twoFactor{}).Error, of.Delete(&recoveryCode{}).Error)
}

// renew changes the factor of s's user, starts a session in place of s and ends all others, unless change makes the
// transaction refuse. The session is as old as s, because its user was not proved again as when signing in.
func (f *Factor) renew(
	w http.ResponseWriter, r *http.Request, s *auth.Session, start auth.Start,
	change func(*auth.Tx, *auth.User) (ok bool, err error),
) (*auth.Session, error) {
	start.Remember, start.Presented, start.KeepAge = s.Remember, s, true
	return f.auth.SignIn(w, r, start, func(t *auth.Tx) (*auth.User, error) {
		u, err := t.LockOwner(s)
		if err != nil {
			return nil, err
		}
		if ok, err := change(t, u); !ok || err != nil {
			return nil, err
		}
		return u, t.EndOtherSessions(u.ID, "")
	})
}
