package magiclink_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/betterauth"
	"example.com/foyer/internal/auth/magiclink"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const home = "http://localhost:8080"

// clock is a time that only the test moves.
type clock struct{ ms atomic.Int64 }

func (c *clock) Now() time.Time          { return time.UnixMilli(c.ms.Load()).UTC() }
func (c *clock) advance(d time.Duration) { c.ms.Add(d.Milliseconds()) }

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

// rig is a provider with magic links behind the contract, the database, the mails and the clock under it, and one
// browser.
type rig struct {
	*authtest.Client
	t      testing.TB
	auth   *auth.Auth
	magic  *magiclink.MagicLink
	db     *gorm.DB
	clock  *clock
	box    *mailbox
	mu     sync.Mutex
	events []auth.Event
}

// hear keeps an event.
func (r *rig) hear(_ *gorm.DB, e auth.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
	return nil
}

// newRig makes one. hooks are those of another part.
func newRig(t testing.TB, db *gorm.DB, o auth.Options, hooks ...auth.Hooks) *rig {
	t.Helper()
	r := &rig{t: t, db: db, clock: &clock{}, box: &mailbox{}}
	r.clock.ms.Store(time.Date(2031, 3, 1, 12, 0, 0, 0, time.UTC).UnixMilli())
	o.Now, o.Mailer, o.Links, o.OnEvent = r.clock.Now, r.box, betterauth.Links(home), r.hear
	r.auth = authtest.NewOn(t, db, o)
	for _, h := range hooks {
		r.auth.Join(h)
	}
	var err error
	if r.magic, err = magiclink.New(r.auth, db, []string{authtest.Secret}, magiclink.Options{}); err != nil {
		t.Fatal(err)
	}
	r.clock.advance(time.Millisecond) // a copy from the millisecond of the start is not trusted
	r.Client = authtest.Serve(t, authtest.Wire(t, r.auth, betterauth.Options{
		Plugins: []betterauth.Plugin{r.magic.Endpoints}, SecondStepPage: "/step",
	}))
	return r
}

func sqliteRig(t testing.TB, o auth.Options) *rig {
	t.Helper()
	return newRig(t, dbtest.Open(t, dbtest.SQLite(t)), o)
}

// browser returns another browser, without cookies.
func (r *rig) browser() *authtest.Client { return authtest.NewClient(r.t, r.Base) }

// addUser makes a verified user with the usual password.
func (r *rig) addUser(email string) *auth.User {
	r.t.Helper()
	in := auth.NewUser{Name: "Test Person", Email: email, Password: authtest.Password, Verified: true}
	u, err := r.auth.CreateUser(r.t.Context(), nil, in)
	if err != nil {
		r.t.Fatal(err)
	}
	return u
}

// ask asks for a mail, and returns it.
func (r *rig) ask(email string) auth.Mail {
	r.t.Helper()
	r.askOnly(email)
	m := r.last()
	if m.Code == "" {
		r.t.Fatalf("%s: no mail with a code", email)
	}
	return m
}

// last is the last mail.
func (r *rig) last() (m auth.Mail) {
	r.box.mu.Lock()
	defer r.box.mu.Unlock()
	if n := len(r.box.list); n > 0 {
		m = r.box.list[n-1]
	}
	return m
}

func (r *rig) askOnly(email string) {
	r.t.Helper()
	want(r.t, post(r.browser(), "/sign-in/magic-link", map[string]string{"email": email}), 200, "")
}

// mails is how many mails have been sent.
func (r *rig) mails() int {
	r.box.mu.Lock()
	defer r.box.mu.Unlock()
	return len(r.box.list)
}

// post sends JSON from a page of the app.
func post(c *authtest.Client, path string, body map[string]string) authtest.Answer {
	return c.PostJSON("/api/auth"+path, body, "Origin", home)
}

func enter(c *authtest.Client, email, code string) authtest.Answer {
	return post(c, "/sign-in/email-otp", map[string]string{"email": email, "otp": code})
}

func follow(c *authtest.Client, m auth.Mail) authtest.Answer {
	return c.Get(strings.TrimPrefix(m.URL, home))
}

func tokenOf(m auth.Mail) string {
	u, _ := url.Parse(m.URL)
	return u.Query().Get("token")
}

// wrong is a code that is not the mailed one.
func wrong(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

// want checks status and code of an answer.
func want(t testing.TB, got authtest.Answer, status int, code string) {
	t.Helper()
	var v struct{ Code string }
	if got.Text != "" {
		if err := json.Unmarshal([]byte(got.Text), &v); err != nil {
			t.Fatalf("%v in %q", err, got.Text)
		}
	}
	if got.StatusCode != status || v.Code != code {
		t.Errorf("got %d %s, want %d %s", got.StatusCode, got.Text, status, code)
	}
}

// wantTo checks a redirect.
func wantTo(t testing.TB, got authtest.Answer, to string) {
	t.Helper()
	if got.StatusCode != http.StatusFound || got.Header.Get("Location") != to {
		t.Errorf("got %d to %q, want %q", got.StatusCode, got.Header.Get("Location"), to)
	}
}

// who is the address of a browser's user, "" for none.
func (r *rig) who(c *authtest.Client) string {
	r.t.Helper()
	var v *struct{ User struct{ Email string } }
	if err := json.Unmarshal([]byte(c.Get("/api/auth/get-session?disableCookieCache=true").Text), &v); err != nil {
		r.t.Fatal(err)
	}
	if v == nil {
		return ""
	}
	return v.User.Email
}

func (r *rig) wantWho(c *authtest.Client, want string) {
	r.t.Helper()
	if got := r.who(c); got != want {
		r.t.Errorf("the request is %q's, want %q", got, want)
	}
}
