package auth

import (
	"errors"
	"net/http"
	"time"

	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

var (
	errWrongCredentials = errs.New(http.StatusUnauthorized, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password")
	errUnverified       = errs.New(http.StatusForbidden, "EMAIL_NOT_VERIFIED", "Email not verified")
	errInvalidUser      = errs.New(http.StatusUnauthorized, "INVALID_USER", "Invalid user")
	errLastAdmin        = errs.New(http.StatusBadRequest, "LAST_ADMIN",
		"The last admin cannot be demoted, banned or removed.")

	// findLink and useLink return these; tokenError and invalidToken turn them into refusals.
	errNoLink      = errors.New("no such link")
	errLinkExpired = errors.New("link has expired")
)

// notFound turns a missing row into a refusal, which ignoreMissing still knows.
func notFound(err error) error {
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return &errs.Error{Status: http.StatusNotFound, Code: "USER_NOT_FOUND", Message: "User not found", Err: err}
	}
	return err
}

// ignoreMissing treats a missing row as success.
func ignoreMissing(err error) error {
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil
	}
	return err
}

// ErrNotFresh refuses a session that is older than what it asks for, or proved by less.
var ErrNotFresh = errs.New(http.StatusForbidden, "SESSION_NOT_FRESH", "Session is not fresh")

// NotImpersonating refuses s if an admin acts as its user: 403 FORBIDDEN.
func NotImpersonating(s *Session) error {
	if s.ImpersonatedBy != nil {
		return errs.New(http.StatusForbidden, "FORBIDDEN", "You cannot do this while you impersonate a user.")
	}
	return nil
}

func bannedError(u *User) error {
	e := errs.New(http.StatusForbidden, "BANNED_USER",
		"You have been banned from this application. Please contact support if you believe this is an error.")
	reason := "This account is banned"
	if u.BanExpires != nil {
		reason += " until " + u.BanExpires.UTC().Format("Jan 2, 2006, 15:04 UTC")
	}
	if u.BanReason != nil && *u.BanReason != "" {
		reason += ": " + *u.BanReason
	}
	e.Fields = map[string]string{"email": reason}
	return e
}

const codeTaken = "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"

func takenError(status int) error {
	return &errs.Error{
		Status: status, Code: codeTaken, Message: "User already exists. Use another email.",
		Fields: map[string]string{"email": "There is already an account with this address. Log in, or use another address."},
	}
}

// tokenError turns an error of findLink or useLink into a refusal: TOKEN_EXPIRED or INVALID_TOKEN. Other errors pass.
func tokenError(status int, err error) error {
	if errors.Is(err, errLinkExpired) {
		return errs.New(status, "TOKEN_EXPIRED", "Token expired")
	}
	return invalidToken(status, err)
}

// invalidToken is tokenError where an expired link is INVALID_TOKEN, too.
func invalidToken(status int, err error) error {
	if errors.Is(err, errNoLink) || errors.Is(err, errLinkExpired) {
		return errs.New(status, "INVALID_TOKEN", "Invalid token")
	}
	return err
}

// limitRefusal is 503 if the counters could not be asked, 429 if a request has to wait, and else nil.
func limitRefusal(wait time.Duration, err error) error {
	if err != nil {
		return errs.Unavailable(err)
	}
	if wait <= 0 {
		return nil
	}
	return tooMany("Too many requests. Please try again later.", wait)
}

func tooMany(message string, wait time.Duration) error {
	return &errs.Error{Status: http.StatusTooManyRequests, Message: message, RetryAfter: wait}
}

// onField moves the refusal of a password to another field of the form.
func onField(err error, field string) error {
	if e := errs.Of(err); e != nil && e.Fields["password"] != "" {
		moved := *e
		moved.Fields = map[string]string{field: e.Fields["password"]}
		return &moved
	}
	return err
}
