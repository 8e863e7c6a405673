package auth_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// TestColdStart: a process that has run no statement yet answers all who come at once, with fewer connections than
// askers. A cache of statements that is waited for with a connection held would stop them all, for ever.
func TestColdStart(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]func(testing.TB) string{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		t.Run(name, func(t *testing.T) {
			where := url(t)
			askers := signedIn(t, dbtest.Open(t, where), 64)
			for start := range 10 {
				coldStart(t, where, fmt.Sprintf("start %d", start), askers)
			}
		})
	}
}

// signedIn makes so many users and returns what each browser sends; each has three sessions.
func signedIn(t *testing.T, db *gorm.DB, n int) (cookies []string) {
	t.Helper()
	a := authtest.NewOn(t, db, auth.Options{HashWorkers: 8})
	base := authtest.Serve(t, authtest.Wire(t, a)).Base
	for i := range n {
		email := fmt.Sprintf("asker%02d@example.com", i)
		c := authtest.NewClient(t, base)
		c.SignUp(email)
		var list []string
		for _, cookie := range c.Cookies() {
			list = append(list, cookie.Name+"="+cookie.Value)
		}
		cookies = append(cookies, strings.Join(list, "; "))
	}
	return cookies
}

// coldStart opens the database anew, with 4 connections, and lets everybody ask at once.
func coldStart(t *testing.T, where, what string, askers []string) {
	t.Helper()
	db, err := database.Open(where, 4)
	if err != nil {
		t.Fatal(err)
	}
	handler := authtest.Wire(t, authtest.NewOn(t, db, auth.Options{}))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second) // a hang, not a slow machine
	defer cancel()
	codes := make([]int, len(askers))
	atOnce(len(askers), func(i int) {
		ask := []struct{ method, path, body string }{
			{http.MethodPost, "/update-user", fmt.Sprintf(`{"name":"Person %d"}`, i)},
			{http.MethodGet, "/get-session?disableCookieCache=true", ""},
			{http.MethodPost, "/revoke-other-sessions", "{}"},
			{http.MethodGet, "/list-sessions", ""},
		}[i%4]
		r := httptest.NewRequestWithContext(ctx, ask.method, "/api/auth"+ask.path, strings.NewReader(ask.body))
		r.Header.Set("Cookie", askers[i])
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Origin", home)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		codes[i] = w.Code
	})
	counts := map[int]int{}
	for _, code := range codes {
		counts[code]++
	}
	if counts[http.StatusOK] != len(askers) {
		t.Errorf("%s: %v, want %d answered 200", what, counts, len(askers))
	}
	if ctx.Err() != nil {
		return // what hangs does not close
	}
	if err := database.Close(db); err != nil {
		t.Error(err)
	}
}
