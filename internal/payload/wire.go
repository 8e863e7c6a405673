package payload

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// What only the endpoints of /api/auth read: forms, queries, and fields that are no texts.

const mediaForm = "application/x-www-form-urlencoded"

// JSONOrForm is JSON that also takes application/x-www-form-urlencoded. A form with a repeated name is a 400.
func JSONOrForm(w http.ResponseWriter, r *http.Request) (*Body, error) {
	media, data, err := read(w, r, MaxSize, mediaJSON, mediaForm)
	if err != nil {
		return nil, err
	}
	if media == mediaForm {
		return parseForm(data)
	}
	values, err := parseJSON(data)
	if err != nil {
		return nil, err
	}
	return newBody("body", values, false), nil
}

// Query reads the query of a GET like a body. A repeated name is an array.
func Query(r *http.Request) (*Body, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badRequest("Invalid query")
	}
	values := map[string]any{}
	for name, list := range query {
		if !utf8.ValidString(name + strings.Join(list, "")) {
			return nil, badRequest("Invalid query")
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

func parseForm(data []byte) (*Body, error) {
	form, err := url.ParseQuery(string(data))
	if err != nil {
		return nil, badRequest("Invalid form in request body")
	}
	values := map[string]any{}
	for k, v := range form {
		if len(v) != 1 || !utf8.ValidString(k+v[0]) {
			return nil, badRequest("Invalid form in request body")
		}
		values[k] = v[0]
	}
	return newBody("body", values, true), nil
}

// Text returns an optional text, "" if it is absent.
func (b *Body) Text(name string) string {
	s, _ := b.string(name, false)
	return s
}

// Bool returns an optional boolean, def if it is absent.
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

// Number returns an optional number, nil if it is absent.
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

// Nullable returns an optional text: nil and true for null, nil and false if it is absent.
func (b *Body) Nullable(name string) (value *string, present bool) {
	v, present := b.values[name]
	if present && v == nil {
		return nil, true
	}
	value = b.OptionalString(name)
	return value, present
}

// Object returns the object under name, empty if it is absent. Its faults are reported with those of b. Another value
// is a fault, and so is an absent one that is required.
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

// Value returns the value under name as encoding/json decodes it (numbers as json.Number), nil if it is absent.
func (b *Body) Value(name string) any { return b.values[name] }
