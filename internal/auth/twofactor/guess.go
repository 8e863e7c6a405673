package twofactor

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

// The budget of guesses. With three codes valid at a time, an attacker who knows the password and makes every guess
// that the lock lets through needs eight months for an even chance. The owner gets a mail of each lock (ASVS 6.6.3).
const (
	maxPerStep = 5  // codes after one first step
	maxInRow   = 10 // wrong codes of an account, in all browsers together
)

var (
	errNoFactor = errs.New(http.StatusBadRequest, "TOTP_NOT_ENABLED", "TOTP not enabled")
	errNoCodes  = errs.New(http.StatusBadRequest, "BACKUP_CODES_NOT_ENABLED", "Backup codes aren't enabled")
	errCode     = wrongCode("INVALID_CODE", "Invalid code")
	errRecovery = wrongCode("INVALID_BACKUP_CODE", "Invalid backup code")
	errTooMany  = errs.New(http.StatusBadRequest, "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE",
		"Too many attempts. Please request a new code.")
)

// wrongCode refuses the code that a form has as its field code.
func wrongCode(code, message string) *errs.Error {
	e := errs.Invalid("code", code, message)
	e.Status = http.StatusUnauthorized
	return e
}

// twoFactor is the authenticator app of a user and the budget of guesses.
type twoFactor struct {
	UserID      string `gorm:"primaryKey"`
	Secret      string // sealed, base64
	LastStep    int64  // of the last code that was accepted: no code works twice (RFC 6238 §5.2)
	ConfirmedAt *time.Time
	Failures    int // wrong codes in a row, and the right ones that are not accepted yet
	LockedUntil *time.Time
	CreatedAt   time.Time
}

// method is a kind of code.
type method struct {
	pending bool // compares with a secret that is not confirmed
	// match returns what accepts a right code, nil for a wrong one. accept spends the code in the transaction that acts
	// on it, and refuses it if another one was faster.
	match       func(f *Factor, t *auth.Tx, row *twoFactor, typed string) (accept, error)
	none, wrong *errs.Error // refusals: there is nothing to compare with; the code is wrong
	confirms    bool        // in a session: its first code turns the factor on
}

type accept func(t *auth.Tx, r *http.Request, s *auth.Session, u *auth.User) error

var (
	byApp      = method{match: (*Factor).matchApp, none: errNoFactor, wrong: errCode, confirms: true}
	byNewApp   = method{match: (*Factor).matchApp, none: errNoFactor, wrong: errCode, pending: true}
	byRecovery = method{match: (*Factor).matchRecovery, none: errNoCodes, wrong: errRecovery}
)

// guess counts a code that was typed for a user and compares it. step is the half-done sign-in that it completes, s the
// session that it was typed in; one of them is nil. The user's lock lets parallel guesses be counted one by one.
// The count is committed before an answer shows whether the code was right. What accepts a right code clears the count.
func (f *Factor) guess(
	r *http.Request, s *auth.Session, userID string, step *secondStep, m method, typed string,
) (ok accept, err error) {
	err = f.auth.Transact(r.Context(), func(t *auth.Tx) error {
		u, err := t.LockUser(userID)
		if err != nil {
			return err
		}
		row, err := f.factorOf(t.DB, userID)
		if err != nil {
			return err
		}
		if row == nil || m.pending != (row.ConfirmedAt == nil) {
			return m.none
		}
		if typed == "" {
			return m.wrong
		}
		if over, err := step.count(t); over || err != nil {
			return err
		}
		if err := f.count(row); err != nil {
			return err
		}
		if ok, err = m.match(f, t, row, typed); err != nil {
			return err
		}
		err = t.Select("failures", "locked_until").Updates(row).Error
		if ok != nil || err != nil {
			return err
		}
		t.Refuse(m.wrong)
		err = f.auth.Notice(t, r, s, u, event.CodeRefused, "", "")
		if row.LockedUntil == nil || err != nil {
			return err
		}
		return f.auth.Notice(t, r, s, u, event.FactorLocked, letter.FactorLocked, "")
	})
	return ok, err
}

