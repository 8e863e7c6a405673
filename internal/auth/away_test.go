package auth_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

// TestRowsOfAnAwayStore: what is read row by row meets an outage as one, and a mistake as one.
func TestRowsOfAnAwayStore(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		id := r.SignUp("ada@example.com")
		over, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		_, err := r.auth.Sessions(over, id)
		var e *errs.Error
		if !errors.As(err, &e) || e.StatusCode() != http.StatusServiceUnavailable {
			t.Errorf("the time is over: %v, want a 503", err)
		}
		if list, err := r.auth.Sessions(t.Context(), id); err != nil || len(list) != 1 {
			t.Errorf("%d sessions, %v", len(list), err)
		}
		if err := db.Exec("ALTER TABLE sessions RENAME TO moved").Error; err != nil {
			t.Fatal(err)
		}
		if _, err := r.auth.Sessions(t.Context(), id); err == nil || errors.As(err, &e) {
			t.Errorf("no such table: %v, want a mistake", err)
		}
	})
}

// TestVisitorWhoLeft: that a visitor does not wait for the answer is no fault of the store, and no line in the log.
func TestVisitorWhoLeft(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		var log bytes.Buffer
		r := newRig(t, db, auth.Options{Logger: slog.New(slog.NewTextHandler(&log,
			&slog.HandlerOptions{Level: slog.LevelWarn}))})
		r.SignUp("ada@example.com")
		ctx, leave := context.WithCancel(t.Context())
		leave()
		for _, path := range []string{"get-session?disableCookieCache=true", "list-sessions"} {
			ask := httptest.NewRequestWithContext(ctx, http.MethodGet, "/api/auth/"+path, nil)
			for _, cookie := range r.Cookies() {
				ask.AddCookie(cookie)
			}
			w := httptest.NewRecorder()
			r.wire.ServeHTTP(w, ask)
			if w.Code < 500 {
				t.Errorf("%s: %d %s: nobody was there to be answered", path, w.Code, w.Body)
			}
		}
		if log.Len() > 0 {
			t.Errorf("the log says %s", log.String())
		}
	})
}
