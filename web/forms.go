package web

import (
	"cmp"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"example.com/foyer/internal/errs"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// maxBody is how many bytes of a request a handler can read, but for those of Upload; more is a 413. 11 texts of 5,000
// letters fit, although a form may need 9 bytes for a letter. The JSON of auth may have payload.MaxSize.
const maxBody = 512 << 10

// limitBody bounds the body to maxBody, or to the limit of an Upload.
func (s *Server) limitBody(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		r := c.Request()
		if limit, ok := s.uploads[c.Path()]; ok && !safe(r) {
			return s.takeFiles(c, limit, next)
		}
		r.Body = http.MaxBytesReader(c.Response(), r.Body, maxBody)
		return next(c)
	}
}

const (
	formKey    = "form"    // the form that readForm has read
	refusedKey = "refused" // the refusal of a request that a door.Form counted; nil for none
	hiddenKey  = "hidden"  // whether Back must not show the form again
)

// form is the form of a request, or why it cannot be read.
type form struct {
	values url.Values
	err    error
}

// parseForm is readForm for the handler of a form. If the door refused the request, because there were too many or they
// could not be counted, it returns that refusal with the values, so that the form is shown again with them.
func parseForm(c *echo.Context) (url.Values, error) {
	values, err := readForm(c)
	if err != nil {
		return nil, err
	}
	refused, _ := c.Get(refusedKey).(error)
	return values, refused
}

// readForm reads the form of a request once. It ignores the query. Refusals: 415 for another media type or an encoded
// body, 413 for too large a body, 400 for a broken form or invalid UTF-8.
func readForm(c *echo.Context) (url.Values, error) {
	read, err := echo.ContextGet[form](c, formKey)
	if err != nil { // not read yet
		read.values, read.err = decodeForm(c.Request(), c.Get(filesKey) != nil)
		c.Set(formKey, read)
	}
	return read.values, read.err
}

func decodeForm(r *http.Request, files bool) (url.Values, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	files = files && media == echo.MIMEMultipartForm
	if err != nil || media != echo.MIMEApplicationForm && !files || r.Header.Get("Content-Encoding") != "" {
		return nil, echo.ErrUnsupportedMediaType
	}
	if files {
		err = r.ParseMultipartForm(maxBody) // of larger files the rest is on the disk
	} else {
		err = r.ParseForm()
	}
	var over *http.MaxBytesError
	if errors.As(err, &over) {
		return nil, errs.TooLarge(over.Limit)
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

// fromForm refuses a request that is not a form, for a handler that reads no field.
func fromForm(act echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		if _, err := parseForm(c); err != nil {
			return err
		}
		return act(c)
	}
}

// trim removes the spaces around a value, because phones add one after a word.
func trim(s string) string { return strings.TrimSpace(s) }

// showPage answers with the page of a form.
func (s *Server) showPage(form func(*echo.Context) views.Form) echo.HandlerFunc {
	return func(c *echo.Context) error { return s.render(c, http.StatusOK, form(c).Page()) }
}

// showForm answers with a form: with its page, or with the form alone for a dialog of htmx.
func (s *Server) showForm(c *echo.Context, form views.Form) error {
	return s.renderPart(c, http.StatusOK, form.Page(), form.Draw())
}

// refuseForm draws a form again with what was typed, except passwords, and with its errors beside the fields: 422, or
// 429 after too many requests. It returns err if no change of the form can help, for example if a row is missing or the
// database is away.
func (s *Server) refuseForm(c *echo.Context, form views.Form, err error) error {
	e := errs.Of(err)
	if e == nil || !aboutForm(e) {
		return err
	}
	status := http.StatusUnprocessableEntity
	if e.Status == http.StatusTooManyRequests {
		status = e.Status
		e.SetRetryAfter(c.Response().Header())
	}
	// Back shows the form of a stranger again, with what was typed.
	if visitor(c).State != views.Authenticated && c.Get(hiddenKey) == nil {
		c.Response().Header().Set("Cache-Control", "private, no-cache")
	}
	typed, _ := readForm(c)
	form = form.Filled(typed)
	form.Errors = fieldErrors(e, form.Names())
	if e.Code == "CONFLICT" { // a reload would send the form again
		form.Errors[0].Href = form.Path
	}
	return s.renderPart(c, status, form.Page(), form.Fragment())
}

// hideForm is for a handler whose form the next person at the browser must not find by Back: refuseForm then leaves the
// door's no-store in place.
func hideForm(c *echo.Context) { c.Set(hiddenKey, true) }

// aboutForm reports whether a later or corrected try can succeed: if the request is invalid or comes too often, or if
// the refusal names a field.
func aboutForm(e *errs.Error) bool {
	switch e.Status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusTooManyRequests:
		return true
	}
	return e.Status < 500 && len(e.Fields) > 0
}

// fieldErrors lists the errors of fields in the order of inputs. If no input has one, it is the message of the refusal.
func fieldErrors(e *errs.Error, inputs []string) (list views.Errors) {
	if e.Status == http.StatusTooManyRequests {
		return views.Errors{{Message: tooManyTries(e)}}
	}
	for _, name := range inputs {
		if message := e.Fields[name]; message != "" {
			list = append(list, views.FieldError{Field: name, Message: inPlainWords(message)})
		}
	}
	if list == nil {
		return views.Errors{{Message: inPlainWords(e.Message)}}
	}
	return list
}

// inPlainWords replaces a message whose text better-auth's clients rely on by words for people.
func inPlainWords(message string) string { return cmp.Or(plainWords[message], message) }

var plainWords = map[string]string{
	"Invalid email or password":    "That address and password do not belong together.",
	"Invalid password":             "That is not your password.",
	"Credential account not found": "This account has no password yet. Choose one by “Forgot your password?” at the log-in.",
	// part:twofactor
	"Invalid code":        "This code is wrong, or was used already. Wait until the app shows the next one.",
	"TOTP not enabled":    "This set-up has ended. Begin again, and scan the new picture.",
	"Invalid backup code": "That is none of your recovery codes, or it has been used.",
	// end:twofactor
	// part:passkey
	"Challenge not found":           "That took too long, or another tab of this browser has asked since. Try again.",
	"Authentication failed":         "This passkey is not one of yours here, or your device did not confirm that it is you.",
	"Passkey not found":             "This site does not know that passkey any more.",
	"Failed to verify registration": "This passkey cannot be used here. Try another device or password manager.",
	"Previously registered":         "This passkey is in use already.",
	// end:passkey
	"Email not verified":        "Your address is not confirmed. A log-in with your password mails you a link that confirms it.",
	"Email is the same":         "That is your address already.",
	"Email is already verified": "Your address is confirmed already.",
	"You can only send a verification email to your own email": "You can ask for a link to your own address only.",
}

// asFormError changes the status of a refusal with one of the codes to 422, so that refuseForm shows it. Without it a
// wrong password, a 401, would redirect a person to the log-in.
func asFormError(err error, codes ...string) error {
	e := errs.Of(err)
	if e == nil || !slices.Contains(codes, e.Code) {
		return err
	}
	refused := *e
	refused.Status = http.StatusUnprocessableEntity
	return &refused
}

// hasCode reports whether err is a refusal with one of the codes.
func hasCode(err error, codes ...string) bool {
	e := errs.Of(err)
	return e != nil && slices.Contains(codes, e.Code)
}
