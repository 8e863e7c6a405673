package web_test

import (
	"errors"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/static"
	"example.com/foyer/web"
	"gorm.io/gorm"
)

// countQueries counts every statement that GORM sends from now on.
func countQueries(t *testing.T, db *gorm.DB) *atomic.Int64 {
	t.Helper()
	var n atomic.Int64
	count := func(*gorm.DB) { n.Add(1) }
	on := db.Callback()
	if err := errors.Join(
		on.Query().Before("gorm:query").Register("test:count", count),
		on.Row().Before("gorm:row").Register("test:count", count),
		on.Raw().Before("gorm:raw").Register("test:count", count),
		on.Create().Before("gorm:create").Register("test:count", count),
		on.Update().Before("gorm:update").Register("test:count", count),
		on.Delete().Before("gorm:delete").Register("test:count", count),
	); err != nil {
		t.Fatal(err)
	}
	return &n
}

func TestQueriesPerPage(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLite(t))
	queries := countQueries(t, db)
	s := newSiteOn(t, db)
	user, _ := s.person(t, "user@example.com")
	cold := user.Copy()
	cold.Forget("session_data")

	cases := []struct {
		name string
		as   *authtest.Client
		path string
		want int64
	}{
		{"home, nobody", s.Client, "/", 0},
		{"home, signed in", user, "/", 0},
		{"home, signed in without cache", cold, "/", 0},
		{"a file, signed in without cache", cold, static.URL("app.css"), 0},
		{"health, signed in without cache", cold, "/healthz", 0},
		{"the corner of a stranger", s.Client, "/nav", 0},
		{"the corner from the cache", user, "/nav", 0},
		{"the corner from the store", cold, "/nav", 1},
		{"login page of a stranger", s.Client, "/login", 0},
		{"dashboard of a stranger", s.Client, "/dashboard", 0},
		{"dashboard from the cache: its panel only", user, "/dashboard", 1},
		{"an address that does not exist, nobody", s.Client, "/admin/nothing", 0},
		{"an address that does not exist, from the cache", user, "/admin/nothing", 0},
		{"an address that does not exist, from the store", cold, "/admin/nothing", 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			browser := c.as.Copy()
			before := queries.Load()
			browser.Get(c.path, navigate...)
			if n := queries.Load() - before; n != c.want {
				t.Errorf("%d statements, want %d", n, c.want)
			}
		})
	}
}

// part:admin,betterauth

// TestStoreAway: while the database is away, nobody is taken for logged out and no cookie is deleted.
func TestStoreAway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cached, _ := s.person(t, "user@example.com")
	admin := s.admin(t, "boss@example.com")
	cold := cached.Copy()
	cold.Forget("session_data")
	s.close(t)

	cases := []struct {
		name         string
		as           *authtest.Client
		method, path string
		header       []string
		status       int
		retry        string
	}{
		{"public page", cold, "GET", "/", navigate, 200, ""},
		{"public page with cache", cached, "GET", "/", navigate, 200, ""},
		{"file", cold, "GET", static.URL("app.js"), nil, 200, ""},
		{"health", cold, "GET", "/healthz", nil, 200, ""},
		{"ready", cold, "GET", "/readyz", nil, 503, "5"},
		{"stranger's login page", s.Client, "GET", "/login", navigate, 200, ""},
		{"page", cold, "GET", "/dashboard", navigate, 503, "5"},
		{"head", cold, "HEAD", "/dashboard", navigate, 503, "5"},
		{"fragment", cold, "GET", "/dashboard", s.htmx("/dashboard"), 503, "5"},
		{"program", cold, "GET", "/dashboard", program, 503, "5"},
		{"corner", cold, "GET", "/nav", s.htmx("/"), 503, "5"},
		{"login page", cold, "GET", "/login", navigate, 503, "5"},
		{"admin page, cached", admin, "GET", "/admin", navigate, 503, "5"},
		{"admin API, cached", admin, "POST", "/api/admin/users", program, 503, "5"},
		{"the provider's session", cold, "GET", "/api/auth/get-session", program, 503, "5"},
		{"logout", cold, "POST", "/logout", []string{"Origin", s.Base, "Sec-Fetch-Site", "same-origin"}, 503, "5"},
		{"logout, cached", cached, "POST", "/logout", []string{"Origin", s.Base, "Sec-Fetch-Site", "same-origin"}, 503, "5"},
		{"dashboard from the cache", cached, "GET", "/dashboard", navigate, 200, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := c.as.Copy().Do(c.method, c.path, "", c.header...)
			expect(t, got, c.status, "Retry-After", c.retry, "Set-Cookie", "", "Clear-Site-Data", "", "HX-Redirect", "",
				"Location", "")
			lacks(t, got, "is closed", "sql:")
		})
	}
	t.Run("a panel that cannot be read says so in place", func(t *testing.T) {
		got := cached.Copy().Get("/dashboard", navigate...)
		contains(t, got, "Test Person", "could not be loaded", "</html>")
	})
}

// end:admin,betterauth

