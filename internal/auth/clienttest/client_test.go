// Package clienttest holds the official better-auth client, unmodified, against live servers. The scenarios are in
// suite; Node runs them. Without Node or the client its test skips, which under CI=true is a failure.
package clienttest

import (
	"bufio"
	"cmp"
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/betterauth"
	"example.com/foyer/internal/auth/magiclink"
	"example.com/foyer/internal/auth/twofactor"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/ratelimit"
	"example.com/foyer/web"
	"example.com/foyer/web/webtest"
	"gorm.io/gorm"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const (
	adminEmail    = "admin@example.com"
	adminPassword = "admin-password-1"
	appOrigin     = "http://localhost:3000" // trusted besides the server's own
	appScheme     = "myapp://"              // and so is a phone's app
)

// TestClient runs this folder's suite, or the one that CONFORMANCE_DIR names, on each database. What follows -args
// goes to the suite, such as parts of the names of scenarios.
func TestClient(t *testing.T) {
	dir, own := ".", true
	if other := os.Getenv("CONFORMANCE_DIR"); other != "" {
		dir, own = other, false
	}
	requireClient(t, dir)
	for _, kind := range []struct {
		name string
		url  func(testing.TB) string
	}{{"sqlite", dbtest.SQLite}, {"postgres", dbtest.Postgres}} {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel() // much of it is waiting
			run(t, dir, own, servers(t, func() *gorm.DB { return dbtest.Open(t, kind.url(t)) }))
		})
	}
}

// requireClient skips the test where it cannot run.
func requireClient(t *testing.T, dir string) {
	t.Helper()
	_, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join(dir, "node_modules", "better-auth"))
	}
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatal("Node and the client are required under CI=true, run npm ci in internal/auth/clienttest: ", err)
	default:
		t.Skip("no client, install Node and run npm ci in internal/auth/clienttest: ", err)
	}
}

// servers starts the app several times, differently configured, and returns the environment that tells a suite of it.
func servers(t *testing.T, open func() *gorm.DB) []string {
	short := start(t, open(), auth.Options{ExpiresIn: 8 * time.Second, UpdateAge: 2 * time.Second,
		CacheMaxAge: 2 * time.Second})
	verify := start(t, open(), auth.Options{
		RequireEmailVerification: true, AutoSignInAfterVerification: true, ConfirmEmailChange: true,
		ReauthAge: 2 * time.Second, // suites wait until a passkey demands a new proof // part:passkey
	}, betterauth.Options{ConfirmDeletion: true, FreshAge: 2 * time.Second})
	db := open()                                                                                                                            // part:ratelimit
	rate := start(t, db, auth.Options{RateLimit: auth.RateLimit{Limiter: ratelimit.New(db, func() time.Time { return time.Now().UTC() })}}) // part:ratelimit
	http := start(t, open(), auth.Options{CookiePrefix: web.CookiePrefix})
	https := start(t, open(), auth.Options{CookiePrefix: web.CookiePrefix, BaseURL: "https://"})
	// part:twofactor
	brief := start(t, open(), auth.Options{},
		magiclink.Options{TTL: 2 * time.Second}, // part:magiclink
		twofactor.Options{ChallengeTTL: 2 * time.Second, LockTime: 3 * time.Second, TrustTTL: 4 * time.Second})
	// end:twofactor
	main := start(t, open(), auth.Options{})
	settle(t, main.url)
	return []string{
		"BASE_URL=" + main.url, "MAIL_DIR=" + main.mails, "SHORT_URL=" + short.url,
		"VERIFY_URL=" + verify.url, "VERIFY_MAIL_DIR=" + verify.mails,
		"RATE_URL=" + rate.url, // part:ratelimit
		"APP_URL=" + http.url, "APP_MAIL_DIR=" + http.mails, "APP_PREFIX=" + web.CookiePrefix,
		"HTTPS_URL=" + https.url,
		"FACTOR_SHORT_URL=" + brief.url, "FACTOR_SHORT_MAIL_DIR=" + brief.mails, // part:twofactor
		"ADMIN_EMAIL=" + adminEmail, "ADMIN_PASSWORD=" + adminPassword,
		"APP_ORIGIN=" + appOrigin, "COOKIE_PREFIX=better-auth",
		"TOKEN_HANDLES=1",           // answers name a session by a handle, never by its credential
		"STRICT_FACTORS=1",          // what proves a user is stricter than in the original
		"ALLOW_STRICT_REVOCATION=1", // the cache does not outlive a revocation
	}
}

