package web

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestServicePanicsBehindOtherDoors(t *testing.T) {
	s := emptyServer()
	c := s.echo.NewContext(httptest.NewRequest("GET", "/", nil), httptest.NewRecorder())
	if message := panicOf(func() { s.whoami(c) }); !strings.Contains(message, "lets none in") {
		t.Errorf("whoami where no token was asked for: %q, want a panic", message)
	}
}
