package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/ratelimit"
	"gorm.io/gorm"
)

// part:ratelimit

const deviceCookie = "better-auth.device"

// end:ratelimit

// limitedRig is a rig with limits whose requests come from where their X-Test-From says.
func limitedRig(t testing.TB, db *gorm.DB, o auth.Options) (r *rig, refused *atomic.Int64) {
	t.Helper()
	var now atomic.Pointer[clock]
	refused = &atomic.Int64{}
	o.ClientIP = func(r *http.Request) string { return r.Header.Get("X-Test-From") }
	hear := o.OnEvent
	o.OnEvent = func(tx *gorm.DB, e auth.Event) error {
		if e.Name == "sign_in_failed" || e.Name == "password_refused" {
			refused.Add(1)
		}
		if hear == nil {
			return nil
		}
		return hear(tx, e)
	}
	o.RateLimit.Limiter = ratelimit.New(db, func() time.Time { return now.Load().Now() }) // part:ratelimit
	c := &clock{}
	c.to(time.Date(2031, 3, 1, 12, 0, 0, 0, time.UTC))
	now.Store(c)
	o.Now = c.Now
	r = newRig(t, db, o)
	r.clock = c
	c.advance(time.Millisecond)
	return r, refused
}

// part:ratelimit

func tryPassword(c *authtest.Client, email, password, from string) authtest.Answer {
	return post(c, "/sign-in/email", `{"email":"`+email+`","password":"`+password+`"}`, "X-Test-From", from)
}

// TestParallelGuessesStayWithinTheLimit: 1,000 guesses at once from 200 addresses get to the hash as often as one
// after another would, and the owner's known browser is let in all the same.
func TestParallelGuessesStayWithinTheLimit(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r, refused := limitedRig(t, db, auth.Options{})
		owner := r.browser()
		if got := post(owner, "/sign-up/email", `{"name":"Ada","email":"ada@example.com","password":"`+authtest.Password+`"}`,
			"X-Test-From", "192.0.2.1"); got.StatusCode != 200 {
			t.Fatal(got.Text)
		}
		post(owner, "/sign-out", "{}", "X-Test-From", "192.0.2.1")
		if value(owner, deviceCookie) == "" || value(owner, tokenCookie) != "" {
			t.Fatalf("after signing out the browser holds %v", owner.Cookies())
		}
		var limited, odd atomic.Int64
		browsers := make([]*authtest.Client, 200)
		for i := range browsers {
			browsers[i] = r.browser()
		}
		atOnce(1000, func(i int) {
			switch got := tryPassword(browsers[i%200], "ada@example.com", "wrong-wrong", fmt.Sprintf("198.51.100.%d", i%200)); {
			case got.StatusCode == 429 && got.Header.Get("Retry-After") != "" &&
				got.Header.Get("X-Retry-After") == got.Header.Get("Retry-After"):
				limited.Add(1)
			case got.StatusCode != 401:
				odd.Add(1)
			}
		})
		if refused.Load() != 5 || limited.Load() != 995 || odd.Load() != 0 {
			t.Errorf("%d guesses reached the hash, %d were told to wait, %d met something else; want 5, 995, 0", refused.Load(),
				limited.Load(), odd.Load())
		}
		if got := tryPassword(r.browser(), "ada@example.com", authtest.Password, "203.0.113.9"); got.StatusCode != 429 {
			t.Errorf("the right password from an unknown device meanwhile: %d", got.StatusCode)
		}
		if got := tryPassword(owner, "ada@example.com", authtest.Password, "192.0.2.1"); got.StatusCode != 200 {
			t.Errorf("the owner on a known device: %d %s", got.StatusCode, got.Text)
		}
	})
}

