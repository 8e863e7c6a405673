package errs_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"example.com/foyer/internal/errs"
)

func TestErrors(t *testing.T) {
	const changed = "This has changed since you opened the page. Open it again to see it as it is now."
	const busy = "The service is busy or being worked on. Please try again in a moment."
	cases := []struct {
		err         *errs.Error
		status      int
		code, text  string
		retry       time.Duration
		fields      int
		wrapsTheEOF bool
	}{
		{errs.New(http.StatusTeapot, "TEAPOT", "No coffee."), 418, "TEAPOT", "No coffee.", 0, 0, false},
		{errs.Invalid("email", "INVALID_EMAIL", "Not an address."), 400, "INVALID_EMAIL", "Not an address.", 0, 1, false},
		{errs.Unauthenticated(), 401, "UNAUTHORIZED", "Unauthorized", 0, 0, false},
		{errs.NotFound("Paper"), 404, "NOT_FOUND", "Paper not found.", 0, 0, false},
		{errs.Of(errs.Fields(map[string]string{"b": "B.", "a": "A."})), 400, "VALIDATION_ERROR", "A. B.", 0, 2, false},
		{errs.Changed("age"), 409, "CONFLICT", changed, 0, 1, false},
		{errs.TooLarge(8 << 10), 413, "PAYLOAD_TOO_LARGE", "The request is larger than 8 KiB.", 0, 0, false},
		{errs.Forbidden(), 403, "FORBIDDEN", "You are not allowed to do this.", 0, 0, false},
		{errs.Unavailable(io.EOF), 503, "SERVICE_UNAVAILABLE", busy + ": EOF", 5 * time.Second, 0, true},
	}
	for _, c := range cases {
		t.Run(c.code, func(t *testing.T) {
			wrapped := fmt.Errorf("somewhere: %w", c.err)
			var e *errs.Error
			if !errors.As(wrapped, &e) || e.StatusCode() != c.status || e.Code != c.code || e.Error() != c.text {
				t.Fatalf("%+v", e)
			}
			if e.RetryAfter != c.retry || len(e.Fields) != c.fields {
				t.Errorf("%+v", e)
			}
			if errors.Is(wrapped, io.EOF) != c.wrapsTheEOF {
				t.Errorf("wraps its cause: %t", !c.wrapsTheEOF)
			}
		})
	}
	if err := errs.Fields(map[string]string{}); err != nil {
		t.Errorf("nothing is wrong: %v", err)
	}
	if e := errs.Invalid("email", "X", "Not an address."); e.Fields["email"] != e.Message {
		t.Errorf("beside the field: %q", e.Fields)
	}
	if a, b := errs.Forbidden(), errs.Forbidden(); a == b {
		t.Error("two refusals share one value: a field set on one would show on the other")
	}
	if e := errs.Unavailable(errors.New("password=zebra-7")); e.Message == e.Error() {
		t.Error("the cause is not in the text for the log")
	} else if e.Message != errs.Unavailable(nil).Message {
		t.Error("the cause is in the message, which people see")
	}
}

func TestSetRetryAfter(t *testing.T) {
	for wait, want := range map[time.Duration]string{
		0: "", -time.Second: "", time.Millisecond: "1", 90 * time.Second: "90",
	} {
		h := http.Header{}
		(&errs.Error{RetryAfter: wait}).SetRetryAfter(h)
		if got := h.Get("Retry-After"); got != want {
			t.Errorf("%v: %q, want %q", wait, got, want)
		}
	}
}
