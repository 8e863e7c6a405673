package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"example.com/foyer/internal/errs"
)

// MaxBody is how many bytes of a request body are read; more is a 413.
const MaxBody = 64 << 10

// maxDepth bounds nesting; no endpoint takes more than an object in an object.
const maxDepth = 8

// Body is a decoded request body. Its getters note what is wrong; Err tells it all at once.
type Body struct {
	values map[string]any
	text   bool   // values are text: a form or a query cannot say true
	where  string // how faults name it, such as body or query
	faults *[]string
}

func newBody(where string, values map[string]any, text bool) *Body {
	return &Body{values: values, text: text, where: where, faults: new([]string)}
}

// queryBody reads the query of a GET as if it were a body. A name given more than once is an array.
func queryBody(r *http.Request) (*Body, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, errs.New(http.StatusBadRequest, "BAD_REQUEST", "Invalid query")
	}
	values := map[string]any{}
	for name, list := range query {
		if !utf8.ValidString(name + strings.Join(list, "")) {
			return nil, errs.New(http.StatusBadRequest, "BAD_REQUEST", "Invalid query")
		}
		values[name] = list[0]
		if len(list) > 1 {
			many := make([]any, len(list))
			for i, v := range list {
				many[i] = v
			}
			values[name] = many
		}
	}
	return newBody("query", values, true), nil
}

// ReadJSON decodes a JSON object strictly: another media type or charset is 415, over MaxBody 413, and broken JSON,
// duplicate keys, invalid UTF-8, trailing data or deep nesting 400. Unknown keys are ignored.
func ReadJSON(w http.ResponseWriter, r *http.Request) (*Body, error) { return readBody(w, r, false) }

