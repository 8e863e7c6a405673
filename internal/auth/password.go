package auth

import (
	_ "embed"
	"fmt"
	"strings"
	"unicode/utf8"

	"example.com/foyer/internal/errs"
	"golang.org/x/text/unicode/norm"
)

// Password lengths in code points after NFKC normalisation (NIST SP 800-63B §3.1.1.2).
const (
	MinPassword = 8
	MaxPassword = 128
)

// maxRawPassword bounds what is normalised at all: NFKC can shrink its input a little and grow it a lot.
const maxRawPassword = 512

// passwordsFile lists 12,000 of the most used passwords of at least 8 characters, lower-case, sorted, one a line, from
// the list of zxcvbn-ts (see LICENSE).
//
//go:embed passwords.txt
var passwordsFile string

const passwordsListed = 12_000

var commonPasswords = passwordList(passwordsFile)

// passwordList gives the lines of file, each between two newlines. It panics where lines are missing, because a
// damaged list would switch the rule off without a word. Git for Windows may have given the lines other ends.
func passwordList(file string) string {
	list := "\n" + strings.ReplaceAll(file, "\r\n", "\n")
	if n := strings.Count(list, "\n") - 1; n != passwordsListed {
		panic(fmt.Sprintf("auth: passwords.txt has %d lines, not %d: the list of common passwords is damaged", n, passwordsListed))
	}
	return list
}

// normalPassword gives the form that is hashed, so that one password typed on two keyboards stays one.
func normalPassword(raw string) (string, error) {
	tooLong := errs.Invalid("password", "PASSWORD_TOO_LONG", "Use at most 128 characters.")
	if utf8.RuneCountInString(raw) > maxRawPassword {
		return "", tooLong
	}
	password := norm.NFKC.String(raw)
	if utf8.RuneCountInString(password) > MaxPassword {
		return "", tooLong
	}
	return password, nil
}

// newPassword checks a password somebody chose and gives the form that is hashed. There are no composition
// rules: only length, the common ones, and what anyone would guess of this person and this app (ASVS 6.2).
func (a *Auth) newPassword(raw, email string) (string, error) {
	password, err := normalPassword(raw)
	if err != nil {
		return "", err
	}
	if utf8.RuneCountInString(password) < MinPassword {
		return "", errs.Invalid("password", "PASSWORD_TOO_SHORT", "Use at least 8 characters.")
	}
	if a.opts.AllowCommonPasswords {
		return password, nil
	}
	low := strings.ToLower(password)
	if strings.Contains(commonPasswords, "\n"+low+"\n") {
		return "", errs.Invalid("password", "PASSWORD_TOO_COMMON", "This is one of the passwords that are tried first. Choose another.")
	}
	local, _, _ := strings.Cut(email, "@")
	for _, word := range []string{local, strings.ToLower(a.opts.AppName)} {
		if len(word) >= 4 && strings.Contains(low, word) {
			return "", errs.Invalid("password", "PASSWORD_TOO_COMMON", "Leave your address and the name of this app out of the password.")
		}
	}
	return password, nil
}