type instance struct{ url, mails string }

// start runs the whole app at an address of its own, with an admin whose address is verified. With a BaseURL of
// https:// it is as behind a proxy for TLS: it listens by http and believes that people come by https. parts are
// options of parts. The host is localhost, because passkeys belong to a domain.
func start(t *testing.T, db *gorm.DB, o auth.Options, parts ...any) instance {
	t.Helper()
	server := httptest.NewUnstartedServer(nil) // it listens already: the provider has to know where
	host := fmt.Sprintf("localhost:%d", server.Listener.Addr().(*net.TCPAddr).Port)
	i := instance{"http://" + host, t.TempDir()}
	o.BaseURL = cmp.Or(o.BaseURL, "http://") + host
	o.TrustedOrigins = []string{appOrigin, appScheme}
	o.AllowCommonPasswords = true // those of the suites are simple
	o.StepUp = true               // as in the app: the suites sign in a moment before
	o.Mailer, o.Links = authtest.MailDir(i.mails), betterauth.Links(o.BaseURL)
	config := webtest.Config(t, db, &o)
	for _, part := range parts {
		if wire, ok := part.(betterauth.Options); ok {
			config.API = webtest.Wire(wire)
		}
	}
	site := webtest.New(t, db, config, o, parts...)
	provider := site.Auth
	u, err := provider.CreateUser(t.Context(), nil, auth.NewUser{Name: "Admin", Email: adminEmail, Password: adminPassword,
		Role: "admin"})
	if err == nil {
		err = db.Model(u).Update("email_verified", true).Error
	}
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = site
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		provider.Run(ctx)
	}()
	server.Start()
	t.Cleanup(func() {
		server.Close()
		stop()
		<-stopped
	})
	return i
}

// settle waits until the server answers from the cache: on PostgreSQL it trusts no copy in the first seconds, which
// could be another instance's.
func settle(t *testing.T, url string) {
	t.Helper()
	c := authtest.NewClient(t, url)
	c.SignIn(adminEmail, adminPassword)
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		kept := slices.ContainsFunc(c.Cookies(), func(k *http.Cookie) bool {
			return strings.HasSuffix(k.Name, "session_data")
		})
		if len(c.Get("/api/auth/get-session").Cookies()) == 0 && kept {
			c.PostJSON("/api/auth/sign-out", struct{}{}, "Origin", url)
			return
		}
		time.Sleep(50 * time.Millisecond) // a cookie is all there is to see
	}
	t.Fatal("no session was answered from the cache")
}

// run lets a suite speak: a line for each scenario, "ok NAME" or "FAIL NAME: why", and exit status 1 after a failure.
// Our own suite's scenarios become subtests; of another the lines are printed just as they come.
func run(t *testing.T, dir string, own bool, env []string) {
	ctx := t.Context()
	if deadline, ok := t.Deadline(); ok { // a suite that hangs must not outlive the test
		var cancel func()
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-5*time.Second))
		defer cancel()
	}
	suite := exec.CommandContext(ctx, "node", append([]string{"run.mjs"}, flag.Args()...)...)
	suite.Dir, suite.Env, suite.Stderr = dir, append(os.Environ(), env...), os.Stderr
	out, err := suite.StdoutPipe()
	if err == nil {
		err = suite.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	passed := 0
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if !own {
			fmt.Println(lines.Text())
		}
		verdict, rest, _ := strings.Cut(lines.Text(), " ")
		name, why, _ := strings.Cut(rest, ": ")
		switch {
		case verdict == "ok":
			passed++
			if own {
				t.Run(name, func(*testing.T) {})
			}
		case verdict == "FAIL" && own:
			t.Run(name, func(t *testing.T) { t.Error(why) })
		case verdict == "FAIL", verdict == "skip" && os.Getenv("CI") == "true":
			t.Error(lines.Text())
		}
	}
	if ctx.Err() != nil {
		pprof.Lookup("goroutine").WriteTo(os.Stderr, 1) // what the servers wait for
	}
	if err := suite.Wait(); err != nil || lines.Err() != nil || passed == 0 {
		t.Errorf("%d scenarios passed; node: %v, its output: %v", passed, err, lines.Err())
	}
}
