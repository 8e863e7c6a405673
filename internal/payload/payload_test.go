package payload_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/payload"
)

func TestJSON(t *testing.T) {
	req := httptest.NewRequest("POST", "/", strings.NewReader(`{"name":"Ada","ok":true,"image":"x"}`))
	req.Header.Set("Content-Type", "application/json")
	b, err := payload.JSON(httptest.NewRecorder(), req)
	if err != nil {
		t.Fatal(err)
	}
	texts := b.String("name") == "Ada" && b.OptionalString("image") != nil && b.OptionalString("absent") == nil
	if !texts || b.Err() != nil {
		t.Errorf("%+v, error %v", b, b.Err())
	}
	// part:betterauth
	if bools := b.Bool("ok", false) && b.Bool("absent", true); !bools || b.Err() != nil {
		t.Errorf("%+v, error %v", b, b.Err())
	}
	// end:betterauth
	req = httptest.NewRequest("POST", "/", strings.NewReader("a=b"))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var e *errs.Error
	if _, err := payload.JSON(httptest.NewRecorder(), req); !errors.As(err, &e) ||
		e.Status != http.StatusUnsupportedMediaType {
		t.Errorf("a form: %v", err)
	}
}
