package browser

import (
	"context"
	"log/slog"
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
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/web"
	"example.com/foyer/web/webtest"
	"github.com/chromedp/chromedp"
	"gorm.io/gorm"
)

// site is the whole app on a fresh SQLite database, with a clock that can be put forward.
type site struct {
	URL   string
	auth  *auth.Auth
	app   *web.Server
	db    *gorm.DB
	ahead atomic.Int64 // how far the clock is, in nanoseconds

	failure atomic.Pointer[failure] // of every request of htmx

	mu     sync.Mutex
	counts map[string]int           // requests by "METHOD /path"
	gates  map[string]chan struct{} // requests that wait until the channel is closed
}

// newSite starts one; change may turn its auth.Options into something else.
func newSite(t *testing.T, change ...func(*auth.Options, *gorm.DB)) *site {
	t.Helper()
	required(t, shell)
	s := &site{counts: map[string]int{}, gates: map[string]chan struct{}{}}
	server := httptest.NewUnstartedServer(s)
	s.URL = "http://" + server.Listener.Addr().String()
	s.URL = strings.Replace(s.URL, "127.0.0.1", "localhost", 1) // a name, which passkeys need // part:passkey
	db := dbtest.Open(t, dbtest.SQLite(t))
	options := auth.Options{BaseURL: s.URL, Now: s.now, Links: web.Links(s.URL, nil),
		Logger: slog.New(slog.DiscardHandler)}
	config := webtest.Config(t, db, &options)
	config.Development, config.Ready = true, func(context.Context) error { return errAway }
	options.Mailer = config.Mails
	for _, f := range change {
		f(&options, db)
	}
	s.db = db
	s.app = webtest.New(t, db, config, options)
	s.auth = s.app.Auth
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.ServeHTTP(w, r)
		if how := s.failure.Load(); how != nil && r.Header.Get("HX-Request") != "" {
			how.serve(s.app, w, r)
			return
		}
		s.app.ServeHTTP(w, r)
	})
	server.Start()
	t.Cleanup(server.Close)
	return s
}

// now is the site's clock.
func (s *site) now() time.Time { return database.Now().Add(time.Duration(s.ahead.Load())) }

// ServeHTTP counts a request and holds it at its gate.
func (s *site) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	key := r.Method + " " + r.URL.Path
	s.mu.Lock()
	s.counts[key]++
	gate := s.gates[key]
	s.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-r.Context().Done():
		}
	}
}

// count is how many requests of this "METHOD /path" came in.
func (s *site) count(key string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[key]
}

// await waits until n requests of this "METHOD /path" came in from a page that stays.
func (s *site) await(b *tab, key string, n int) {
	b.Helper()
	for deadline := time.Now().Add(patience); s.count(key) < n; {
		if time.Now().After(deadline) {
			b.Fatalf("%d of %s came in, want %d", s.count(key), key, n)
		}
		eval[bool](b, nextFrame)
	}
}

// requests lists what came in, once for each time.
func (s *site) requests() (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, n := range s.counts {
		list = append(list, slices.Repeat([]string{key}, n)...)
	}
	slices.Sort(list)
	return list
}

// hold makes requests of this "METHOD /path" wait until the returned function is called.
func (s *site) hold(key string) (release func()) {
	gate := make(chan struct{})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gates[key] = gate
	return sync.OnceFunc(func() { close(gate) })
}

// addUser makes a user without a browser.
func (s *site) addUser(t *testing.T, name, email, role string) {
	t.Helper()
	if _, err := s.auth.CreateUser(t.Context(), nil, auth.NewUser{Name: name, Email: email, Password: authtest.Password,
		Role: role}); err != nil {
		t.Fatal(err)
	}
}

// mailReset lets a user ask for a link to choose a new password.
func (s *site) mailReset(t *testing.T, email string) {
	t.Helper()
	res := authtest.NewClient(t, s.URL).PostJSON("/api/auth/request-password-reset",
		map[string]string{"email": email, "redirectTo": "/reset-password"})
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", res.StatusCode, res.Text)
	}
}

// submit presses the main button of a form.
var submit = chromedp.Click(chromedp.CSS("form .primary"))

// logOut opens the menu of the corner that knows the visitor and presses its button.
func (b *tab) logOut() {
	b.Helper()
	b.do(chromedp.Click(chromedp.CSS("#account > button")))
	b.leave("log out", chromedp.Click(chromedp.CSS(`#account form[action="/logout"] button`)))
}

// logIn goes in by the form.
func (b *tab) logIn(email string) {
	b.Helper()
	b.open("/login")
	b.fill("email", email, "password", authtest.Password)
	b.leave("log in", submit)
	b.wantPath("/dashboard")
}

// signUp makes an account by the form.
func (b *tab) signUp(name, email string) {
	b.Helper()
	b.open("/signup")
	b.fill("name", name, "email", email, "password", authtest.Password)
	b.leave("sign up", submit)
	b.wantPath("/dashboard")
}
