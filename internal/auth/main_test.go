package auth_test

// The rig of this package. Rows of a test are t.Run, so that one row can be run alone.
//
//	dbtest.Each(t, func(t *testing.T, db *gorm.DB) { … })   once on SQLite, once on PostgreSQL
//	r := newRig(t, db, auth.Options{…})                     a provider, its endpoints on a real listener
//	r.SignUp("ada@example.com")                             r is a browser itself; it keeps cookies
//	other := r.browser()                                    a second one, without cookies
//	post(other, "/sign-in/email", `{…}`)                    what a page of the app sends
//	r.clock.advance(time.Hour)                              time passes only so
//	r.wantWho("after the ban", other, "")                   whose request it is: an address, "" for none
//	r.auth, r.db                                            the verbs, the rows
//
// Hashes are cheap and answers are not padded: a test about cost or time begins with authtest.Costly. A test that
// measures the whole process does not call t.Parallel.

import (
	"cmp"
	"encoding/json"
	"flag"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/betterauth"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var update = flag.Bool("update", false, "rewrite the golden files")

// home is the origin of every provider here that is not on https.
const home = "http://localhost:8080"

// The cookies of a provider on http.
const (
	tokenCookie  = "better-auth.session_token"
	cacheCookie  = "better-auth.session_data"
	forgetCookie = "better-auth.dont_remember"
	adminCookie  = "better-auth.admin_session"
)

// clock is a time that only the test moves.
type clock struct{ ms atomic.Int64 }

func (c *clock) Now() time.Time          { return time.UnixMilli(c.ms.Load()).UTC() }
func (c *clock) advance(d time.Duration) { c.ms.Add(d.Milliseconds()) }
func (c *clock) to(t time.Time, d ...time.Duration) {
	for _, more := range d {
		t = t.Add(more)
	}
	c.ms.Store(t.UnixMilli())
}

// rig is a provider behind the wire, the database and the clock under it, and one browser.
type rig struct {
	*authtest.Client
	t     testing.TB
	auth  *auth.Auth
	wire  http.Handler
	db    *gorm.DB
	clock *clock
}

func newRig(t testing.TB, db *gorm.DB, o auth.Options, wire ...betterauth.Options) *rig {
	t.Helper()
	r := &rig{t: t, db: db, clock: &clock{}}
	r.clock.to(time.Date(2031, 3, 1, 12, 0, 0, 0, time.UTC))
	if o.Now == nil {
		o.Now = r.clock.Now
	}
	if o.Links == nil {
		o.Links = betterauth.Links(cmp.Or(o.BaseURL, home))
	}
	r.auth = authtest.NewOn(t, db, o)
	r.clock.advance(time.Millisecond) // what was cached in the millisecond of the start is not honoured
	r.wire = authtest.Wire(t, r.auth, wire...)
	r.Client = authtest.Serve(t, r.wire)
	return r
}

func sqliteRig(t testing.TB, o auth.Options, wire ...betterauth.Options) *rig {
	t.Helper()
	return newRig(t, dbtest.Open(t, dbtest.SQLite(t)), o, wire...)
}

// browser returns another browser, without cookies.
func (r *rig) browser() *authtest.Client { return authtest.NewClient(r.t, r.Base) }

// post sends JSON from a page of the app.
func post(c *authtest.Client, path, body string, header ...string) authtest.Answer {
	return c.Do(http.MethodPost, "/api/auth"+path, body,
		append([]string{"Content-Type", "application/json", "Origin", home}, header...)...)
}

func signIn(c *authtest.Client, email string) authtest.Answer {
	return post(c, "/sign-in/email", `{"email":"`+email+`","password":"`+authtest.Password+`"}`)
}

// who asks get-session and returns the address of the answer, "" for null.
func (r *rig) who(c *authtest.Client, header ...string) string {
	r.t.Helper()
	res := c.Get("/api/auth/get-session", header...)
	if res.StatusCode != http.StatusOK {
		r.t.Fatalf("get-session: %d %s", res.StatusCode, res.Text)
	}
	var v *struct{ User struct{ Email string } }
	decode(r.t, res.Text, &v)
	if v == nil {
		return ""
	}
	return v.User.Email
}

func (r *rig) wantWho(what string, c *authtest.Client, want string) {
	r.t.Helper()
	if got := r.who(c); got != want {
		r.t.Errorf("%s: the request is %q's, want %q", what, got, want)
	}
}

// row reads the one session in the store.
func (r *rig) row() auth.Session {
	r.t.Helper()
	var rows []auth.Session
	if err := r.db.Find(&rows).Error; err != nil || len(rows) != 1 {
		r.t.Fatalf("%d sessions in the store, error %v; want one", len(rows), err)
	}
	return rows[0]
}

func (r *rig) count(model any) (n int64) {
	r.t.Helper()
	if err := r.db.Model(model).Count(&n).Error; err != nil {
		r.t.Fatal(err)
	}
	return n
}

// addUser makes a user by the verb and without a password, which costs no hash.
func (r *rig) addUser(email, role string) *auth.User {
	r.t.Helper()
	admin := strings.Contains(role, "admin") // who counts as one once the address is proved
	u, err := r.auth.CreateUser(r.t.Context(), nil, auth.NewUser{Name: "Test Person", Email: email, Role: role,
		Verified: admin})
	if err != nil {
		r.t.Fatal(err)
	}
	return u
}

// onQuery runs fn after every read of a table, while hooked is set.
func (r *rig) onQuery(table string, fn func()) (hooked *atomic.Bool) {
	hooked = &atomic.Bool{}
	err := r.db.Callback().Query().After("gorm:query").Register("test:hook", func(tx *gorm.DB) {
		if tx.Statement.Table == table && hooked.CompareAndSwap(true, false) {
			fn()
		}
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return hooked
}

// statements counts what reaches the store.
type statements struct{ reads, writes atomic.Int64 }

func (r *rig) statements() *statements {
	n := &statements{}
	read, write := func(*gorm.DB) { n.reads.Add(1) }, func(*gorm.DB) { n.writes.Add(1) }
	c := r.db.Callback()
	for _, err := range []error{
		c.Query().Before("gorm:query").Register("test:count", read), c.Row().Before("gorm:row").Register("test:count", read),
		c.Create().Before("gorm:create").Register("test:count", write),
		c.Update().Before("gorm:update").Register("test:count", write),
		c.Delete().Before("gorm:delete").Register("test:count", write),
		c.Raw().Before("gorm:raw").Register("test:count", write),
	} {
		if err != nil {
			r.t.Fatal(err)
		}
	}
	return n
}

// value is what the browser holds under a cookie name, "" where it holds nothing.
func value(c *authtest.Client, name string) string {
	for _, cookie := range c.Cookies() {
		if cookie.Name == name {
			return cookie.Value
		}
	}
	return ""
}

// hold puts a cookie into the browser.
func hold(c *authtest.Client, name, value string) {
	u, _ := url.Parse(c.Base)
	c.Jar.SetCookies(u, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

var cookieValue = regexp.MustCompile(`=[^;]+; Path`)

// setCookies is what an answer sets, values masked as V.
func setCookies(h http.Header) []string {
	var lines []string
	for _, line := range h["Set-Cookie"] {
		lines = append(lines, cookieValue.ReplaceAllString(line, "=V; Path"))
	}
	return lines
}

func decode(t testing.TB, text string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
}

func readAnswer(t testing.TB, res *http.Response, v any) {
	t.Helper()
	if err := json.NewDecoder(res.Body).Decode(v); err != nil {
		t.Fatal(err)
	}
}

// wantRefusal checks status and code, and that a refusal sets no cookie.
func wantRefusal(t testing.TB, res authtest.Answer, status int, code string) {
	t.Helper()
	var v struct{ Message, Code string }
	decode(t, res.Text, &v)
	if res.StatusCode != status || v.Code != code || v.Message == "" ||
		res.Header.Get("Content-Type") != "application/json" {
		t.Errorf("got %d %s (%s), want %d %s", res.StatusCode, res.Text, res.Header.Get("Content-Type"), status, code)
	}
	if len(res.Header["Set-Cookie"]) > 0 {
		t.Errorf("a refusal set cookies: %q", res.Header["Set-Cookie"])
	}
}

// atOnce runs n calls of fn side by side.
func atOnce(n int, fn func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			fn(i)
		})
	}
	close(start)
	wg.Wait()
}

func contains(text string, parts ...string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}

// refusalsInto is an Options.OnEvent that lists the names and details of what is refused.
func refusalsInto(told *[]string) func(*gorm.DB, auth.Event) error {
	return func(_ *gorm.DB, e auth.Event) error {
		if e.Refused {
			*told = append(*told, string(e.Name)+" "+e.Detail)
		}
		return nil
	}
}
