package web

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestAFailedExportIsNoWholeFile: before the first row a failure is answered as an error. After it the connection
// breaks off, because a part of the file would look like all of it.
func TestAFailedExportIsNoWholeFile(t *testing.T) {
	s, failure := emptyServer(), errors.New("the database is away")
	c := s.echo.NewContext(httptest.NewRequest(http.MethodGet, "/admin/users.csv", nil), httptest.NewRecorder())
	c.Response().Header().Set("Content-Disposition", `attachment; filename="users.csv"`)
	if err := s.exportFailed(c, 0, failure); err != failure {
		t.Errorf("before the first row: %v, want the failure", err)
	}
	if got := c.Response().Header().Get("Content-Disposition"); got != "" {
		t.Errorf("the error would be saved as a file: %s", got)
	}
	if message := panicOf(func() { s.exportFailed(c, 1, failure) }); !strings.Contains(message, "abort Handler") {
		t.Errorf("after a row: %q, want the connection to break off", message)
	}
}
