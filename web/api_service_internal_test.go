package web

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestServicePanicsBehindOtherDoors(t *testing.T) {
	t.Parallel()
	s := emptyServer()
	c := s.echo.NewContext(httptest.NewRequest("GET", "/", nil), httptest.NewRecorder())
	if message := panicOf(func() { s.whoami(c) }); !strings.Contains(message, "admits no services") {
		t.Errorf("whoami behind another door: %q, want a panic", message)
	}
}

// TestACallerIsAService: a route that names a caller that is no service panics.
func TestACallerIsAService(t *testing.T) {
	for _, name := range []string{"worker", "user:1", "", "SERVICE:worker", "service:"} {
		if message := panicOf(func() { emptyServer().requireCaller("service:worker", name) }); !strings.Contains(message,
			"not the name of a service") {
			t.Errorf("%q: %q, want a panic", name, message)
		}
	}
	if message := panicOf(func() { emptyServer().requireCaller() }); !strings.Contains(message, "names no caller") {
		t.Errorf("no caller: %q, want a panic", message)
	}
}