func readBody(w http.ResponseWriter, r *http.Request, formToo bool) (*Body, error) {
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset, named := params["charset"]
	foreign := named && !strings.EqualFold(charset, "utf-8") || r.Header.Get("Content-Encoding") != ""
	isForm := formToo && media == "application/x-www-form-urlencoded"
	if err != nil || media != "application/json" && !isForm || foreign {
		return nil, errs.New(http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", "Content-Type must be application/json")
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, errs.New(http.StatusRequestEntityTooLarge, "PAYLOAD_TOO_LARGE", "The request is larger than 64 KiB.")
	}
	if err != nil {
		return nil, errs.New(http.StatusBadRequest, "BAD_REQUEST", "The request body could not be read")
	}
	if isForm {
		return parseForm(data)
	}
	return parseJSON(data)
}

func parseForm(data []byte) (*Body, error) {
	form, err := url.ParseQuery(string(data))
	if err != nil {
		return nil, errs.New(http.StatusBadRequest, "BAD_REQUEST", "Invalid form in request body")
	}
	values := map[string]any{}
	for k, v := range form {
		if len(v) != 1 || !utf8.ValidString(k+v[0]) {
			return nil, errs.New(http.StatusBadRequest, "BAD_REQUEST", "Invalid form in request body")
		}
		values[k] = v[0]
	}
	return newBody("body", values, true), nil
}

func parseJSON(data []byte) (*Body, error) {
	broken := errs.New(http.StatusBadRequest, "BAD_REQUEST", "Invalid JSON in request body")
	if !utf8.Valid(data) { // encoding/json would replace what is broken, in keys too
		return nil, broken
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := decodeValue(d, 0)
	if err != nil {
		return nil, broken
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, broken
	}
	values, ok := v.(map[string]any)
	if !ok {
		return nil, errs.New(http.StatusBadRequest, "VALIDATION_ERROR", "[body] Invalid input: expected object, received "+kind(v, true))
	}
	return newBody("body", values, false), nil
}

// decodeValue is json.Unmarshal into any, but refuses what two parsers would read differently.
func decodeValue(d *json.Decoder, depth int) (any, error) {
	t, err := d.Token()
	delim, nested := t.(json.Delim)
	if err != nil || !nested {
		return t, err
	}
	if depth >= maxDepth {
		return nil, errors.New("nested too deeply")
	}
	object, array := map[string]any{}, []any{}
	for d.More() {
		var key string
		if delim == '{' {
			k, err := d.Token()
			if err != nil {
				return nil, err
			}
			key = k.(string)
			if _, twice := object[key]; twice {
				return nil, errors.New("duplicate key")
			}
		}
		v, err := decodeValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		if delim == '{' {
			object[key] = v
		} else {
			array = append(array, v)
		}
	}
	if _, err := d.Token(); err != nil { // the closing delimiter
		return nil, err
	}
	if delim == '{' {
		return object, nil
	}
	return array, nil
}

// String returns a required text.
func (b *Body) String(name string) string {
	s, _ := b.string(name, true)
	return s
}

// OptionalString returns a text, or nil where it is absent.
func (b *Body) OptionalString(name string) *string {
	if s, ok := b.string(name, false); ok {
		return &s
	}
	return nil
}

func (b *Body) string(name string, required bool) (string, bool) {
	v, present := b.values[name]
	if !present && !required {
		return "", false
	}
	s, ok := v.(string)
	if !ok {
		b.fault(name, "string", v, present)
	} else if strings.IndexByte(s, 0) >= 0 { // which PostgreSQL does not keep
		*b.faults = append(*b.faults, fmt.Sprintf("[%s.%s] Invalid input: null character", b.where, name))
	}
	return s, ok
}

// Bool returns an optional boolean, def where it is absent.
func (b *Body) Bool(name string, def bool) bool {
	v, present := b.values[name]
	if !present {
		return def
	}
	if b.text && (v == "true" || v == "false") {
		return v == "true"
	}
	value, ok := v.(bool)
	if !ok {
		b.fault(name, "boolean", v, present)
	}
	return value
}

// Number returns an optional number, nil where it is absent.
func (b *Body) Number(name string) *float64 {
	v, present := b.values[name]
	if !present {
		return nil
	}
	raw, ok := v.(json.Number)
	if s, isText := v.(string); isText && b.text {
		raw, ok = json.Number(s), true
	}
	n, err := raw.Float64()
	if !ok || err != nil {
		b.fault(name, "number", v, present)
		return nil
	}
	return &n
}

// Nullable returns an optional text that null clears: nil and true.
func (b *Body) Nullable(name string) (value *string, present bool) {
	v, present := b.values[name]
	if present && v == nil {
		return nil, true
	}
	value = b.OptionalString(name)
	return value, present
}

// Object returns the object under name; its faults are told with those of b. It is empty where there is none, a
// fault only where it is required or something else.
func (b *Body) Object(name string, required bool) *Body {
	v, present := b.values[name]
	values, ok := v.(map[string]any)
	if !ok && (present || required) {
		b.fault(name, "object", v, present)
	}
	return &Body{values: values, text: b.text, where: b.where + "." + name, faults: b.faults}
}

// Has reports whether any of the names is present, null included.
func (b *Body) Has(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { _, present := b.values[name]; return present })
}

// Value returns what is under name as encoding/json decodes it (numbers as json.Number), nil where it is absent.
func (b *Body) Value(name string) any { return b.values[name] }

// Err is a 400 VALIDATION_ERROR that names every fault the getters met, or nil.
func (b *Body) Err() error {
	if len(*b.faults) == 0 {
		return nil
	}
	sort.Strings(*b.faults)
	return errs.New(http.StatusBadRequest, "VALIDATION_ERROR", strings.Join(*b.faults, "; "))
}

func (b *Body) fault(name, want string, got any, present bool) {
	*b.faults = append(*b.faults, fmt.Sprintf("[%s.%s] Invalid input: expected %s, received %s", b.where, name, want, kind(got, present)))
}

// kind names a JSON value as JavaScript would.
func kind(v any, present bool) string {
	switch v.(type) {
	case nil:
		if !present {
			return "undefined"
		}
		return "null"
	case string:
		return "string"
	case bool:
		return "boolean"
	case json.Number:
		return "number"
	case []any:
		return "array"
	}
	return "object"
}