// TestFailuresWait: 5 are free, then each one waits longer; being told to wait does not count, success clears.
func TestFailuresWait(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r, refused := limitedRig(t, db, auth.Options{RateLimit: auth.RateLimit{Rules: []auth.RateRule{}}})
		post(r.browser(), "/sign-up/email", `{"name":"Ada","email":"ada@example.com","password":"`+authtest.Password+`"}`)
		try := func(email, password, from string, status int, retry string) {
			t.Helper()
			got := tryPassword(r.browser(), email, password, from)
			if got.StatusCode != status || got.Header.Get("Retry-After") != retry {
				t.Errorf("%s from %s: %d, Retry-After %q; want %d, %q", password, from, got.StatusCode,
					got.Header.Get("Retry-After"), status, retry)
			}
		}
		for i, spelling := range []string{"ada@example.com", "ADA@example.com", "ada@EXAMPLE.com", "Ada@Example.Com"} {
			try(spelling, "wrong-wrong", fmt.Sprintf("192.0.2.%d", i), 401, "")
		}
		try("ada@example.com", authtest.Password, "192.0.2.0", 200, "") // clears what 192.0.2.0 failed: one
		try("ada@example.com", "wrong-wrong", "192.0.2.0", 401, "")
		try("ada@example.com", "wrong-wrong", "192.0.2.9", 401, "")
		for _, wait := range []time.Duration{2, 4, 8} {
			try("ada@example.com", "wrong-wrong", "192.0.2.9", 429, fmt.Sprint(int(wait)))
			r.clock.advance(wait*time.Second - time.Millisecond)
			try("ada@example.com", authtest.Password, "192.0.2.9", 429, "1")
			r.clock.advance(time.Millisecond)
			try("ada@example.com", "wrong-wrong", "192.0.2.9", 401, "")
		}
		if n := refused.Load(); n != 9 {
			t.Errorf("%d guesses reached the hash, want 9", n)
		}
		try("nobody@example.com", "wrong-wrong", "192.0.2.9", 401, "") // another account, known or not
		r.clock.advance(16*time.Second + 15*time.Minute)
		for range 5 {
			try("ada@example.com", "wrong-wrong", "192.0.2.9", 401, "")
		}
		try("ada@example.com", "wrong-wrong", "192.0.2.9", 429, "2")
	})
}

// TestAddressesAreLimited: unsafe requests of one address or /64 to one endpoint; reads are never counted.
func TestAddressesAreLimited(t *testing.T) {
	t.Parallel()
	r, _ := limitedRig(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{})
	try := func(from string, want int) {
		t.Helper()
		if got := tryPassword(r.browser(), strings.ReplaceAll(from, ":", "x")+"@example.com", "wrong-wrong",
			from); got.StatusCode != want {
			t.Errorf("from %s: %d, want %d", from, got.StatusCode, want)
		}
	}
	for i := range 3 {
		try(fmt.Sprintf("2001:db8::%d", i), 401)
	}
	try("2001:db8::ffff:1:2:3", 429)
	try("2001:db8:0:1::1", 401)
	for range 3 {
		try("::ffff:192.0.2.1", 401)
	}
	try("192.0.2.1", 429)
	for _, path := range []string{"//api/auth/sign-in/email", "/api/auth//sign-in/email", "/api/auth/sign-in/email/",
		"/api/auth/sign-in%2femail", "/api/auth/SIGN-IN/email", "/api/auth/sign-in/email;x"} {
		if got := r.Do(http.MethodPost, path, `{}`, "Content-Type", "application/json", "X-Test-From",
			"192.0.2.1"); got.StatusCode != 404 {
			t.Errorf("%s: %d", path, got.StatusCode)
		}
	}
	n := r.statements()
	for range 200 {
		if got := r.Get("/api/auth/get-session", "X-Test-From", "192.0.2.1"); got.StatusCode != 200 {
			t.Fatalf("a read: %d", got.StatusCode)
		}
	}
	if n.reads.Load()+n.writes.Load() != 0 {
		t.Errorf("reads of a stranger cost %d statements", n.reads.Load()+n.writes.Load())
	}
	r.clock.advance(10 * time.Second)
	try("192.0.2.1", 401)
}

