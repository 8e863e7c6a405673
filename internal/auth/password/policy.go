package password

import (
	_ "embed"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"example.com/foyer/internal/errs"
	"golang.org/x/text/unicode/norm"
)

// Lengths in code points after normalisation (NIST SP 800-63B §3.1.1.2).
const (
	MinLength = 8
	maxLength = 128
	maxRaw    = 512 // before normalisation, which can shrink a text a little and grow it a lot
)

// passwordsFile lists the most used passwords of at least 8 characters: lower-case, sorted, one per line, from the
// list of zxcvbn-ts (see LICENSE). ASVS 6.2.4 asks for 3,000.
//
//go:embed passwords.txt
var passwordsFile string

const passwordsListed = 12_000

var commonPasswords = passwordList(passwordsFile)

// passwordList returns file with each line between two newlines. It panics if lines are missing, because a damaged
// list would silently switch the rule off. Git for Windows may have changed the line ends.
func passwordList(file string) string {
	list := "\n" + strings.ReplaceAll(file, "\r\n", "\n")
	if n := strings.Count(list, "\n") - 1; n != passwordsListed {
		panic(fmt.Sprintf("password: passwords.txt is damaged: %d lines instead of %d", n, passwordsListed))
	}
	return list
}

// Normal returns the form of a typed password that is hashed (NFKC), so that two keyboards type the same one.
// Refusal: 400 PASSWORD_TOO_LONG.
func Normal(typed string) (string, error) {
	tooLong := errs.Invalid("password", "PASSWORD_TOO_LONG", fmt.Sprintf("Use at most %d characters.", maxLength))
	if utf8.RuneCountInString(typed) > maxRaw {
		return "", tooLong
	}
	normal := norm.NFKC.String(typed)
	if utf8.RuneCountInString(normal) > maxLength {
		return "", tooLong
	}
	return normal, nil
}

// Policy decides which new passwords are good enough. It has no composition rules (ASVS 6.2.5): it refuses what is
// too short, what is used often, and what is easily guessed of this person and this app.
type Policy struct {
	AppName     string // may not be part of a password, however spaced (ASVS 6.2.11); "" for no such rule
	AllowCommon bool   // turns off all rules but those on length
}

// Check returns the normal form of a password that the owner of an e-mail address has chosen. Refusals: 400
// PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_TOO_COMMON.
func (p Policy) Check(typed, email string) (normal string, err error) {
	normal, err = Normal(typed)
	if err != nil {
		return "", err
	}
	if utf8.RuneCountInString(normal) < MinLength {
		return "", errs.Invalid("password", "PASSWORD_TOO_SHORT", fmt.Sprintf("Use at least %d characters.", MinLength))
	}
	if p.AllowCommon {
		return normal, nil
	}
	low := strings.ToLower(normal)
	if strings.Contains(commonPasswords, "\n"+low+"\n") {
		return "", tooCommon("This password is one of the most common ones. Choose another.")
	}
	mailbox, _, _ := strings.Cut(email, "@")
	if within(mailbox, low) || within(squeezed(p.AppName), squeezed(low)) {
		return "", tooCommon("Leave your address and the name of this app out of the password.")
	}
	return normal, nil
}

// within reports whether a password has a word in it that is long enough to be no coincidence.
func within(word, password string) bool { return len(word) >= 4 && strings.Contains(password, word) }

// squeezed returns the letters and digits of a text, so that "Harbor CRM" is found in "harborcrm1" and "harbor-crm!".
func squeezed(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return r
		}
		return -1
	}, strings.ToLower(norm.NFKC.String(text)))
}

func tooCommon(message string) error { return errs.Invalid("password", "PASSWORD_TOO_COMMON", message) }
