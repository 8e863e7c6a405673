package web

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"example.com/foyer/internal/errs"
	"github.com/labstack/echo/v5"
)

func readBody(body string) (url.Values, error) {
	req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	names := []string{"name", "budget", "active", "open", "due", "a", ""}
	return readJSON(echo.New().NewContext(req, httptest.NewRecorder()), names)
}

func TestReadJSON(t *testing.T) {
	t.Parallel()
	got, err := readBody(` {"name": "Zo\u00eb", "budget": 7, "active": true, "open": false, "due": null} `)
	want := url.Values{"name": {"Zoë"}, "budget": {"7"}, "active": {"yes"}, "open": {""}, "due": {""}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%q %v, want %q", got, err, want)
	}
	for _, nothing := range []string{"", "{}"} {
		if got, err := readBody(nothing); err != nil || len(got) > 0 {
			t.Errorf("%q: %q %v", nothing, got, err)
		}
	}
	refused := func(what string, err error, status int) {
		t.Helper()
		if got := echo.StatusCode((&Server{}).refusal(err)); got != status {
			t.Errorf("%s: %d %v, want %d", what, got, err, status)
		}
	}
	for _, body := range []string{"{", "[]", "7", "null", `{"a": {}}`, `{"a": [1]}`, `{} {}`, `{}}`, "a=b",
		`{"a": 1, "a": 2}`, `{"a": 1, "\u0061": 2}`, "{\"a\": \"\xff\"}"} {
		_, err := readBody(body)
		refused(body, err, 400)
	}
	for media, body := range map[string]string{"": "{}", "text/plain": "{}", "application/x-www-form-urlencoded": "{}",
		"application/json; charset=utf-16": "{}"} {
		req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		req.Header.Set("Content-Type", media)
		_, err := readJSON(echo.New().NewContext(req, httptest.NewRecorder()), nil)
		refused(media, err, 415)
	}
	const most = maxBody - len(`{"a": ""}`) // as much as a form takes
	if got, err := readBody(`{"a": "` + strings.Repeat("b", most) + `"}`); err != nil || len(got.Get("a")) != most {
		t.Errorf("%d bytes: %v", maxBody, err)
	}
	_, err = readBody(`{"a": "` + strings.Repeat("b", most+1) + `"}`)
	refused("a large body", err, 413)
}

// TestReadJSONOfAChange: a change that lacks fields is refused by their names, because it would empty them. null, false
// and "" are no lack. A new row may lack fields, and no body is an empty form.
func TestReadJSONOfAChange(t *testing.T) {
	t.Parallel()
	read := func(key, body string) (url.Values, error) {
		req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		c := echo.New().NewContext(req, httptest.NewRecorder())
		if key != "" {
			c.SetPathValues(echo.PathValues{{Name: "id", Value: key}})
		}
		return readJSON(c, []string{"name", "care_hint", "active"})
	}
	for _, of := range [][2]string{
		{"1", `{"name": "", "care_hint": null, "active": false, "id": "1"}`}, {"1", ""}, {"", "{}"}, {"", `{"name": "Ada"}`},
		{"", `{"name": "", "owner_id": "2", "created_at": "", "updated_at": ""}`},
	} {
		if _, err := read(of[0], of[1]); err != nil {
			t.Errorf("%q: %v", of, err)
		}
	}
	_, err := read("1", `{"name": "Ada"}`)
	want := map[string]string{
		"active":    "Active: send this field, or null to empty it.",
		"care_hint": "Care hint: send this field, or null to empty it.",
	}
	if e := errs.Of(err); e == nil || e.Status != 400 || !maps.Equal(e.Fields, want) {
		t.Errorf("%v, want %q", err, want)
	}
}

// TestReadJSONOfNoField: a misspelt field is refused, because what it was to say would be lost.
func TestReadJSONOfNoField(t *testing.T) {
	t.Parallel()
	_, err := readBody(`{"name": "Ada", "budgte": 7}`)
	want := map[string]string{"budgte": "budgte: there is no such field."}
	if e := errs.Of(err); e == nil || e.Status != 400 || !maps.Equal(e.Fields, want) {
		t.Errorf("%v, want %q", err, want)
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
