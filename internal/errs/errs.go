// Package errs has the one error type that crosses package borders. It owns the vocabulary of refusals: status, code
// and sentence. It does not know how a refusal is answered.
package errs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Error is a refusal that a caller may see. Message and Code are safe to show. Err is logged and never shown.
type Error struct {
	Status     int               // HTTP status, 4xx or 5xx
	Code       string            // for programs: UPPER_SNAKE, stable; empty if the wire contract has none
	Message    string            // for people: a sentence without secrets
	Fields     map[string]string // form field name → what is wrong with it
	RetryAfter time.Duration     // how long a retry is useless; see SetRetryAfter
	Err        error             // the cause
}

// Error returns the message and the cause, for logs.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// StatusCode is the HTTP status; Echo reads it from any error.
func (e *Error) StatusCode() int { return e.Status }

// SetRetryAfter sets Retry-After to RetryAfter in seconds, rounded up, if it is positive (RFC 9110 §10.2.3).
func (e *Error) SetRetryAfter(h http.Header) {
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
}

// New makes a refusal.
func New(status int, code, message string) *Error {
	return &Error{Status: status, Code: code, Message: message}
}

// Invalid refuses one field of an input with a 400; a form shows the message beside the field.
func Invalid(field, code, message string) *Error {
	return &Error{Status: http.StatusBadRequest, Code: code, Message: message, Fields: map[string]string{field: message}}
}

// Fields refuses several fields of an input like Invalid. It returns nil if none is wrong.
func Fields(wrong map[string]string) error {
	if len(wrong) == 0 {
		return nil
	}
	var sentences []string
	for _, field := range slices.Sorted(maps.Keys(wrong)) {
		sentences = append(sentences, wrong[field])
	}
	return &Error{
		Status: http.StatusBadRequest, Code: "VALIDATION_ERROR", Message: strings.Join(sentences, " "), Fields: wrong,
	}
}

// Changed refuses an input that was made before a change of what it would change. It names the field that says so, so
// that a form is shown again with what was typed.
func Changed(field string) *Error {
	e := Invalid(field, "CONFLICT", "This has changed since you opened the page. Open it again to see it as it is now.")
	e.Status = http.StatusConflict
	return e
}

// NotFound refuses a request for something that does not exist, or that the caller may not know of. what begins the
// sentence, such as "Project".
func NotFound(what string) *Error {
	return New(http.StatusNotFound, "NOT_FOUND", what+" not found.")
}

// TooLarge refuses a body of more than limit bytes.
func TooLarge(limit int64) *Error {
	return New(http.StatusRequestEntityTooLarge, "PAYLOAD_TOO_LARGE",
		fmt.Sprintf("The request is larger than %d KiB.", limit>>10))
}

// Unauthenticated refuses a request without a valid session or token.
func Unauthenticated() *Error {
	return New(http.StatusUnauthorized, "UNAUTHORIZED", "Unauthorized")
}

// Forbidden refuses a caller who is known but may not do this.
func Forbidden() *Error {
	return New(http.StatusForbidden, "FORBIDDEN", "You are not allowed to do this.")
}

// Unavailable refuses a request because something it needs does not answer now; a retry in 5 seconds may succeed.
func Unavailable(cause error) *Error {
	return &Error{
		Status: http.StatusServiceUnavailable, Code: "SERVICE_UNAVAILABLE",
		Message:    "The service is busy or being worked on. Please try again in a moment.",
		RetryAfter: 5 * time.Second, Err: cause,
	}
}

// Of returns the Error that err is or wraps. A passed deadline is Unavailable, because a caller waited too long for a
// queue or a lock. For every other error it returns nil: only the log may show that one.
func Of(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return Unavailable(err)
	}
	return nil
}