// TestDeviceOpensItsOwnBucketOnly: a device is known for who signed in there, and a forged one for nobody.
func TestDeviceOpensItsOwnBucketOnly(t *testing.T) {
	t.Parallel()
	r, _ := limitedRig(t, dbtest.Open(t, dbtest.SQLite(t)),
		auth.Options{RateLimit: auth.RateLimit{Rules: []auth.RateRule{}}})
	thief := r.browser()
	post(thief, "/sign-up/email", `{"name":"Eve","email":"eve@example.com","password":"`+authtest.Password+`"}`)
	r.addUser("ada@example.com", "")
	for range 5 {
		tryPassword(r.browser(), "ada@example.com", "wrong-wrong", "192.0.2.1")
	}
	if got := tryPassword(thief, "ada@example.com", "wrong-wrong", "192.0.2.2"); got.StatusCode != 429 {
		t.Errorf("with the device cookie of another account: %d", got.StatusCode)
	}
	forged := r.browser()
	hold(forged, deviceCookie, value(thief, deviceCookie)[:20]+"x")
	if got := tryPassword(forged, "ada@example.com", "wrong-wrong", "192.0.2.3"); got.StatusCode != 429 {
		t.Errorf("with a forged device cookie: %d", got.StatusCode)
	}
	stolen := r.browser()
	hold(stolen, deviceCookie, value(thief, deviceCookie))
	if got := r.who(stolen); got != "" {
		t.Errorf("a device cookie signs %s in", got)
	}
	for range 5 { // a stolen one has its own five tries, no more
		tryPassword(stolen, "eve@example.com", "wrong-wrong", "192.0.2.4")
	}
	if got := tryPassword(stolen, "eve@example.com", "wrong-wrong", "192.0.2.5"); got.StatusCode != 429 {
		t.Errorf("the sixth guess on a stolen device cookie: %d", got.StatusCode)
	}
}

// end:ratelimit

type awayLimiter struct{}

var errAway = errors.New("counters are away")

func (awayLimiter) Hit(context.Context, string, int, time.Duration) (time.Duration, error) {
	return 0, errAway
}
func (awayLimiter) Fail(context.Context, string, string, int, time.Duration) (time.Duration, error) {
	return 0, errAway
}
func (awayLimiter) Recall(context.Context, string, string, int, time.Duration) error { return errAway }
func (awayLimiter) Forgive(context.Context, string, string) error                    { return errAway }

// TestNoCountersNoTries: without its counters the door stays shut, and reads go on.
func TestNoCountersNoTries(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{RateLimit: auth.RateLimit{Limiter: awayLimiter{}}})
	wantRefusal(t, signIn(r.Client, "ada@example.com"), 503, "SERVICE_UNAVAILABLE")
	if got := r.Get("/api/auth/get-session").StatusCode; got != 200 {
		t.Errorf("a read: %d", got)
	}
}

// part:ratelimit

// TestCurrentPasswordIsLimited: whoever holds a stolen session cannot try passwords without end.
func TestCurrentPasswordIsLimited(t *testing.T) {
	t.Parallel()
	r, refused := limitedRig(t, dbtest.Open(t, dbtest.SQLite(t)),
		auth.Options{RateLimit: auth.RateLimit{Rules: []auth.RateRule{}}})
	post(r.Client, "/sign-up/email", `{"name":"Ada","email":"ada@example.com","password":"`+authtest.Password+`"}`)
	bodies := map[string]string{
		"/change-password": `{"currentPassword":"wrong-wrong","newPassword":"another-horse-2"}`,
		"/verify-password": `{"password":"wrong-wrong"}`, "/delete-user": `{"password":"wrong-wrong"}`,
	}
	for range 10 {
		for path, body := range bodies {
			post(r.Client, path, body)
		}
	}
	if n := refused.Load(); n != 5 {
		t.Errorf("%d wrong passwords were looked at, want 5", n)
	}
}

// end:ratelimit
