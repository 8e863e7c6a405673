package web

import (
	"errors"
	"math"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/payload"
	"example.com/foyer/views"
	"github.com/a-h/templ"
	"github.com/labstack/echo/v5"
)

// limitBody bounds what any handler can read; none takes more than the provider does.
func limitBody(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		r := c.Request()
		r.Body = http.MaxBytesReader(c.Response(), r.Body, payload.MaxSize)
		return next(c)
	}
}

const (
	formKey    = "form"    // what parseForm has read
	refusedKey = "refused" // why the door refuses the request, nil where it does not
)

// form is what a request holds, and why it cannot be read.
type form struct {
	values url.Values
	err    error
}

// parseForm is readForm for what a form does. Where the door refuses the request, the error says so, and what was typed
// is for showing again.
func parseForm(c *echo.Context) (url.Values, error) {
	values, err := readForm(c)
	if err != nil {
		return nil, err
	}
	refused, _ := c.Get(refusedKey).(error)
	return values, refused
}

// readForm reads a form post, once: 415 for anything else, 413 for too much, 400 for what is no text. The query never
// feeds a form.
func readForm(c *echo.Context) (url.Values, error) {
	read, err := echo.ContextGet[form](c, formKey)
	if err != nil { // not read yet
		read.values, read.err = decodeForm(c.Request())
		c.Set(formKey, read)
	}
	return read.values, read.err
}

func decodeForm(r *http.Request) (url.Values, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != echo.MIMEApplicationForm || r.Header.Get("Content-Encoding") != "" {
		return nil, echo.ErrUnsupportedMediaType
	}
	err = r.ParseForm()
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, echo.ErrStatusRequestEntityTooLarge
	}
	if err != nil {
		return nil, echo.ErrBadRequest
	}
	for key, values := range r.PostForm {
		for _, value := range values {
			if !utf8.ValidString(key + value) {
				return nil, echo.ErrBadRequest
			}
		}
	}
	return r.PostForm, nil
}

// trim takes away the spaces that phones add after a word.
func trim(s string) string { return strings.TrimSpace(s) }

// renderForm answers a form that failed: 422, the whole page to a browser, the fragment to htmx.
func (s *Server) renderForm(c *echo.Context, refused error, page, fragment templ.Component) error {
	status := http.StatusUnprocessableEntity
	var e *errs.Error
	if errors.As(refused, &e) && e.Status == http.StatusTooManyRequests {
		status = e.Status
		c.Response().Header().Set(echo.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	if partial(c) {
		page = fragment
	}
	return s.render(c, status, page)
}

// aboutForm reports whether another try with the same form can succeed. What is not the visitor's, is not there or has
// changed meanwhile is not about the form, unless the refusal names a field of it.
func aboutForm(e *errs.Error) bool {
	switch e.Status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusTooManyRequests:
		return true
	}
	return e.Status < 500 && len(e.Fields) > 0
}

// onForm makes the refusals with these codes errors of the form: a wrong password is a 401 to programs only.
func onForm(err error, codes ...string) error {
	var e *errs.Error
	if !errors.As(err, &e) || !slices.Contains(codes, e.Code) {
		return err
	}
	shown := *e
	shown.Status = http.StatusUnprocessableEntity
	return &shown
}

// fieldErrors turns a refusal into what a form shows, in the order of its fields. An error that is not about the form (a
// database away, a row of another person) is returned for answerError to say, with its own status.
func fieldErrors(err error, fields ...string) (views.Errors, error) {
	var e *errs.Error
	if !errors.As(err, &e) || !aboutForm(e) {
		return nil, err
	}
	var list views.Errors
	for _, field := range fields {
		if message := e.Fields[field]; message != "" {
			list = append(list, views.FieldError{Field: field, Message: message})
		}
	}
	if e.Status == http.StatusTooManyRequests {
		list = views.Errors{{Message: tooManyTries(e)}}
	}
	if list == nil {
		list = views.Errors{{Message: e.Message}}
	}
	return list, nil
}

// hasCode reports whether err is the refusal called code.
func hasCode(err error, codes ...string) bool {
	var e *errs.Error
	return errors.As(err, &e) && slices.Contains(codes, e.Code)
}
