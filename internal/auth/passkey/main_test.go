package passkey_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
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
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/auth/passkey"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const (
	home        = "http://localhost:8080"
	tokenCookie = "better-auth.session_token"
	askedCookie = "better-auth.better-auth-passkey"
)

// rig is a provider with passkeys behind the contract, and one browser.
type rig struct {
	*authtest.Client
	t     testing.TB
	auth  *auth.Auth
	keys  *passkey.Passkeys
	db    *gorm.DB
	now   atomic.Int64
	mu    sync.Mutex
	mails []auth.Mail
	seen  []auth.Event
}

func newRig(t testing.TB, db *gorm.DB, o auth.Options, p passkey.Options) *rig {
	t.Helper()
	r := &rig{t: t, db: db}
	r.now.Store(time.Date(2031, 3, 1, 12, 0, 0, 0, time.UTC).UnixMilli())
	o.Now = func() time.Time { return time.UnixMilli(r.now.Load()).UTC() }
	o.Mailer, o.Notices = r, true
	o.OnEvent = func(_ *gorm.DB, e auth.Event) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.seen = append(r.seen, e)
		return nil
	}
	if p.BaseURL == "" {
		p.BaseURL = home
	}
	p.AppName, o.BaseURL, o.TrustedOrigins = "Quill", p.BaseURL, p.Origins
	wire := betterauth.Links(p.BaseURL)
	o.Links = func(purpose letter.Purpose, token, callbackURL string) string {
		if purpose == letter.UndoEmailChange { // a page, not a link of the contract
			return p.BaseURL + "/undo-email?token=" + token
		}
		return wire(purpose, token, callbackURL)
	}
	r.auth = authtest.NewOn(t, db, o)
	var err error
	if r.keys, err = passkey.New(r.auth, db, []string{authtest.Secret}, p); err != nil {
		t.Fatal(err)
	}
	r.advance(time.Millisecond) // a copy from the millisecond of the start is not trusted
	r.Client = authtest.Serve(t, authtest.Wire(t, r.auth, betterauth.Options{
		Plugins: []betterauth.Plugin{
			r.keys.Endpoints,
			admin.Endpoints, // part:admin
		},
	}))
	return r
}

func sqliteRig(t testing.TB) *rig {
	return newRig(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{}, passkey.Options{})
}

// Enqueue implements auth.Mailer.
func (r *rig) Enqueue(_ context.Context, _ *gorm.DB, m auth.Mail) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mails = append(r.mails, m)
	return nil
}

func (r *rig) advance(d time.Duration) { r.now.Add(d.Milliseconds()) }

func (r *rig) browser() *authtest.Client { return authtest.NewClient(r.t, r.Base) }

// mailed reports how many mails of a purpose went out.
func (r *rig) mailed(p letter.Purpose) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.mails {
		if m.Purpose == p {
			n++
		}
	}
	return n
}

// recorded reports whether an event of a user was recorded.
func (r *rig) recorded(name event.Name, userID string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.seen, func(e auth.Event) bool { return e.Name == name && e.SubjectID == userID })
}

func post(c *authtest.Client, path, body string, header ...string) authtest.Answer {
	return c.Do(http.MethodPost, "/api/auth"+path, body,
		append([]string{"Content-Type", "application/json", "Origin", home}, header...)...)
}

// options asks for a challenge: "register" or "authenticate".
func options(t testing.TB, c *authtest.Client, ceremony string) string {
	t.Helper()
	got := c.Get("/api/auth/passkey/generate-" + ceremony + "-options")
	if got.StatusCode != http.StatusOK {
		t.Fatalf("%s options: %d %s", ceremony, got.StatusCode, got.Text)
	}
	return got.Text
}

func (r *rig) device() *authtest.Authenticator { return authtest.NewAuthenticator(r.t, home) }

// register adds a passkey to the account that is signed in.
func (r *rig) register(
	c *authtest.Client, d *authtest.Authenticator, lies ...func(*authtest.Claim),
) authtest.Answer {
	r.t.Helper()
	return post(c, "/passkey/verify-registration", `{"response":`+d.Register(options(r.t, c, "register"), lies...)+`}`)
}

