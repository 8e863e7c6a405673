package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/ratelimit"
)

// BenchmarkRefused is what a request costs of an address that is refused already, beside one to /healthz.
func BenchmarkRefused(b *testing.B) {
	db := dbtest.Open(b, dbtest.SQLite(b))
	s := newSiteWith(b, db, auth.Options{RateLimit: auth.RateLimit{Limiter: ratelimit.New(db, database.Now)}})
	for _, c := range []struct{ method, path, body string }{
		{http.MethodGet, "/healthz", ""},
		{http.MethodPost, "/api/auth/sign-in/email", `{"email":"nobody@example.com","password":"wrong-horse-1"}`},
		{http.MethodPost, "/logout", ""},
		{http.MethodPost, "/login", "email=nobody@example.com&password=wrong-horse-1"},
	} {
		b.Run(strings.ReplaceAll(c.path[1:], "/", "-"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
				r.Header.Set("Content-Type", "application/json")
				if c.path == "/login" {
					r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				}
				s.server.ServeHTTP(httptest.NewRecorder(), r)
			}
		})
	}
}
