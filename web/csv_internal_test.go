package web

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/text"
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

// TestStreamCSV: a failure in the middle breaks the file off; before the first row it is an answer of its own.
func TestStreamCSV(t *testing.T) {
	s, away := emptyServer(), errors.New("the database is away")
	stream := func(rows int, err error) (string, error) {
		w := httptest.NewRecorder()
		c := s.echo.NewContext(httptest.NewRequest(http.MethodGet, "/papers.csv", nil), deadlined{w})
		failed := streamCSV(s, c, "papers.csv", []string{"n", "twice"}, func(yield func(int, error) bool) {
			for n := range rows {
				if !yield(n, nil) {
					return
				}
			}
			if err != nil {
				yield(0, err)
			}
		}, func(n int) []any { return []any{n, 2 * n} })
		if got := w.Header().Get("Content-Disposition"); failed == nil && got != `attachment; filename="papers.csv"` {
			t.Error(got)
		}
		return w.Body.String(), failed
	}
	if got, err := stream(2, nil); err != nil || got != "\ufeffn,twice\n0,0\n1,2\n" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := stream(0, nil); err != nil || got != "\ufeffn,twice\n" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := stream(0, away); err != away || got != "" {
		t.Errorf("%q, %v", got, err)
	}
	if message := panicOf(func() { stream(2, away) }); !strings.Contains(message, "abort Handler") {
		t.Errorf("after two rows: %q, want the connection to break off", message)
	}
}

// TestHeadOfAFile: HEAD has the head of GET, and reads no rows.
func TestHeadOfAFile(t *testing.T) {
	s, w := emptyServer(), httptest.NewRecorder()
	c := s.echo.NewContext(httptest.NewRequest(http.MethodHead, "/papers.csv", nil), w)
	err := streamCSV(s, c, "papers.csv", []string{"n"}, func(func(int, error) bool) { t.Error("rows are read") }, nil)
	if h := w.Header(); err != nil || h.Get("Content-Type") != "text/csv; charset=utf-8" || w.Body.Len() > 0 {
		t.Errorf("%v, %v, %q", err, h, w.Body)
	}
}

// deadlined is a recorder whose connection has a deadline.
type deadlined struct{ http.ResponseWriter }

func (deadlined) SetWriteDeadline(time.Time) error { return nil }

func TestCSVRecord(t *testing.T) {
	at, day := time.Date(2026, 5, 31, 1, 2, 3, 0, time.UTC), text.Date{Time: time.Date(2026, 5, 31, 0, 0, 0, 0, time.UTC)}
	got := csvRecord([]any{"=1+1", "a;-b", "-5", "-5+1", "+5", "-5;-5", -5, true, nil, at, time.Time{}, &at,
		(*time.Time)(nil), "Zoë", day, text.Date{}, &day, (*text.Date)(nil)})
	want := []string{"'=1+1", "a;'-b", "-5", "'-5+1", "'+5", "'-5;'-5", "-5", "true", "", "2026-05-31T01:02:03Z", "",
		"2026-05-31T01:02:03Z", "", "Zoë", "2026-05-31", "", "2026-05-31", ""}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
