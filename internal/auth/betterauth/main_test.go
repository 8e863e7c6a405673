package betterauth_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
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

// home is the origin of every provider here that is not on https.
const home = "http://localhost:8080"

// The cookies of a provider on http.
const (
	tokenCookie  = "better-auth.session_token"
	cacheCookie  = "better-auth.session_data"
	forgetCookie = "better-auth.dont_remember"
)

// clock is a time that only the test moves.
type clock struct{ ms atomic.Int64 }

func (c *clock) Now() time.Time          { return time.UnixMilli(c.ms.Load()).UTC() }
func (c *clock) advance(d time.Duration) { c.ms.Add(d.Milliseconds()) }

// rig is a provider behind the contract, the database and the clock under it, and one browser.
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
	r.clock.ms.Store(time.Date(2031, 3, 1, 12, 0, 0, 0, time.UTC).UnixMilli())
	o.Now, o.Links = r.clock.Now, betterauth.Links(home)
	r.auth = authtest.NewOn(t, db, o)
	r.clock.advance(time.Millisecond) // a copy from the millisecond of the start is not trusted
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

// wantWho fails unless get-session answers the browser with this address, "" for null.
func (r *rig) wantWho(what string, c *authtest.Client, want string) {
	r.t.Helper()
	var v *struct{ User struct{ Email string } }
	decode(r.t, c.Get("/api/auth/get-session").Text, &v)
	got := ""
	if v != nil {
		got = v.User.Email
	}
	if got != want {
		r.t.Errorf("%s: the request is %q's, want %q", what, got, want)
	}
}

func (r *rig) count(model any) (n int64) {
	r.t.Helper()
	if err := r.db.Model(model).Count(&n).Error; err != nil {
		r.t.Fatal(err)
	}
	return n
}

// addUser makes a user by the verb and without a password, which costs no hash.
func (r *rig) addUser(email string) *auth.User {
	r.t.Helper()
	u, err := r.auth.CreateUser(r.t.Context(), nil, auth.NewUser{Name: "Test Person", Email: email})
	if err != nil {
		r.t.Fatal(err)
	}
	return u
}

// mailbox keeps the mails of a provider.
type mailbox struct {
	mu   sync.Mutex
	list []auth.Mail
}

// Enqueue implements auth.Mailer.
func (b *mailbox) Enqueue(_ context.Context, _ *gorm.DB, m auth.Mail) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.list = append(b.list, m)
	return nil
}

func (b *mailbox) all() []auth.Mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.list)
}

// post sends JSON from a page of the app.
func post(c *authtest.Client, path, body string, header ...string) authtest.Answer {
	return c.Do(http.MethodPost, "/api/auth"+path, body,
		append([]string{"Content-Type", "application/json", "Origin", home}, header...)...)
}

func signIn(c *authtest.Client, email string) authtest.Answer {
	return post(c, "/sign-in/email", `{"email":"`+email+`","password":"`+authtest.Password+`"}`)
}

// ask calls a handler without a network, so that a cookie for https arrives as any other.
func ask(wire http.Handler, method, path, body string, header ...string) *http.Response {
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	wire.ServeHTTP(w, req)
	return w.Result()
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

// wantCode checks status and code of a refusal.
func wantCode(t testing.TB, res authtest.Answer, status int, code string) {
	t.Helper()
	var v struct{ Message, Code string }
	decode(t, res.Text, &v)
	if res.StatusCode != status || v.Code != code || v.Message == "" ||
		res.Header.Get("Content-Type") != "application/json" {
		t.Errorf("got %d %s (%s), want %d %s", res.StatusCode, res.Text, res.Header.Get("Content-Type"), status, code)
	}
}

// wantRefusal is wantCode for a refusal that sets no cookie.
func wantRefusal(t testing.TB, res authtest.Answer, status int, code string) {
	t.Helper()
	wantCode(t, res, status, code)
	if len(res.Header["Set-Cookie"]) > 0 {
		t.Errorf("a refusal set cookies: %q", res.Header["Set-Cookie"])
	}
}

// linkToken is the secret of a mailed link.
func linkToken(t testing.TB, link string) string {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil || !strings.HasPrefix(link, home+"/api/auth/") {
		t.Fatalf("mailed link %q: %v", link, err)
	}
	if token := u.Query().Get("token"); token != "" {
		return token
	}
	return u.Path[strings.LastIndexByte(u.Path, '/')+1:]
}

func contains(text string, parts ...string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}
