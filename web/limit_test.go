package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
)

// fullLimiter refuses every key once it is full, and records the last key.
type fullLimiter struct {
	mu      sync.Mutex
	full    bool
	key     string
	guesses int
}

func (l *fullLimiter) Hit(_ context.Context, key string, _ int, _ time.Duration) (time.Duration, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.key = key; l.full {
		return 7 * time.Second, nil
	}
	return 0, nil
}

func (l *fullLimiter) Fail(context.Context, string, string, int, time.Duration) (time.Duration, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.guesses++
	return 0, nil
}

func (l *fullLimiter) Recall(context.Context, string, string, int, time.Duration) error { return nil }
func (l *fullLimiter) Forgive(context.Context, string, string) error                    { return nil }

// fill makes every counter full from now on, and forgets the guesses so far.
func (l *fullLimiter) fill() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.full, l.guesses = true, 0
}

// part:betterauth

// counted makes a request and returns the key by which it was counted.
func (l *fullLimiter) counted(request func()) (key string, guesses int) {
	l.mu.Lock()
	l.key = ""
	l.mu.Unlock()
	request()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.key, l.guesses
}

// end:betterauth

func limitedSite(t *testing.T) (*site, *fullLimiter) {
	limiter := &fullLimiter{}
	return newSiteWith(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{
		RateLimit: auth.RateLimit{Limiter: limiter},
	}), limiter
}

// part:betterauth

// sameAs is which endpoint does what a page does.
var sameAs = map[string]string{
	"/login": "/sign-in/email", "/signup": "/sign-up/email", "/forgot-password": "/request-password-reset",
	"/verify-email/resend": "/send-verification-email", "/reset-password": "/reset-password", "/settings": "/update-user",
	"/settings/security": "/change-password", "/settings/email": "/change-email", "/settings/delete": "/delete-user",
	"/api/admin/users": "/admin/create-user", // part:admin
	// part:twofactor
	"/login/code": "/two-factor/verify-totp", "/settings/security/two-factor": "/two-factor/verify-totp",
	"/settings/security/two-factor/codes": "/two-factor/generate-backup-codes",
	"/settings/security/two-factor/off":   "/two-factor/disable",
	// end:twofactor
	// part:passkey
	"/login/passkey": "/passkey/verify-authentication", "/reauth/passkey": "/passkey/verify-authentication",
	"/settings/security/passkeys":                 "/passkey/verify-registration",
	"/settings/security/passkeys/:passkey":        "/passkey/update-passkey",
	"/settings/security/passkeys/:passkey/delete": "/passkey/delete-passkey",
	// end:passkey
	"/login/link": "/sign-in/magic-link", "/login/link/code": "/sign-in/email-otp", // part:magiclink
}

