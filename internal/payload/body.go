package payload

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"example.com/foyer/internal/errs"
)

// Body is the content of a request. Its getters collect faults; Err returns all of them at once. Use what the getters
// returned only if Err is nil.
type Body struct {
	values map[string]any
	text   bool   // a form or query: booleans and numbers are texts
	where  string // its name in faults, such as body or query
	faults *[]string
}

func newBody(where string, values map[string]any, text bool) *Body {
	return &Body{values: values, text: text, where: where, faults: new([]string)}
}

// String returns a required text.
func (b *Body) String(name string) string {
	s, _ := b.string(name, true)
	return s
}

// OptionalString returns a text, or nil if it is absent.
func (b *Body) OptionalString(name string) *string {
	if s, ok := b.string(name, false); ok {
		return &s
	}
	return nil
}

// Text returns an optional text, "" if it is absent.
func (b *Body) Text(name string) string {
	s, _ := b.string(name, false)
	return s
}

func (b *Body) string(name string, required bool) (string, bool) {
	v, present := b.values[name]
	if !present && !required {
		return "", false
	}
	s, ok := v.(string)
	if !ok {
		b.fault(name, "string", v, present)
	} else if strings.IndexByte(s, 0) >= 0 { // PostgreSQL cannot store it
		*b.faults = append(*b.faults, fmt.Sprintf("[%s.%s] Invalid input: null character", b.where, name))
	}
	return s, ok
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

// Err returns a 400 VALIDATION_ERROR that names every fault the getters met, or nil.
func (b *Body) Err() error {
	if len(*b.faults) == 0 {
		return nil
	}
	slices.Sort(*b.faults)
	return errs.New(http.StatusBadRequest, "VALIDATION_ERROR", strings.Join(*b.faults, "; "))
}

func (b *Body) fault(name, want string, got any, present bool) {
	fault := fmt.Sprintf("[%s.%s] Invalid input: expected %s, received %s", b.where, name, want, kind(got, present))
	*b.faults = append(*b.faults, fault)
}

// kind names the type of a JSON value; an absent one is undefined, as in JavaScript.
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
