// Package errs holds the one error type that crosses package borders. It owns the vocabulary of
// refusal (status, code, sentence) and knows nothing of how a refusal is answered.
package errs

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Error is a refusal a caller may see. Message is a sentence for people, Code a word for programs;
// both are safe to show. Err is the cause: it is logged, never shown.
type Error struct {
	Status     int               // HTTP status, 4xx or 5xx
	Code       string            // UPPER_SNAKE, stable; empty where the wire contract has none
	Message    string            // a sentence without secrets
	Fields     map[string]string // form field name → what is wrong with it
	RetryAfter time.Duration     // sent as Retry-After where positive (RFC 9110 §10.2.3)
	Err        error
}

// Error gives the message, followed by the cause where there is one: it is meant for logs.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

// Unwrap gives the cause to errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Err }

// StatusCode is the HTTP status; Echo reads it from any error.
func (e *Error) StatusCode() int { return e.Status }

// New makes a refusal.
func New(status int, code, message string) *Error {
	return &Error{Status: status, Code: code, Message: message}
}

// Invalid refuses one field of an input: 400 for programs, shown beside the field on a form.
func Invalid(field, code, message string) *Error {
	return &Error{Status: http.StatusBadRequest, Code: code, Message: message, Fields: map[string]string{field: message}}
}

// Unauthenticated says that nobody is signed in.
func Unauthenticated() *Error {
	return New(http.StatusUnauthorized, "UNAUTHORIZED", "Unauthorized")
}

// Forbidden says that somebody is signed in but may not do this.
func Forbidden() *Error {
	return New(http.StatusForbidden, "FORBIDDEN", "You are not allowed to do this.")
}

// Unavailable says that something the answer needs is away for now and a later try may work.
func Unavailable(cause error) *Error {
	return &Error{
		Status: http.StatusServiceUnavailable, Code: "SERVICE_UNAVAILABLE",
		Message: "The service is busy or being worked on. Please try again in a moment.", RetryAfter: 5 * time.Second, Err: cause,
	}
}

// Of gives err as a refusal: the one it is or wraps; Unavailable where a wait outlasted its deadline, which a queue or a
// lock reports in its own words; nil for any other error, which only the log may show.
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
