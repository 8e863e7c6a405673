package payload

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"example.com/foyer/internal/errs"
)

// FuzzJSONBody: accepted input reads as with encoding/json, and no valid input is refused.
func FuzzJSONBody(f *testing.F) {
	for _, v := range []string{
		`{"email":"a","password":"b"}`, `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{}{}`, "\ufeff{}", `{"a":[1,{"b":null}]}`,
		`[]`, `null`, `{"a":1e999}`, `{"a":"\ud800"}`, "{\"\xff\":1}", `{"a":1,}`, `[1,]`,
		strings.Repeat(`{"a":`, 9) + "1" + strings.Repeat("}", 9),
	} {
		f.Add([]byte(v))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := parseJSON(data)
		d := json.NewDecoder(bytes.NewReader(data))
		d.UseNumber()
		var want map[string]any
		wantErr := d.Decode(&want)
		if wantErr == nil {
			if _, err := d.Token(); !errors.Is(err, io.EOF) {
				wantErr = errors.New("trailing data")
			}
		}
		if err == nil && (wantErr != nil || !reflect.DeepEqual(got, want)) {
			t.Fatalf("%q read as %v, by encoding/json as %v, %v", data, got, want, wantErr)
		}
		if err != nil && wantErr == nil && want != nil && utf8.Valid(data) && depth(want) <= maxDepth && !twice(data) {
			t.Fatalf("%q is refused: %v", data, err)
		}
	})
}

func depth(v any) (deepest int) {
	switch v := v.(type) {
	case map[string]any:
		for _, inner := range v {
			deepest = max(deepest, depth(inner))
		}
		return deepest + 1
	case []any:
		for _, inner := range v {
			deepest = max(deepest, depth(inner))
		}
		return deepest + 1
	}
	return 0
}

// twice reports whether an object has a key more than once.
func twice(data []byte) bool {
	d := json.NewDecoder(bytes.NewReader(data))
	var count func(v any) int
	count = func(v any) (n int) {
		switch v := v.(type) {
		case map[string]any:
			for _, inner := range v {
				n += 2 + count(inner)
			}
			return n + 2
		case []any:
			for _, inner := range v {
				n += 1 + count(inner)
			}
			return n + 2
		}
		return 0
	}
	tokens := 0
	for {
		token, err := d.Token()
		if err != nil {
			break
		}
		_ = token
		tokens++
	}
	var v any
	json.Unmarshal(data, &v)
	return tokens != count(v)
}

// part:betterauth

// FuzzQuery: a query is refused with a 400 or read as texts and lists of texts.
func FuzzQuery(f *testing.F) {
	for _, query := range []string{"", "a=b", "a=b&a=c", "a", "=", "%zz", "a=%ff", "a;b", "token=x&callbackURL=%2F"} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		b, err := Query(&http.Request{URL: &url.URL{RawQuery: query}})
		if err != nil {
			var refused *errs.Error
			if !errors.As(err, &refused) || refused.Status != http.StatusBadRequest {
				t.Fatalf("%q: %v", query, err)
			}
			return
		}
		for name := range b.values {
			if s, ok := b.Value(name).(string); ok && !utf8.ValidString(s) {
				t.Fatalf("%q: %q", query, s)
			}
		}
	})
}

// end:betterauth
