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
	Failures    int // wrong codes in a row
	LockedUntil *time.Time
	CreatedAt   time.Time
}

// method is a kind of code.
type method struct {
	recovery    bool        // a recovery code, else one of the app
	pending     bool        // compares with a secret that is not confirmed
	none, wrong *errs.Error // refusals: there is nothing to compare with; the code is wrong
}

var (
	byApp      = method{none: errNoFactor, wrong: errCode}
	byNewApp   = method{none: errNoFactor, wrong: errCode, pending: true}
	byRecovery = method{none: errNoCodes, wrong: errRecovery, recovery: true}
)

// guess compares a code that was typed for u, locked, and spends a right one. It counts a wrong one and makes t refuse
// it: after ok is false, t must write nothing more and commit, so that a wrong code is counted before it is answered.
// step is the half-done sign-in that the code completes, s the session that it was typed in; a re-authentication gives
// neither.
func (f *Factor) guess(
	t *auth.Tx, r *http.Request, s *auth.Session, u *auth.User, step *secondStep, m method, typed string,
) (ok bool, err error) {
	row, err := f.factorOf(t.DB, u.ID)
	if err != nil {
		return false, err
	}
	if row == nil || m.pending != (row.ConfirmedAt == nil) {
		return false, m.none
	}
	if typed == "" {
		return false, m.wrong
	}
	if over, err := step.count(t); over || err != nil {
		return false, err
	}
	if err := f.count(row); err != nil {
		return false, err
	}
	match := f.matchApp
	if m.recovery {
		match = matchRecovery
	}
	if ok, err = match(t, row, typed); err != nil {
		return false, err
	}
	if ok {
		row.Failures, row.LockedUntil = 0, nil
	}
	if err := t.Select("failures", "locked_until").Updates(row).Error; err != nil {
		return false, err
	}
	if ok {
		return true, f.noticeSpent(t, r, s, u, m)
	}
	t.Refuse(m.wrong)
	err = f.auth.Notice(t, r, s, u, event.CodeRefused, "", "")
	if row.LockedUntil == nil || err != nil {
		return false, err
	}
	return false, f.auth.Notice(t, r, s, u, event.FactorLocked, letter.FactorLocked, "")
}

// noticeSpent tells u of a recovery code that was used.
func (f *Factor) noticeSpent(t *auth.Tx, r *http.Request, s *auth.Session, u *auth.User, m method) error {
	if !m.recovery {
		return nil
	}
	left, err := codesLeft(t.DB, u.ID)
	if err != nil {
		return err
	}
	return f.auth.Notice(t, r, s, u, event.RecoveryCodeUsed, letter.RecoveryCodeUsed, fmt.Sprint(left))
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

// matchApp compares a code of an authenticator app, and spends the right one.
func (f *Factor) matchApp(t *auth.Tx, row *twoFactor, typed string) (ok bool, err error) {
	secret, err := f.open(row)
	if err != nil {
		return false, err
	}
	step, ok := stepOf(secret, typed, f.auth.Now())
	if !ok {
		return false, nil
	}
	spent := t.Model(row).Where("last_step < ?", step).Update("last_step", step)
	return spent.RowsAffected == 1, spent.Error
}

// matchRecovery compares a recovery code, and spends the right one.
func matchRecovery(t *auth.Tx, row *twoFactor, typed string) (ok bool, err error) {
	code, ok := normalCode(typed)
	if !ok {
		return false, nil
	}
	spent := t.Where("user_id = ? AND code_hash = ?", row.UserID, auth.HashToken(code)).Delete(&recoveryCode{})
	return spent.RowsAffected == 1, spent.Error
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
