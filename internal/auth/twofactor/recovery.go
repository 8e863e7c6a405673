package twofactor

import (
	"crypto/rand"
	"encoding/base32"
	"strings"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/id"
	"gorm.io/gorm"
)

// A recovery code has 120 random bits, so that a fast hash is enough (NIST SP 800-63B-4 §3.1.2.2: at least 112). Its
// letters are Crockford's, none of which looks like a digit.
const (
	codeCount = 10
	codeBytes = 15
	codeGroup = 6   // letters
	maxTyped  = 100 // bytes that are looked at
)

var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// newCode makes a recovery code, such as 7M2K9Q-….
func newCode() string {
	var b [codeBytes]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	text := crockford.EncodeToString(b[:])
	var groups []string
	for at := 0; at < len(text); at += codeGroup {
		groups = append(groups, text[at:at+codeGroup])
	}
	return strings.Join(groups, "-")
}

var misread = strings.NewReplacer(" ", "", "-", "", "O", "0", "I", "1", "L", "1")

// normalCode returns the one spelling of a typed recovery code; ok is false for what cannot be one.
func normalCode(typed string) (code string, ok bool) {
	if len(typed) > maxTyped {
		return "", false
	}
	code = misread.Replace(strings.ToUpper(typed))
	b, err := crockford.DecodeString(code)
	return code, err == nil && len(b) == codeBytes && len(code) == crockford.EncodedLen(codeBytes)
}

// recoveryCode is a code that is not used yet.
type recoveryCode struct {
	ID        string
	UserID    string
	CodeHash  string
	CreatedAt time.Time // NULL, before any other, for a code that is older than the column
}

// replaceCodes makes new recovery codes in place of the old ones.
func (f *Factor) replaceCodes(t *auth.Tx, userID string) ([]string, error) {
	if err := t.Where("user_id = ?", userID).Delete(&recoveryCode{}).Error; err != nil {
		return nil, err
	}
	codes, rows := make([]string, codeCount), make([]recoveryCode, codeCount)
	for i := range codes {
		codes[i] = newCode()
		normal, _ := normalCode(codes[i])
		rows[i] = recoveryCode{ID: id.New(), UserID: userID, CodeHash: auth.HashToken(normal), CreatedAt: f.auth.Now()}
	}
	return codes, t.Create(&rows).Error
}

// codesLeft counts the recovery codes of a user.
func codesLeft(db *gorm.DB, userID string) (n int64, err error) {
	err = db.Model(&recoveryCode{}).Where("user_id = ?", userID).Count(&n).Error
	return n, err
}