// TestEveryUnsafeRequestIsCounted: every unsafe request is refused if its counter is full, for every visitor, before
// any query. A page shares the counter of the endpoint that does the same.
func TestEveryUnsafeRequestIsCounted(t *testing.T) {
	t.Parallel()
	s, limiter := limitedSite(t)
	_, id := s.person(t, "ada@example.com")
	boss := s.admin(t, "boss@example.com")
	limiter.fill()
	// part:audit
	events := func() (n int64) {
		t.Helper()
		if err := s.db.Table("audit_events").Where("event <> 'rate_limited'").Count(&n).Error; err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := events()
	// end:audit
	seen := 0
	for _, route := range s.server.Routes() {
		if route.Method != http.MethodPost {
			continue
		}
		seen++
		path := strings.NewReplacer(":id", id, ":action", "ban").Replace(route.Path)
		c := boss
		if route.Door == "guest" {
			c = s.stranger(t)
		}
		var got authtest.Answer
		key, guesses := limiter.counted(func() {
			got = c.PostForm(path, url.Values{"email": {"ada@example.com"}, "password": {authtest.Password}})
		})
		if got.StatusCode != 429 || got.Header.Get("Retry-After") != "7" || guesses != 0 {
			t.Errorf("%s: %d, Retry-After %q, %d guesses; does its handler return the error of parseForm?", path,
				got.StatusCode, got.Header.Get("Retry-After"), guesses)
		}
		endpoint := sameAs[route.Path]
		if endpoint == "" {
			continue
		}
		wire, _ := limiter.counted(func() { got = c.PostJSON("/api/auth"+endpoint, map[string]string{}) })
		if got.StatusCode != 429 || key != wire || key == "" {
			t.Errorf("%s is counted by %q, %s by %q (%d)", path, key, endpoint, wire, got.StatusCode)
		}
	}
	if seen < 15 {
		t.Errorf("only %d unsafe routes: the registry is not filled", seen)
	}
	// part:audit
	if n := events(); n != before {
		t.Errorf("%d events happened in spite of the refusals", n-before)
	}
	// end:audit
}

// end:betterauth

// TestLimitedFormKeepsItsValues: after too many requests the form is shown as it was typed, with empty passwords, with
// and without htmx.
func TestLimitedFormKeepsItsValues(t *testing.T) {
	t.Parallel()
	s, limiter := limitedSite(t)
	boss := s.admin(t, "boss@example.com")
	s.person(t, "ada@example.com")
	limiter.fill()
	const secret = "typed-secret-9"
	for path, typed := range map[string]url.Values{
		"/login":               {"email": {"typed@example.com"}},
		"/signup":              {"email": {"typed@example.com"}, "name": {"Typed Name"}},
		"/forgot-password":     {"email": {"typed@example.com"}},
		"/verify-email/resend": {"email": {"typed@example.com"}},
		"/reauth":              {"returnTo": {"/settings?typed=1"}},
		"/settings":            {"name": {"Typed Name"}},
		"/settings/email":      {"newEmail": {"typed@example.com"}},
		"/settings/security":   {},
		"/settings/delete":     {"confirm": {"typed@example.com"}},
		// part:admin
		"/admin/users/new": {"name": {"Typed Name"}, "email": {"typed@example.com"}},
		"/admin/users/" + s.idOf(t, "ada@example.com") + "/ban":   {"reason": {"Typed reason"}},
		"/admin/users/" + s.idOf(t, "ada@example.com") + "/reset": {},
		"/admin/users/selected/ban":                               {"row": {s.idOf(t, "ada@example.com")}, "reason": {"Typed reason"}},
		// end:admin
	} {
		form := url.Values{"password": {secret}, "currentPassword": {secret}, "newPassword": {secret}}
		for name, values := range typed {
			form[name] = values
		}
		for _, header := range [][]string{navigate, s.htmx(path)} {
			c := boss
			if path == "/login" || path == "/signup" {
				c = s.stranger(t)
			}
			got := c.PostForm(path, form, header...)
			expect(t, got, 429, "Retry-After", "7")
			contains(t, got, "Too many tries. Wait 7 seconds and try again.", `<form`, path)
			lacks(t, got, secret)
			for name := range typed {
				if name != "returnTo" {
					contains(t, got, typed.Get(name))
				}
			}
		}
	}
}

// part:admin,betterauth

// TestLimitedPostSaysHowLongToWait: what has no form of its own to keep is refused with a page, and what asks for JSON with
// JSON.
func TestLimitedPostSaysHowLongToWait(t *testing.T) {
	t.Parallel()
	s, limiter := limitedSite(t)
	boss := s.admin(t, "boss@example.com")
	limiter.fill()
	for _, path := range []string{"/logout", "/theme", "/reset-password", "/verify-email", "/undo-email",
		"/stop-email-change", "/settings/sessions/others"} {
		got := boss.PostForm(path, url.Values{}, navigate...)
		expect(t, got, 429, "Retry-After", "7")
		contains(t, got, "Too many tries. Wait 7 seconds and try again.")
	}
	expect(t, boss.Get("/dashboard", navigate...), 200)
	got := boss.PostJSON("/api/admin/users", map[string]string{"name": "Ada", "email": "new@example.com"})
	expect(t, got, 429, "Retry-After", "7", "Content-Type", "application/json")
}

// end:admin,betterauth
