package twofactor_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
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
	"example.com/foyer/internal/auth/betterauth/admin"
	"example.com/foyer/internal/auth/twofactor"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// home is the origin of every provider here.
const home = "http://localhost:8080"

// Cookies.
const (
	stepCookie   = "better-auth.two_factor"
	trustCookie  = "better-auth.trust_device"
	tokenCookie  = "better-auth.session_token"
	forgetCookie = "better-auth.dont_remember"
)

// clock is a time that only the test moves.
type clock struct{ ms atomic.Int64 }

func (c *clock) Now() time.Time          { return time.UnixMilli(c.ms.Load()).UTC() }
func (c *clock) advance(d time.Duration) { c.ms.Add(d.Milliseconds()) }

// record keeps mails and events.
type record struct {
	sync.Mutex
	mails  []auth.Mail
	events []auth.Event
}

func (l *record) Enqueue(_ context.Context, _ *gorm.DB, m auth.Mail) error {
	l.Lock()
	defer l.Unlock()
	l.mails = append(l.mails, m)
	return nil
}

func (l *record) hear(_ *gorm.DB, e auth.Event) error {
	l.Lock()
	defer l.Unlock()
	l.events = append(l.events, e)
	return nil
}

// since returns the purposes of mails and the names of events after the first n of each.
func (l *record) since(mails, events int) (purposes, names []string) {
	l.Lock()
	defer l.Unlock()
	for _, m := range l.mails[mails:] {
		purposes = append(purposes, string(m.Purpose))
	}
	for _, e := range l.events[events:] {
		names = append(names, string(e.Name))
	}
	return purposes, names
}

func (l *record) length() (mails, events int) {
	l.Lock()
	defer l.Unlock()
	return len(l.mails), len(l.events)
}

// rig is a provider with second factors behind the wire, and an admin.
type rig struct {
	t      testing.TB
	auth   *auth.Auth
	factor *twofactor.Factor
	db     *gorm.DB
	clock  *clock
	log    *record
	base   string
	root   *auth.User
}

func newRig(t testing.TB, db *gorm.DB, change ...func(*auth.Options)) *rig {
	t.Helper()
	r := &rig{t: t, db: db, clock: &clock{}, log: &record{}}
	r.clock.ms.Store(time.Date(2031, 3, 1, 12, 0, 0, 0, time.UTC).UnixMilli())
	o := auth.Options{
		Now: r.clock.Now, Mailer: r.log, OnEvent: r.log.hear, Notices: true, ConfirmEmailChange: true,
	}
	for _, f := range change {
		f(&o)
	}
	r.auth = authtest.NewOn(t, db, o)
	r.clock.advance(time.Millisecond) // what was cached in the millisecond of the start is not honoured
	var err error
	r.factor, err = twofactor.New(r.auth, db, []string{authtest.Secret}, twofactor.Options{Issuer: "The App"})
	r.must(err)
	r.base = authtest.Serve(t, authtest.Wire(t, r.auth, betterauth.Options{
		Plugins: []betterauth.Plugin{r.factor.Endpoints, admin.Endpoints}, Logger: slog.New(slog.DiscardHandler),
	})).Base
	r.root, err = r.auth.CreateUser(t.Context(), nil,
		auth.NewUser{Name: "Root", Email: "root@example.com", Password: authtest.Password, Role: "admin"})
	r.must(err)
	return r
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) browser() *authtest.Client { return authtest.NewClient(r.t, r.base) }

// admin is a session of the admin.
func (r *rig) admin() *auth.Session { return authtest.SessionOf(r.t, r.auth, r.db, r.root) }

// person is a user with a second factor, and the browser that set it up.
type person struct {
	*rig
	*authtest.Client
	id, email, password string
	uri                 string
	codes               []string
}

// signUp makes a user without a factor.
func (r *rig) signUp(email string) *person {
	r.t.Helper()
	p := &person{rig: r, Client: r.browser(), email: email, password: authtest.Password}
	p.id = p.SignUp(email)
	return p
}

// enable asks for a secret.
func (p *person) enable() {
	p.t.Helper()
	var v struct {
		TotpURI     string
		BackupCodes []string
	}
	decode(p.t, wantOK(p.t, post(p.Client, "/two-factor/enable", map[string]any{"password": p.password})), &v)
	p.uri, p.codes = v.TotpURI, v.BackupCodes
}

// enrolled makes a user with a factor.
func (r *rig) enrolled(email string) *person {
	r.t.Helper()
	p := r.signUp(email)
	p.enable()
	wantOK(r.t, verify(p.Client, p.code()))
	return p
}

// code lets a step pass and returns a code that was never used.
func (p *person) code() string {
	p.clock.advance(30 * time.Second)
	return twofactor.CodeAt(p.uri, p.clock.Now().Unix())
}

