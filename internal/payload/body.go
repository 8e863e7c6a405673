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