// TestStoreReadOnly: what cannot be written is not claimed to have happened.
func TestStoreReadOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	user, _ := s.person(t, "user@example.com")
	pool, err := s.db.DB()
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxOpenConns(1)
	if err := s.db.Exec("PRAGMA query_only = ON").Error; err != nil {
		t.Fatal(err)
	}
	unchanged := []string{"Retry-After", "5", "Set-Cookie", "", "Clear-Site-Data", "", "Location", ""}
	expect(t, s.PostForm("/login", credentials("user@example.com", authtest.Password)), 503, unchanged...)
	expect(t, s.PostForm("/signup", url.Values{"name": {"N"}, "email": {"new@example.com"},
		"password": {authtest.Password}}), 503, unchanged...)
	expect(t, user.PostForm("/logout", nil), 503, "Clear-Site-Data", "", "Location", "")
	expect(t, user.Get("/dashboard", navigate...), 200)
}

func TestReady(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	expect(t, s.Get("/readyz"), 200, "Content-Type", "text/plain; charset=UTF-8", "Cache-Control", "private, no-cache")
	s.server.Drain()
	expect(t, s.Get("/readyz"), 503, "Retry-After", "5", "Cache-Control", "private, no-store")
	expect(t, s.Get("/healthz"), 200)
	expect(t, s.Get("/login"), 200)

	pending := newSite(t)
	if err := pending.db.Exec("DELETE FROM goose_db_version WHERE version_id > 0").Error; err != nil {
		t.Fatal(err)
	}
	expect(t, pending.Get("/readyz"), 503)
}

// TestLoadingSettles: the home page is the same for everybody; the fragment it fetches knows the visitor.
func TestLoadingSettles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	user, _ := s.person(t, "user@example.com")
	nobody, somebody := s.Get("/", navigate...), user.Get("/", navigate...)
	if nobody.Text != somebody.Text {
		t.Error("the public page differs by who asks")
	}
	expect(t, somebody, 200, "Cache-Control", "private, no-cache", "Set-Cookie", "")
	contains(t, somebody, `hx-get="/nav"`, `hx-trigger="load"`, "skeleton", `href="/dashboard">Your account`)
	lacks(t, somebody, "data-private", `action="/logout"`)

	settled := user.Get("/nav", s.htmx("/")...)
	expect(t, settled, 200, "Cache-Control", "private, no-store")
	contains(t, settled, "Test Person", `action="/logout"`)
	lacks(t, settled, "<html", "skeleton", "hx-get")
	stranger := s.Get("/nav", s.htmx("/")...)
	contains(t, stranger, "Log in", "Sign up")
	lacks(t, stranger, "<html", "Log out", "hx-get")
}

// TestHeadersAreNoIdentity: nothing a client writes about itself opens a door or moves an address.
func TestHeadersAreNoIdentity(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, h := range [][2]string{
		{"X-User-Id", "1"}, {"X-Role", "admin"}, {"X-Authenticated-User", "boss@example.com"}, {"X-Internal", "1"},
		{"X-Middleware-Subrequest", "middleware"}, {"X-Original-URL", "/"}, {"X-Rewrite-URL", "/"}, {"X-Forwarded-Uri", "/"},
		{"X-HTTP-Method-Override", "OPTIONS"}, {"User-Agent", "kube-probe/1.30"}, {"User-Agent", "GoogleHC/1.0"},
		{"X-Forwarded-For", "127.0.0.1"}, {"Authorization", "Bearer admin"}, {"Authorization", "Basic YWRtaW46YWRtaW4="},
	} {
		t.Run(h[0], func(t *testing.T) {
			header := append([]string{h[0], h[1]}, navigate...)
			expect(t, s.Get("/admin", header...), 303, "Location", "/login?returnTo=%2Fadmin")
		})
	}
	plain := s.stranger(t).Get("/", navigate...)
	poisoned := s.stranger(t).Get("/", append([]string{
		"X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "gopher", "X-Forwarded-Prefix", "/evil", "X-Original-URL",
		"/admin", "X-HTTP-Method-Override", "POST",
	}, navigate...)...)
	if poisoned.Text != plain.Text || strings.Contains(strings.Join(poisoned.Header.Values("Link"), ""), "evil") {
		t.Errorf("a header changed a public page: %s", poisoned.Text)
	}
}

// TestSlowOnlyInDevelopment: ?slow= delays the panel in development and never in production.
func TestSlowOnlyInDevelopment(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	user, _ := s.person(t, "user@example.com")
	user.Timeout = 5 * time.Second
	contains(t, user.Get("/dashboard?slow=10s", navigate...), "This browser")

	development := newSite(t, func(c *web.Config) { c.Development = true })
	user, _ = development.person(t, "user@example.com")
	for _, slow := range []string{"20ms", "-1s", "forever", ""} {
		start := time.Now()
		contains(t, user.Get("/dashboard?slow="+slow, navigate...), "This browser")
		if took := time.Since(start); slow == "20ms" && took < 20*time.Millisecond {
			t.Errorf("slow=20ms answered after %s", took)
		}
	}
}