// enter signs in with a passkey.
func (r *rig) enter(c *authtest.Client, d *authtest.Authenticator, lies ...func(*authtest.Claim)) authtest.Answer {
	r.t.Helper()
	return post(c, "/passkey/verify-authentication", `{"response":`+d.Prove(options(r.t, c, "authenticate"), lies...)+`}`)
}

// withKey signs a user up and adds a passkey.
func (r *rig) withKey(email string) (c *authtest.Client, userID string, d *authtest.Authenticator) {
	r.t.Helper()
	c, d = r.browser(), r.device()
	userID = c.SignUp(email)
	wantOK(r.t, "a passkey of "+email, r.register(c, d))
	return c, userID, d
}

func (r *rig) list(userID string) []passkey.Passkey {
	r.t.Helper()
	list, err := r.keys.List(r.t.Context(), userID)
	if err != nil {
		r.t.Fatal(err)
	}
	return list
}

func (r *rig) wantKeys(what, userID string, want int) {
	r.t.Helper()
	if got := len(r.list(userID)); got != want {
		r.t.Errorf("%s: %d passkeys, want %d", what, got, want)
	}
}

func (r *rig) wantWho(what string, c *authtest.Client, want string) {
	r.t.Helper()
	var v *struct{ User struct{ Email string } }
	decode(r.t, c.Get("/api/auth/get-session?disableCookieCache=true").Text, &v)
	got := ""
	if v != nil {
		got = v.User.Email
	}
	if got != want {
		r.t.Errorf("%s: the request is %q's, want %q", what, got, want)
	}
}

// wantNoEntry checks a refusal, and that the browser has no session.
func (r *rig) wantNoEntry(what string, c *authtest.Client, got authtest.Answer, status int, code string) {
	r.t.Helper()
	wantRefusal(r.t, what, got, status, code)
	if value(c, tokenCookie) != "" {
		r.t.Errorf("%s: a session started", what)
	}
}

func wantOK(t testing.TB, what string, got authtest.Answer) {
	t.Helper()
	if got.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s", what, got.StatusCode, got.Text)
	}
}

func wantRefusal(t testing.TB, what string, got authtest.Answer, status int, code string) {
	t.Helper()
	var v struct{ Message, Code string }
	decode(t, got.Text, &v)
	if got.StatusCode != status || v.Code != code || v.Message == "" {
		t.Errorf("%s: got %d %s, want %d %s", what, got.StatusCode, got.Text, status, code)
	}
}

func decode(t testing.TB, text string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
}

func value(c *authtest.Client, name string) string {
	for _, cookie := range c.Cookies() {
		if cookie.Name == name {
			return cookie.Value
		}
	}
	return ""
}

// token is the secret of the last mailed link of a purpose.
func (r *rig) token(p letter.Purpose) string {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range slices.Backward(r.mails) {
		if m.Purpose != p {
			continue
		}
		if _, token, ok := strings.Cut(m.URL, "token="); ok {
			token, _, _ = strings.Cut(token, "&")
			return token
		}
		path, _, _ := strings.Cut(m.URL, "?")
		return path[strings.LastIndexByte(path, '/')+1:]
	}
	r.t.Fatalf("no mail of purpose %s", p)
	return ""
}

// request is one of the browser to a verb, outside the contract.
func (r *rig) request(c *authtest.Client) *http.Request {
	req := httptest.NewRequestWithContext(r.t.Context(), http.MethodPost, home, nil)
	for _, cookie := range c.Cookies() {
		req.AddCookie(cookie)
	}
	return req
}

// stored returns the session of a browser, and a request that presents it.
func (r *rig) stored(c *authtest.Client) (*auth.Session, *http.Request) {
	r.t.Helper()
	req := r.request(c)
	s, err := r.auth.StoredSession(httptest.NewRecorder(), req)
	if err != nil || s == nil {
		r.t.Fatal("no session: ", err)
	}
	return s, req
}

// reauthenticate proves the user of a browser's session again. The browser keeps its old cookies.
func (r *rig) reauthenticate(c *authtest.Client, d *authtest.Authenticator) (*auth.Session, error) {
	r.t.Helper()
	response := d.Prove(options(r.t, c, "authenticate"))
	s, req := r.stored(c)
	return r.keys.Reauthenticate(httptest.NewRecorder(), req, s, []byte(response))
}

// code is that of a refusal, "" for none.
func code(err error) string {
	if e := errs.Of(err); e != nil {
		return e.Code
	}
	return ""
}
