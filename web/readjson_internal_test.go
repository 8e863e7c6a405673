package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/labstack/echo/v5"
)

func readBody(body string) (url.Values, error) {
	req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	return readJSON(echo.New().NewContext(req, httptest.NewRecorder()))
}

func TestReadJSON(t *testing.T) {
	t.Parallel()
	got, err := readBody(` {"name": "Zo\u00eb", "budget": 7, "active": true, "open": false, "due": null} `)
	want := url.Values{"name": {"Zoë"}, "budget": {"7"}, "active": {"yes"}, "open": {""}, "due": {""}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%q %v, want %q", got, err, want)
	}
	if got, err := readBody(""); err != nil || len(got) > 0 {
		t.Errorf("no body: %q %v", got, err)
	}
	for _, body := range []string{"{", "[]", "7", `{"a": {}}`, `{"a": [1]}`, `{} {}`, `{}}`, "a=b"} {
		if got, err := readBody(body); err != echo.ErrBadRequest {
			t.Errorf("%s: %q %v", body, got, err)
		}
	}
	req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"a": "b"}`))
	req.Body = http.MaxBytesReader(nil, req.Body, 3)
	if _, err := readJSON(echo.New().NewContext(req, httptest.NewRecorder())); err != echo.ErrStatusRequestEntityTooLarge {
		t.Errorf("a large body: %v", err)
	}
}

// FuzzReadJSON: each field has one value at most, and nothing panics.
func FuzzReadJSON(f *testing.F) {
	for _, body := range []string{"", "{}", `{"a": 1, "a": 2}`, `{"": null}`, "\xff", `{"a": "\ud800"}`, `{"a":1e999}`} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		values, err := readBody(body)
		if err == nil && values == nil {
			t.Errorf("%q has no values", body)
		}
		for name, list := range values {
			if len(list) != 1 {
				t.Errorf("%q: %q has %q", body, name, list)
			}
		}
	})
}
