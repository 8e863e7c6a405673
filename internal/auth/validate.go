package auth

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"example.com/foyer/internal/auth/password"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/origins"
	"example.com/foyer/internal/text"
)

// checkCredentials returns the normal forms of what a person typed to sign in.
func checkCredentials(rawEmail, rawPassword string) (email, typed string, err error) {
	email, ok := normalEmail(rawEmail)
	var emailErr error
	if !ok {
		emailErr = errs.Invalid("email", "INVALID_EMAIL", "Enter an e-mail address such as name@example.com.")
	}
	typed, passwordErr := password.Normal(rawPassword)
	if rawPassword == "" {
		passwordErr = errs.Invalid("password", "VALIDATION_ERROR", "Enter your password.")
	}
	return email, typed, firstOf(emailErr, passwordErr)
}

func validEmail(raw string) (string, error) {
	email, ok := normalEmail(raw)
	if !ok {
		return email, errs.Invalid("email", "VALIDATION_ERROR", "Enter an e-mail address such as name@example.com.")
	}
	return email, nil
}

// normalEmail returns the stored form of an address; false if it is none.
func normalEmail(raw string) (string, bool) {
	if len(raw) > 254 { // RFC 5321 §4.5.3.1.3, less the angle brackets
		return "", false
	}
	email := text.LowerASCII(raw)
	at := strings.IndexByte(email, '@')
	return email, at > 0 && at <= 64 && emailGrammar.MatchString(email)
}

// emailGrammar is better-auth's, ASCII only. net/mail would accept quoted local parts, IP literals and full-width
// letters: second spellings of an address that another user has. Labels neither start nor end with a hyphen. A
// top-level domain may be an A-label (RFC 5890 §2.3.2.1), which has digits.
var emailGrammar = regexp.MustCompile(`^(?:[a-z0-9_'+-]+\.)*[a-z0-9_'+-]*[a-z0-9_+-]@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:[a-z]{2,}|xn--[a-z0-9-]*[a-z0-9])$`)

// roleName is a name that fits into a comma list of roles.
var roleName = regexp.MustCompile(`^[\pL\d_-]+$`)

// checkRoles refuses Options.Roles that would make new users admins, lack admin, or have a name that no list can hold.
func checkRoles(known []string) error {
	odd := func(role string) bool { return !roleName.MatchString(role) }
	if !slices.Contains(known, "admin") || known[0] == "admin" || slices.ContainsFunc(known, odd) {
		return fmt.Errorf("auth: Roles %q must begin with the role of new users, contain admin, and have names of letters, "+
			"digits, - and _", known)
	}
	return nil
}

// roles checks a comma list of roles and returns it without spaces.
func (a *Auth) roles(list string) (string, error) {
	roles := strings.Split(list, ",")
	for i, role := range roles {
		roles[i] = strings.TrimSpace(role)
		if !slices.Contains(a.opts.Roles, roles[i]) {
			return "", errs.Invalid("role", "YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE",
				"You are not allowed to set a non-existent role value")
		}
	}
	return strings.Join(roles, ","), nil
}

func checkName(name string) error {
	if n := utf8.RuneCountInString(name); strings.TrimSpace(name) == "" || n > 200 {
		return errs.Invalid("name", "VALIDATION_ERROR", "Enter a name of 1 to 200 characters.")
	}
	if !utf8.ValidString(name) || strings.ContainsFunc(name, text.Misleads) || !strings.ContainsFunc(name, visible) {
		return errs.Invalid("name", "VALIDATION_ERROR", "The name holds characters that cannot be shown.")
	}
	if strings.Contains(name, "://") {
		return errs.Invalid("name", "VALIDATION_ERROR", "A name cannot hold an address.")
	}
	return nil
}

// visible reports whether a character has a glyph.
func visible(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) }

// maxReason bounds the reason of a ban, in code points. The banned user reads it when signing in.
const maxReason = 200

func checkReason(reason *string) error {
	if reason == nil || utf8.RuneCountInString(*reason) <= maxReason && !strings.ContainsFunc(*reason, text.Misleads) {
		return nil
	}
	return errs.Invalid("reason", "VALIDATION_ERROR",
		fmt.Sprintf("The reason is at most %d characters that can be shown.", maxReason))
}

// noImage turns "" into nil: better-auth's clients send it for no image.
func noImage(image *string) *string {
	if orEmpty(image) == "" {
		return nil
	}
	return image
}

func (a *Auth) checkImage(image *string) error {
	image = noImage(image)
	if image == nil || origins.LocalPath(*image) || imageAddress(*image, a.opts.LocalImages) {
		return nil
	}
	return errs.Invalid("image", "VALIDATION_ERROR", "The image must be an https address or a path of this site.")
}

// imageAddress accepts an https URL of at most 2048 bytes; with local also an http URL of this machine.
func imageAddress(raw string, local bool) bool {
	if len(raw) > 2048 || strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return false
	}
	if strings.HasPrefix(raw, "https://") {
		return true
	}
	u, err := url.Parse(raw)
	return local && err == nil && strings.HasPrefix(raw, "http://") && u.User == nil && origins.Loopback(u.Hostname())
}

// storable reports whether PostgreSQL can keep a text: it refuses null bytes and invalid UTF-8.
func storable(s string) bool { return text.Storable(s, len(s)) == s }

// orEmpty reads an optional text; nil is "".
func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// firstOf returns the first refusal, with the fields of all of them.
func firstOf(refusals ...error) error {
	var first *errs.Error
	for _, err := range refusals {
		e := errs.Of(err)
		if e == nil {
			continue
		}
		if first == nil {
			first = e
			continue
		}
		for field, message := range e.Fields {
			first.Fields[field] = message
		}
	}
	if first == nil {
		return nil
	}
	return first
}
