package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/web"
	"gorm.io/gorm"
)

// part:admin,betterauth

// freeze makes every statement of db wait until its context ends, like a connection whose other end is silent.
// freeze(true) begins it, freeze(false) ends it.
func freeze(t *testing.T, db *gorm.DB) func(bool) {
	t.Helper()
	var frozen atomic.Bool
	hold := func(tx *gorm.DB) {
		if frozen.Load() {
			<-tx.Statement.Context.Done()
			tx.AddError(tx.Dialector.(gorm.ErrorTranslator).Translate(tx.Statement.Context.Err()))
		}
	}
	c := db.Callback()
	err := errors.Join(
		c.Query().Before("gorm:query").Register("test:freeze", hold),
		c.Row().Before("gorm:row").Register("test:freeze", hold),
		c.Raw().Before("gorm:raw").Register("test:freeze", hold),
		c.Create().Before("gorm:create").Register("test:freeze", hold),
		c.Update().Before("gorm:update").Register("test:freeze", hold),
		c.Delete().Before("gorm:delete").Register("test:freeze", hold),
	)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { frozen.Store(false) })
	return frozen.Store
}

// TestFrozenDatabase: every kind of request ends while the database is silent, and works again afterwards.
func TestFrozenDatabase(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLite(t))
	ice := freeze(t, db)
	s := newSiteOn(t, db, func(c *web.Config) { c.RequestTime = 3 * time.Second })
	admin := s.admin(t, "admin@example.com")
	user, _ := s.person(t, "user@example.com")
	s.broken = true // the trail cannot be verified while the database is frozen
	form := func(c *authtest.Client, path string, values url.Values) func() authtest.Answer {
		return func() authtest.Answer { return c.PostForm(path, values) }
	}
	get := func(c *authtest.Client, path string) func() authtest.Answer {
		return func() authtest.Answer { return c.Get(path) }
	}
	cached := user.Copy()
	credentials := url.Values{"email": {"user@example.com"}, "password": {authtest.Password}}
	rows := map[string]struct {
		ask    func() authtest.Answer
		status int
		text   string
	}{
		"cached page with a panel": {get(cached, "/dashboard"), 200, "could not be loaded"},
		"page of the store":        {get(admin, "/admin"), 503, "Back in a moment"},
		"page that only reads":     {get(user, "/settings/sessions"), 503, "Back in a moment"},
		"form":                     {form(user, "/settings", url.Values{"name": {"New Name"}}), 503, "Back in a moment"},
		"log-in form":              {form(s.stranger(t), "/login", credentials), 503, "Back in a moment"},
		"log-out":                  {form(user, "/logout", nil), 503, "Back in a moment"},
		"export":                   {get(admin, "/admin/users.csv"), 503, "Back in a moment"},
		"get-session":              {get(user, "/api/auth/get-session?disableCookieCache=true"), 503, "SERVICE_UNAVAILABLE"},
		"sign-in": {func() authtest.Answer {
			return s.stranger(t).PostJSON("/api/auth/sign-in/email",
				map[string]string{"email": "user@example.com", "password": authtest.Password})
		}, 503, "SERVICE_UNAVAILABLE"},
		"readyz":  {get(s.Client, "/readyz"), 503, ""},
		"healthz": {get(s.Client, "/healthz"), 200, "ok"},
	}
	ice(true)
	answers := map[string]*authtest.Answer{}
	var asking sync.WaitGroup
	for name, row := range rows {
		answer := &authtest.Answer{}
		answers[name] = answer
		asking.Go(func() { *answer = row.ask() })
	}
	asking.Wait()
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			res := answers[name]
			if res.Response == nil {
				t.Fatal("no answer")
			}
			if res.StatusCode != row.status || !strings.Contains(res.Text, row.text) {
				t.Errorf("%d, want %d with %q:\n%s", res.StatusCode, row.status, row.text, res.Text)
			}
			if res.StatusCode == 503 && res.Header.Get("Retry-After") == "" {
				t.Error("a 503 without Retry-After")
			}
		})
	}
	ice(false)
	if res := user.Get("/settings/sessions"); res.StatusCode != 200 {
		t.Errorf("afterwards: %d", res.StatusCode)
	}
}

// end:admin,betterauth

// TestDrainingIsNotReady: a server that shuts down is not ready, even if the last ping succeeded.
func TestDrainingIsNotReady(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if res := s.Get("/readyz"); res.StatusCode != http.StatusOK {
		t.Errorf("/readyz: %d", res.StatusCode)
	}
	s.server.Drain()
	if res := s.Get("/readyz"); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("/readyz while draining: %d", res.StatusCode)
	}
}

// TestReadyDoesNotWait: a ping that ignores its context and never returns delays no request.
func TestReadyDoesNotWait(t *testing.T) {
	t.Parallel()
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	s := newSite(t, func(c *web.Config) {
		c.Ready = func(context.Context) error { <-never; return nil }
	})
	for range 2 {
		if res := s.Get("/readyz"); res.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("/readyz: %d", res.StatusCode)
		}
	}
}
