package web_test

// The rig of this package. Rows of a test are t.Run, so that one row can be run alone.
//
//	s := newSite(t)                                         the whole app in production, on SQLite
//	s := newSite(t, func(c *web.Config) { … })              with another Config
//	s := newSiteOn(t, db), newSiteWith(t, db, options)      on a database of dbtest.Each, with other options
//	ada, id := s.person(t, "ada@example.com")               a browser that is signed in
//	boss := s.admin(t, "boss@example.com")                  an admin's
//	got := ada.PostForm("/settings", url.Values{…})         what a form sends; Get, PostJSON, s.raw
//	expect(t, got, 303, "Location", "/login")               status and headers
//	contains(t, got, "Saved"), lacks(t, got, "password")    texts of the page
//	s.ahead.Add(int64(time.Hour))                           time passes
//	s.log.lines(t)                                          what was logged since the last call

import (
	"bufio"
	"bytes"
	"encoding/json"
	"log/slog"
	"net"
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
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/keys"
	"example.com/foyer/web"
	"example.com/foyer/web/webtest"
	"gorm.io/gorm"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// site is the whole app behind a real listener, on a database of its own.
type site struct {
	*authtest.Client // a browser without cookies
	server           *web.Server
	auth             *auth.Auth
	db               *gorm.DB
	log              *record
	mails            authtest.MailDir
	ahead            atomic.Int64 // how far the clock is, in nanoseconds
	broken           bool         // the database, or its trail, on purpose
}

// now is the site's clock.
func (s *site) now() time.Time { return database.Now().Add(time.Duration(s.ahead.Load())) }

// newSite starts a production site on SQLite. change may alter its Config.
func newSite(t testing.TB, change ...func(*web.Config)) *site {
	t.Helper()
	return newSiteOn(t, dbtest.Open(t, dbtest.SQLite(t)), change...)
}

func newSiteOn(t testing.TB, db *gorm.DB, change ...func(*web.Config)) *site {
	t.Helper()
	return newSiteWith(t, db, auth.Options{}, change...)
}

// newSiteWith is newSiteOn with the options o of internal/auth.
func newSiteWith(t testing.TB, db *gorm.DB, o auth.Options, change ...func(*web.Config)) *site {
	t.Helper()
	return newSiteOf(t, db, o, nil, change...)
}

// newSiteOf is newSiteWith with the options of parts, such as twofactor.Options.
func newSiteOf(t testing.TB, db *gorm.DB, o auth.Options, parts []any, change ...func(*web.Config)) *site {
	t.Helper()
	listener := httptest.NewUnstartedServer(nil)
	base := "http://" + listener.Listener.Addr().String()
	s := &site{Client: authtest.NewClient(t, base), db: db, log: &record{}, mails: authtest.MailDir(t.TempDir())}
	logger := slog.New(web.WithRequestID(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	o.BaseURL, o.Now, o.Logger = base, s.now, logger
	config := webtest.Config(t, db, &o)
	for _, f := range change {
		f(&config)
	}
	o.BaseURL, o.CookiePrefix = config.AppURL, web.CookiePrefix
	if o.Links == nil {
		o.Links = web.Links(config.AppURL, nil)
		o.Links = web.Links(config.AppURL, betterauth.Links(config.AppURL)) // part:betterauth
	}
	if o.Mailer == nil {
		o.Mailer = s.mails
	}
	s.server = webtest.New(t, db, config, o, parts...)
	s.auth = s.server.Auth
	s.ahead.Add(int64(time.Millisecond)) // what was cached in the millisecond of the start is not honoured
	listener.Config.Handler = s.server
	s.checkTrail(t) // part:auditchain
	listener.Start()
	t.Cleanup(listener.Close)
	return s
}

// ring is what the site seals with.
func ring(t testing.TB) *keys.Ring {
	t.Helper()
	r, err := keys.New([]string{authtest.Secret})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// stranger returns a browser that is not logged in.
func (s *site) stranger(t *testing.T) *authtest.Client {
	c := authtest.NewClient(t, s.Base)
	c.Enter = func(c *authtest.Client, page string, form url.Values) string {
		t.Helper()
		expect(t, c.PostForm(page, form), 303)
		u, err := s.auth.UserByEmail(t.Context(), form.Get("email"))
		if err != nil {
			t.Fatal(err)
		}
		return u.ID
	}
	return c
}

// person signs a user up and returns their browser and id.
func (s *site) person(t *testing.T, email string) (*authtest.Client, string) {
	t.Helper()
	c := s.stranger(t)
	id := c.SignUp(email)
	return c, id
}

// admin signs an admin up, who also has the app's own roles, and returns their browser, as holder does.
func (s *site) admin(t *testing.T, email string) *authtest.Client {
	t.Helper()
	return s.holder(t, email, append(ownRoles(), "admin")...)
}

// ownRoles are the roles of the app besides those of the template.
func ownRoles() []string {
	return slices.DeleteFunc(slices.Clone(web.Roles), func(r string) bool { return r == "user" || r == "admin" })
}

// holder signs a person up, gives them roles, and returns their browser, which has a cached copy of the session.
func (s *site) holder(t *testing.T, email string, roles ...string) *authtest.Client {
	t.Helper()
	c, id := s.person(t, email)
	if _, err := s.auth.SetRole(t.Context(), nil, id, strings.Join(roles, ",")); err != nil {
		t.Fatal(err)
	}
	contains(t, c.Get("/nav"), "Log out")
	return c
}

// close ends the database under the running site.
func (s *site) close(t *testing.T) {
	t.Helper()
	s.broken = true
	if err := database.Close(s.db); err != nil {
		t.Fatal(err)
	}
}

// raw sends one request exactly as written, which net/http's client would tidy, and returns the answer.
func (s *site) raw(t *testing.T, method, target string, header ...string) authtest.Answer {
	t.Helper()
	host := strings.TrimPrefix(s.Base, "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	var b strings.Builder
	b.WriteString(method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\nAccept: text/html\r\n")
	for i := 0; i < len(header); i += 2 {
		b.WriteString(header[i] + ": " + header[i+1] + "\r\n")
	}
	if _, err := conn.Write([]byte(b.String() + "\r\n")); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%s %s: %v", method, target, err)
	}
	defer res.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	return authtest.Answer{Response: res, Text: body.String()}
}

// cookies is what the browser would send, as a header line.
func cookies(c *authtest.Client) string {
	var pairs []string
	for _, cookie := range c.Cookies() {
		pairs = append(pairs, cookie.Name+"="+cookie.Value)
	}
	return strings.Join(pairs, "; ")
}

// credentials is the login form as typed.
func credentials(email, password string) url.Values {
	return url.Values{"email": {email}, "password": {password}, "remember": {"on"}}
}

// What the three kinds of caller send beside their request.
var (
	navigate = []string{"Accept", "text/html,application/xhtml+xml", "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode",
		"navigate", "Sec-Fetch-Dest", "document"}
	program = []string{"Accept", "application/json"}
)

// htmx is what htmx sends from the page at path.
func (s *site) htmx(path string) []string {
	return []string{
		"Accept", "text/html", "HX-Request", "true", "HX-Request-Type", "partial", "HX-Target", "div#panel", "HX-Current-URL",
		s.Base + path,
		"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "same-origin", "Sec-Fetch-Dest", "empty",
	}
}

// expect fails unless the answer has this status and, of the headers given in turn, these values; "" means absent.
func expect(t *testing.T, got authtest.Answer, status int, header ...string) {
	t.Helper()
	if got.StatusCode != status {
		t.Errorf("status %d, want %d: %.300s", got.StatusCode, status, got.Text)
	}
	for i := 0; i < len(header); i += 2 {
		if values := strings.Join(got.Header.Values(header[i]), " | "); values != header[i+1] {
			t.Errorf("%s: %q, want %q", header[i], values, header[i+1])
		}
	}
}

// contains fails unless the body contains every text. It sees through <bdi>, which isolates names.
func contains(t *testing.T, got authtest.Answer, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(withoutBDI(got.Text), withoutBDI(text)) {
			t.Errorf("%q is missing from: %s", text, got.Text)
		}
	}
}

func withoutBDI(page string) string {
	return strings.NewReplacer("<bdi>", "", "</bdi>", "").Replace(page)
}

// lacks fails if the body contains any of the texts.
func lacks(t *testing.T, got authtest.Answer, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(withoutBDI(got.Text), withoutBDI(text)) {
			t.Errorf("%q is in: %s", text, got.Text)
		}
	}
}

// record keeps what is logged.
type record struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.Write(p)
}

// text returns what was logged since the last call.
func (r *record) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.buf.Reset()
	return r.buf.String()
}

// lines returns what was logged since the last call, decoded.
func (r *record) lines(t *testing.T) (list []map[string]any) {
	t.Helper()
	for line := range strings.Lines(r.text()) {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("not one JSON value a line: %q", line)
		}
		list = append(list, v)
	}
	return list
}