// wrong returns six digits that are no code now.
func (p *person) wrong() string {
	now := p.clock.Now().Unix()
	near := []string{}
	for _, off := range []int64{-30, 0, 30} {
		near = append(near, twofactor.CodeAt(p.uri, now+off))
	}
	for _, guess := range []string{"000000", "000001", "000002", "000003"} {
		if !slices.Contains(near, guess) {
			return guess
		}
	}
	panic("four codes at a time")
}

// firstStep signs in by password and stops before the second step.
func (p *person) firstStep(c *authtest.Client) *authtest.Client {
	p.t.Helper()
	got := signIn(c, p.email, p.password)
	if got.StatusCode != 200 || got.Text != `{"twoFactorRedirect":true,"twoFactorMethods":["totp"]}` {
		p.t.Fatalf("first step: %d %s", got.StatusCode, got.Text)
	}
	return c
}

// pending is another browser between the steps.
func (p *person) pending() *authtest.Client { p.t.Helper(); return p.firstStep(p.browser()) }

// trusted is another browser, signed in and trusted.
func (p *person) trusted() *authtest.Client {
	p.t.Helper()
	c := p.pending()
	wantOK(p.t, post(c, "/two-factor/verify-totp", map[string]any{"code": p.code(), "trustDevice": true}))
	return c
}

// session returns what the store has of a browser's session.
func (p *person) session(c *authtest.Client) *auth.Session {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.base, nil)
	p.must(err)
	for _, cookie := range c.Cookies() {
		r.AddCookie(cookie)
	}
	s, err := p.auth.StoredSession(nopWriter{}, r)
	p.must(err)
	return s
}

// nopWriter drops the cookies of an answer.
type nopWriter struct{ http.ResponseWriter }

func (nopWriter) Header() http.Header { return http.Header{} }

func post(c *authtest.Client, path string, body any, header ...string) authtest.Answer {
	text, ok := body.(string)
	if !ok {
		data, err := json.Marshal(body)
		if err != nil {
			panic(err)
		}
		text = string(data)
	}
	return c.Do(http.MethodPost, "/api/auth"+path, text,
		append([]string{"Content-Type", "application/json", "Origin", home}, header...)...)
}

func signIn(c *authtest.Client, email, password string) authtest.Answer {
	return post(c, "/sign-in/email", map[string]any{"email": email, "password": password})
}

func verify(c *authtest.Client, code string) authtest.Answer {
	return post(c, "/two-factor/verify-totp", map[string]any{"code": code})
}

func recovery(c *authtest.Client, code string) authtest.Answer {
	return post(c, "/two-factor/verify-backup-code", map[string]any{"code": code})
}

func wantOK(t testing.TB, got authtest.Answer) authtest.Answer {
	t.Helper()
	if got.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s", got.Request.URL.Path, got.StatusCode, got.Text)
	}
	return got
}

func wantRefusal(t testing.TB, what string, got authtest.Answer, status int, code string) {
	t.Helper()
	var v struct{ Code string }
	decode(t, got, &v)
	if got.StatusCode != status || v.Code != code {
		t.Errorf("%s: %d %s, want %d %s", what, got.StatusCode, got.Text, status, code)
	}
	for _, c := range got.Cookies() {
		if c.Name == tokenCookie && c.MaxAge >= 0 {
			t.Errorf("%s: refused, but a session starts", what)
		}
	}
}

func decode(t testing.TB, got authtest.Answer, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(got.Text), v); err != nil {
		t.Fatalf("%d %q: %v", got.StatusCode, got.Text, err)
	}
}

// who is the address of the user of a browser's session, as the store has it; "" for none.
func who(t testing.TB, c *authtest.Client) string {
	t.Helper()
	var v *struct{ User struct{ Email string } }
	decode(t, wantOK(t, c.Get("/api/auth/get-session?disableCookieCache=true")), &v)
	if v == nil {
		return ""
	}
	return v.User.Email
}

// value is what a browser holds under a cookie's name, "" for nothing.
func value(c *authtest.Client, name string) string {
	for _, cookie := range c.Cookies() {
		if cookie.Name == name {
			return cookie.Value
		}
	}
	return ""
}

func hold(c *authtest.Client, name, value string) {
	u, _ := url.Parse(c.Base)
	c.Jar.SetCookies(u, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

// count counts the rows of a table of this package.
func (r *rig) count(table string) (n int64) {
	r.t.Helper()
	r.must(r.db.Table(table).Count(&n).Error)
	return n
}

// linkToken is the token of the newest mail of a purpose.
func (r *rig) linkToken(purpose string) string {
	r.t.Helper()
	r.log.Lock()
	defer r.log.Unlock()
	for _, m := range slices.Backward(r.log.mails) {
		if string(m.Purpose) == purpose {
			_, token, _ := strings.Cut(m.URL, "token=")
			return token
		}
	}
	r.t.Fatalf("no mail of purpose %s", purpose)
	return ""
}
