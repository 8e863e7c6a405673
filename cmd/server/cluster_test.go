package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
)

// cluster is two servers on one PostgreSQL behind a proxy that gives them the requests in turn.
type cluster struct {
	t     *testing.T
	dir   string
	env   []string
	url   string // the proxy's, which is what people type
	at    [2]atomic.Pointer[running]
	turns atomic.Int64
}

func startCluster(t *testing.T) *cluster {
	c := &cluster{t: t, dir: t.TempDir()}
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		target, err := url.Parse(c.at[c.turns.Add(1)%2].Load().url)
		if err != nil {
			t.Error(err)
			return
		}
		r.SetURL(target)
		r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
		r.SetXForwarded()
	}})
	t.Cleanup(proxy.Close)
	c.url = proxy.URL
	c.env = []string{"DATABASE_URL=" + dbtest.Postgres(t), "APP_URL=" + c.url, "TRUSTED_PROXIES=127.0.0.1/32"}
	for i := range c.at {
		c.at[i].Store(start(t, c.dir, c.env...))
	}
	return c
}

// browser is one of a person who has an address of their own.
func (c *cluster) browser(n int) *authtest.Client {
	b := authtest.NewClient(c.t, c.url)
	b.Transport = from(fmt.Sprintf("203.0.113.%d", n))
	return b
}

type from string

// RoundTrip implements http.RoundTripper.
func (f from) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("X-Forwarded-For", string(f))
	return http.DefaultTransport.RoundTrip(r)
}

// call posts what the official client would.
func (c *cluster) call(b *authtest.Client, path string, v any) authtest.Answer {
	c.t.Helper()
	res := b.PostJSON("/api/auth"+path, v, "Origin", c.url)
	if res.StatusCode != http.StatusOK {
		c.t.Fatalf("POST %s: %d %s", path, res.StatusCode, res.Text)
	}
	return res
}

// ask shows the cookies that b holds now to one instance: what it says, and whether its cache did.
func (c *cluster) ask(b *authtest.Client, i int) (says string, cached bool) {
	c.t.Helper()
	copied := b.Copy()
	copied.Base = c.at[i].Load().url // another port of the same host: the cookies are the same
	res := copied.Get("/api/auth/get-session")
	if res.StatusCode != http.StatusOK {
		c.t.Fatalf("get-session: %d %s", res.StatusCode, res.Text)
	}
	return res.Text, res.Text != "null" && len(res.Header["Set-Cookie"]) == 0
}

// awaitCache returns when both instances believe the cache of somebody who signed in before.
func (c *cluster) awaitCache(b *authtest.Client) {
	c.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for i := range c.at {
		for {
			b.Get("/api/auth/get-session?disableCookieCache=true") // a fresh copy
			if _, cached := c.ask(b, i); cached {
				break
			}
			if time.Now().After(deadline) {
				c.t.Fatalf("instance %d never believes a cached copy", i)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
}

// TestCluster: what happens through one instance holds on the other with the next request, cached copies or not.
func TestCluster(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	one := c.at[0].Load()
	admin := c.browser(1)
	admin.SignIn("admin@example.com", password(t, one.output(), "admin@example.com"))
	c.awaitCache(admin)

	n := 10
	enter := func() (b, thief *authtest.Client, id, email string) {
		n++
		b, email = c.browser(n), fmt.Sprintf("user%d@example.com", n)
		id = b.SignUp(email)
		for try := 0; ; try++ {
			thief = b.Copy()
			missing := slices.IndexFunc([]int{0, 1}, func(i int) bool {
				says, cached := c.ask(thief, i)
				return !cached || !strings.Contains(says, email)
			})
			if missing < 0 {
				return b, thief, id, email
			}
			if try == 3 {
				t.Fatalf("%s is not cached on instance %d", email, missing)
			}
			c.awaitCache(b) // on a busy machine an ear misses its beat, and then no copy is believed for a while
		}
	}
	wantOut := func(what string, thief *authtest.Client) {
		t.Helper()
		for i := range c.at {
			if says, _ := c.ask(thief, i); says != "null" {
				t.Errorf("%s: the copied cookies are honoured by instance %d: %s", what, i, says)
			}
		}
	}
	acts := map[string]func(b *authtest.Client, id string){
		"sign-out": func(b *authtest.Client, _ string) { c.call(b, "/sign-out", struct{}{}) },
		"ban":      func(_ *authtest.Client, id string) { c.call(admin, "/admin/ban-user", map[string]string{"userId": id}) },
		"revoke": func(_ *authtest.Client, id string) {
			c.call(admin, "/admin/revoke-user-sessions", map[string]string{"userId": id})
		},
		"remove": func(_ *authtest.Client, id string) {
			c.call(admin, "/admin/remove-user", map[string]string{"userId": id})
		},
	}
	for range 3 { // in turns: each act meets each instance
		for what, act := range acts {
			b, thief, id, _ := enter()
			act(b, id)
			wantOut(what, thief)
		}
	}

	// A role given and taken is seen at once, and the page it opened is shut.
	b, thief, id, _ := enter()
	for _, role := range []string{"admin", "user"} {
		c.call(admin, "/admin/set-role", map[string]string{"userId": id, "role": role})
		for i := range c.at {
			if says, _ := c.ask(thief, i); !strings.Contains(says, `"role":"`+role+`"`) {
				t.Errorf("instance %d does not see the role %s: %s", i, role, says)
			}
			want := map[string]int{"admin": http.StatusOK, "user": http.StatusForbidden}[role]
			if got := b.Get("/admin").StatusCode; got != want {
				t.Errorf("/admin as %s: %d, want %d", role, got, want)
			}
		}
	}

	// part:ratelimit
	// Both count together.
	guesser := c.browser(2)
	var statuses []int
	for range 5 {
		statuses = append(statuses, guesser.PostJSON("/api/auth/sign-in/email", map[string]string{"email": "user@example.com", "password": "wrong-guess-1"}).StatusCode)
	}
	if got, want := fmt.Sprint(statuses), "[401 401 401 429 429]"; got != want {
		t.Errorf("wrong passwords through two instances: %s, want %s", got, want)
	}
	// end:ratelimit

	// An instance that loses its ear stops believing its cache before the revocation is over.
	db := dbtest.Open(t, strings.TrimPrefix(c.env[0], "DATABASE_URL="))
	for range 4 {
		b, thief, _, _ := enter()
		if err := db.Exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name LIKE 'auth listener %'`).Error; err != nil {
			t.Fatal(err)
		}
		c.call(b, "/sign-out", struct{}{})
		wantOut("sign-out without listeners", thief)
		c.awaitCache(admin)
	}

	// One is restarted; the other serves meanwhile, and the new one has not forgotten.
	b, thief, _, _ = enter()
	stays, _, _, email := enter()
	c.at[0].Store(c.at[1].Load())
	one.stop(t)
	c.call(b, "/sign-out", struct{}{})
	c.at[0].Store(start(t, c.dir, c.env...))
	wantOut("sign-out during a restart", thief)
	for i := range c.at {
		var v struct{ User struct{ Email string } }
		says, _ := c.ask(stays, i)
		if err := json.Unmarshal([]byte(says), &v); err != nil || v.User.Email != email {
			t.Errorf("instance %d after the restart: %s, %v", i, says, err)
		}
	}
}
