package magiclink

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/text"
	"gorm.io/gorm/clause"
)

const (
	maxGuesses = 3  // of one code, as in better-auth
	maxMissed  = 10 // codes in a row, over all mails to an address
	lockTime   = 15 * time.Minute
)

var (
	errNoCode = refuse(http.StatusBadRequest, "INVALID_OTP", "Invalid OTP",
		"That is not the code. Enter the six digits of the last mail.")
	errOldCode = refuse(http.StatusBadRequest, "OTP_EXPIRED", "OTP expired",
		"The code has expired. Ask for another mail.")
)

// refuse refuses a code. message is the contract's, plain is for the field of a form.
func refuse(status int, code, message, plain string) *errs.Error {
	return &errs.Error{Status: status, Code: code, Message: message, Fields: map[string]string{"code": plain}}
}

// errTooMany refuses a code that is not compared. wait is how long the address takes no codes; 0 takes the next mail's.
func errTooMany(wait time.Duration) error {
	e := refuse(http.StatusForbidden, "TOO_MANY_ATTEMPTS", "Too many attempts",
		"Too many wrong codes. Ask for another mail, and use its link.")
	e.RetryAfter = wait
	return e
}

// newCode makes six random digits.
func newCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil { // impossible: crypto/rand ends the program instead
		panic(err)
	}
	return fmt.Sprintf("%06d", n)
}

// readCode returns the six digits that a person typed, who may have grouped them; ok is false for anything else.
func readCode(typed string) (code string, ok bool) {
	if len(typed) > 32 {
		return "", false
	}
	code = strings.NewReplacer(" ", "", "-", "").Replace(typed)
	return code, len(code) == 6 && strings.Trim(code, "0123456789") == ""
}

// signed is the MAC of a code, bound to the row and to the mail.
func (m *MagicLink) signed(l *magicLink, code string) string {
	return hex.EncodeToString(m.mac.Sign(message(l, code)))
}

func message(l *magicLink, code string) []byte { return []byte(l.Address + l.TokenHash + code) }

// fits reports whether code is the one that was mailed.
func (m *MagicLink) fits(l *magicLink, code string) bool {
	mac, err := hex.DecodeString(l.CodeMAC)
	return err == nil && l.UserID != nil && m.mac.Verify(message(l, code), mac)
}

// guess returns the row whose code was typed. A text that is no code is refused and not counted.
func (m *MagicLink) guess(r *http.Request, email, typed string) (*magicLink, error) {
	code, ok := readCode(typed)
	if !ok {
		return nil, errNoCode
	}
	pad := m.auth.PadTiming(r.Context())
	l, refused, err := m.count(r.Context(), email)
	if err != nil {
		return nil, err
	}
	fits := m.fits(l, code)
	if refused == nil && fits {
		return l, nil
	}
	// OTP_EXPIRED would show that the owner has not used the mail, so only the right code gets it.
	if refused == nil || (refused == errOldCode && !fits) {
		refused = errNoCode
	}
	m.auth.RecordFailure(r, l.UserID, "code")
	pad()
	return nil, refused
}

// count counts a guess before it is compared, in a transaction of its own, so that parallel ones cannot pass together.
// l is never nil, and has no code if nothing was mailed; refused is why the guess may not be compared.
func (m *MagicLink) count(ctx context.Context, email string) (l *magicLink, refused, err error) {
	l = &magicLink{Address: auth.HashToken(text.LowerASCII(email))}
	err = m.auth.Transact(ctx, func(t *auth.Tx) error {
		lock := clause.Locking{Strength: clause.LockingStrengthUpdate}
		if err := t.Clauses(lock).Where("address = ?", l.Address).Limit(1).Find(l).Error; err != nil {
			return err
		}
		refused = l.count(m.auth.Now())
		return t.Select("code_mac", "guesses", "missed", "locked_until").Updates(l).Error
	})
	return l, refused, err
}

// count counts a guess at now, or refuses it.
func (l *magicLink) count(now time.Time) error {
	switch {
	case l.LockedUntil != nil && now.Before(*l.LockedUntil):
		return errTooMany(l.LockedUntil.Sub(now))
	case l.CodeMAC == "":
		return errNoCode
	case !now.Before(l.ExpiresAt):
		return errOldCode
	case l.Guesses == maxGuesses:
		l.CodeMAC = ""
		return errTooMany(0)
	}
	l.Guesses++
	l.Missed++
	if l.Missed >= maxMissed {
		l.LockedUntil = new(now.Add(lockTime))
	}
	return nil
}