// count counts a guess, and locks the account with the last one of its budget. An account that is locked is refused.
func (f *Factor) count(row *twoFactor) error {
	now := f.auth.Now()
	if row.LockedUntil != nil && now.Before(*row.LockedUntil) {
		return &errs.Error{
			Status: http.StatusTooManyRequests, Code: "ACCOUNT_TEMPORARILY_LOCKED",
			Message: "Too many wrong codes. Please try again later.", RetryAfter: row.LockedUntil.Sub(now),
		}
	}
	if row.LockedUntil != nil {
		row.Failures, row.LockedUntil = 0, nil
	}
	row.Failures++
	if row.Failures >= maxInRow {
		row.LockedUntil = new(now.Add(f.opts.LockTime))
	}
	return nil
}

// matchApp compares a code of an authenticator app.
func (f *Factor) matchApp(_ *auth.Tx, row *twoFactor, typed string) (accept, error) {
	secret, err := f.open(row)
	if err != nil {
		return nil, err
	}
	step, ok := stepOf(secret, typed, f.auth.Now())
	if !ok || step <= row.LastStep {
		return nil, nil
	}
	return func(t *auth.Tx, _ *http.Request, _ *auth.Session, _ *auth.User) error {
		spent := t.Model(row).Where("secret = ? AND last_step < ?", row.Secret, step).
			Updates(map[string]any{"last_step": step, "failures": 0, "locked_until": nil})
		return auth.RefuseNone(spent, errCode)
	}, nil
}

// matchRecovery compares a recovery code.
func (f *Factor) matchRecovery(t *auth.Tx, row *twoFactor, typed string) (accept, error) {
	code, ok := normalCode(typed)
	if !ok {
		return nil, nil
	}
	var known int64
	one := func(t *auth.Tx) *gorm.DB {
		return t.Where("user_id = ? AND code_hash = ?", row.UserID, auth.HashToken(code))
	}
	if err := one(t).Model(&recoveryCode{}).Count(&known).Error; known == 0 || err != nil {
		return nil, err
	}
	return func(t *auth.Tx, r *http.Request, s *auth.Session, u *auth.User) error {
		if err := auth.RefuseNone(one(t).Delete(&recoveryCode{}), errRecovery); err != nil {
			return err
		}
		cleared := t.Model(row).Updates(map[string]any{"failures": 0, "locked_until": nil})
		left, err := codesLeft(t.DB, u.ID)
		if err := errors.Join(cleared.Error, err); err != nil {
			return err
		}
		return f.auth.Notice(t, r, s, u, event.RecoveryCodeUsed, letter.RecoveryCodeUsed, fmt.Sprint(left))
	}, nil
}

// factorOf reads the factor of a user, nil for none, or one that has waited too long for its first code.
func (f *Factor) factorOf(db *gorm.DB, userID string) (*twoFactor, error) {
	return first[twoFactor](db.Where("user_id = ? AND (confirmed_at IS NOT NULL OR created_at > ?)",
		userID, f.auth.Now().Add(-setupLife)))
}

// first returns the first row of a query, nil for none.
func first[T any](query *gorm.DB) (*T, error) {
	var rows []T
	if err := query.Limit(1).Find(&rows).Error; err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

// open returns the secret of a row. The row's user is bound to it, so that one copied to another user's row is worth
// nothing.
func (f *Factor) open(row *twoFactor) ([]byte, error) {
	sealed, err := base64.StdEncoding.DecodeString(row.Secret)
	if err != nil {
		return nil, err
	}
	secret, ok := f.seal.Open(sealed, []byte(row.UserID))
	if !ok {
		return nil, errors.New("twofactor: a secret does not open: the key that sealed it is not in APP_SECRET any more")
	}
	return secret, nil
}
