package web_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// TestDashboardStreams: the page and the skeleton of its slow panel arrive while the panel's query is still
// held back by a gate; the panel follows in the same answer.
func TestDashboardStreams(t *testing.T) {
	t.Parallel()
	for name, encoding := range map[string]string{"plain": "identity", "compressed": ""} {
		t.Run(name, func(t *testing.T) {
			db := dbtest.Open(t, dbtest.SQLite(t))
			reached, gate := make(chan struct{}), make(chan struct{})
			release := func() {
				select {
				case <-gate:
				default:
					close(gate)
				}
			}
			err := db.Callback().Row().Before("gorm:row").Register("test:gate", func(tx *gorm.DB) {
				if strings.Contains(tx.Statement.SQL.String(), "ORDER BY s.updated_at") { // the list of sessions
					close(reached)
					<-gate
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			s := newSiteOn(t, db)
			t.Cleanup(release) // before the server closes: it waits for its handlers
			user, _ := s.person(t, "user@example.com")

			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Base+"/dashboard", nil)
			if err != nil {
				t.Fatal(err)
			}
			if encoding != "" {
				req.Header.Set("Accept-Encoding", encoding)
			}
			req.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
			res, err := user.Client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if res.Uncompressed != (encoding == "") {
				t.Errorf("compressed: %t", res.Uncompressed)
			}

			first := readUntil(t, res.Body, "</div>", "skeletons")
			select {
			case <-reached: // the panel is being drawn, and cannot be done
			case <-ctx.Done():
				t.Fatal("the panel's query never comes")
			}
			for _, want := range []string{"<!doctype html>", "</header>", "Hello Test Person", "user@example.com",
				`role="status"`, "Loading", "Where you are logged in"} {
				if !strings.Contains(withoutBDI(first), want) {
					t.Errorf("the first part lacks %q: %s", want, first)
				}
			}
			for _, late := range []string{`class="table"`, "This browser", "127.0.0.1", "</html>", "</main>"} {
				if strings.Contains(first, late) {
					t.Errorf("the first part holds %q", late)
				}
			}
			release()
			rest, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{`class="table"`, "This browser", "127.0.0.1", "</main>", "</html>"} {
				if !strings.Contains(string(rest), want) {
					t.Errorf("the rest lacks %q: %s", want, rest)
				}
			}
			if !strings.HasPrefix(strings.TrimSpace(strings.TrimPrefix(string(rest), "</div>")), `<div class="table"`) {
				t.Errorf("the panel does not come right after its skeleton, so the skeleton would stay: %.80q", rest)
			}
		})
	}
}

// readUntil reads what has arrived, up to the end tag that closes what is marked.
func readUntil(t *testing.T, r io.Reader, end, marked string) string {
	t.Helper()
	var text strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := r.Read(buf)
		text.Write(buf[:n])
		if _, after, found := strings.Cut(text.String(), marked); found && strings.Contains(after, end) {
			return text.String()
		}
		if err != nil {
			t.Fatalf("nothing more comes (%v) after: %s", err, text.String())
		}
	}
}

// TestNothingPrivateBeforeTheGuard: a stranger's answer is decided before any byte of the page.
func TestNothingPrivateBeforeTheGuard(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	got := s.Get("/dashboard", navigate...)
	expect(t, got, 303, "Content-Type", "")
	if got.Text != "" {
		t.Errorf("a stranger got %q", got.Text)
	}
}
