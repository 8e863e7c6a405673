package web_test

import (
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/directory"
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/ratelimit"
	"example.com/foyer/web"
)

const (
	maxHeader = 3500 // nginx takes 4 KB as it comes, and answers 502 beyond
	maxCache  = 1536
	maxCookie = 512
)

// measured hands requests to https://app.example over to the test's server, as a TLS proxy does, and measures what
// comes back.
type measured struct {
	t       *testing.T
	to      string
	chosen  string         // what the client itself asked to have in Location
	largest map[string]int // cookie → bytes with name and attributes, "" → a whole header
	setters []string       // method and path of what has set cookies
}

func measure(t *testing.T, s *site) *measured {
	return &measured{t: t, to: strings.TrimPrefix(s.Base, "http://"), largest: map[string]int{}}
}

// browser returns a browser that measures the headers of its answers.
func (m *measured) browser() *authtest.Client {
	b := authtest.NewClient(m.t, "https://app.example")
	b.Transport = m
	return b
}

// RoundTrip implements http.RoundTripper.
func (m *measured) RoundTrip(r *http.Request) (*http.Response, error) {
	what := r.Method + " " + r.URL.Path
	r = r.Clone(r.Context())
	r.Host, r.URL.Scheme, r.URL.Host = r.URL.Host, "http", m.to
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	head, err := httputil.DumpResponse(res, false)
	if err != nil {
		return nil, err
	}
	size := len(head) + len("Content-Encoding: gzip\r\n") // the transport has unpacked it
	if to := res.Header.Get("Location") + res.Header.Get("HX-Redirect"); m.chosen != "" && strings.Contains(to, m.chosen) {
		size -= len(m.chosen)
	}
	m.check("", size, maxHeader, what+"\n"+string(head))
	for _, line := range res.Header["Set-Cookie"] {
		m.setters = append(m.setters, what)
		name, _, _ := strings.Cut(line, "=")
		limit := maxCookie
		if name == hostCookie+"session_data" {
			limit = maxCache
		}
		m.check(name, len(line), limit, what+": "+line)
	}
	return res, nil
}

func (m *measured) check(name string, size, limit int, what string) {
	m.largest[name] = max(m.largest[name], size)
	if size > limit {
		m.t.Errorf("%s has %d bytes, want %d at most: %.600s", name, size, limit, what)
	}
}

// longest is an address as long as may be; where odd, of signs that take three bytes in a cookie.
func longest(n int, odd bool) string {
	sign := "a"
	if odd {
		sign = "+"
	}
	local := strings.Repeat(sign, 61) + fmt.Sprintf("%03d", n)
	domain := strings.Repeat(strings.Repeat("d", 60)+".", 3) + "example"
	return local + "@" + domain[:254-len(local)-1]
}

// part:betterauth,ratelimit

// resident is an admin at a browser that more people have signed in at than it is known for. All have one profile.
type resident struct {
	*site
	*measured
	t             *testing.T
	browser       *authtest.Client
	name, picture string
	remember      string
	others        []string // ids
}

// end:betterauth,ratelimit

var (
	longName   = strings.Repeat("🦫", 200)
	residentAt = longest(0, true) // part:betterauth,ratelimit

	mailedToken  = regexp.MustCompile(`(?:token=|reset-password/)([\w-]{43})`)               // part:betterauth,ratelimit
	endpointLine = regexp.MustCompile(`(?:\{Method: |\t)(get|post)(?:, Path: |\()"([^"]+)"`) // part:betterauth
)

// part:betterauth,ratelimit

// picture is an address of n bytes.
func picture(n int) string {
	const start = "https://app.example/"
	return start + strings.Repeat("i", n-len(start))
}

func newResident(t *testing.T) *resident {
	t.Helper()
	db := dbtest.Open(t, dbtest.SQLite(t))
	s := newSiteWith(t, db, auth.Options{
		RateLimit: auth.RateLimit{
			Limiter: ratelimit.New(db, database.Now), Rules: []auth.RateRule{}, MailsPerHour: 10000, FreeFailures: 10000,
		},
	}, func(c *web.Config) { c.AppURL = "https://app.example" })
	m := measure(t, s)
	r := &resident{site: s, measured: m, t: t, browser: m.browser(), name: longName, picture: picture(2048)}
	for i := range 5 {
		r.others = append(r.others, r.signUp(longest(i+1, i%2 == 0)))
	}
	return r
}

func (r *resident) signUp(email string) (id string) {
	r.t.Helper()
	in := map[string]string{"name": r.name, "email": email, "password": authtest.Password, "image": r.picture}
	expect(r.t, r.browser.PostJSON("/api/auth/sign-up/email", in, "Origin", r.browser.Base), 200)
	users, _, err := r.auth.Users(r.t.Context(), directory.Query{Text: email, Limit: 1})
	if err != nil || len(users) != 1 {
		r.t.Fatal(len(users), err)
	}
	return users[0].ID
}

// dress gives every user a profile. The answer about an impersonation is longer, so its picture is shorter.
func (r *resident) dress(name string, size int) {
	r.t.Helper()
	r.name, r.picture = name, picture(size)
	const change = "UPDATE users SET name = ?, image = ? WHERE (id = ?) = ?"
	for acted, image := range map[bool]string{false: r.picture, true: picture(max(size-32, 24))} {
		if err := r.db.Exec(change, name, image, r.others[0], acted).Error; err != nil {
			r.t.Fatal(err)
		}
	}
}

// enter logs in by the form, where what was done before has ended the session or the account.
func (r *resident) enter() {
	r.t.Helper()
	form := url.Values{"email": {residentAt}, "password": {authtest.Password}, "remember": {r.remember}}
	r.browser.PostForm("/logout", nil)
	if r.browser.PostForm("/login", form).StatusCode == http.StatusSeeOther {
		return
	}
	id := r.signUp(residentAt)
	if _, err := r.auth.SetRole(r.t.Context(), nil, id, "admin"); err != nil {
		r.t.Fatal(err)
	}
	r.browser.PostForm("/logout", nil)
	expect(r.t, r.browser.PostForm("/login", form), 303)
}

// as makes sure that the browser is logged in as the resident or impersonates a user, with an expired cached session.
func (r *resident) as(acting bool) {
	r.t.Helper()
	got := r.browser.Get("/api/auth/get-session").Text
	is := strings.Contains(got, `"impersonatedBy":"`)
	if !strings.Contains(got, residentAt) && !is || is != acting {
		r.enter()
		if acting {
			expect(r.t, r.browser.PostForm("/admin/users/"+r.others[0]+"/impersonate", nil), 303)
		}
	}
	r.browser.Forget("session_data")
}

// other is a user to act on.
func (r *resident) other() string {
	r.t.Helper()
	last := len(r.others) - 1
	if u, err := r.auth.User(r.t.Context(), r.others[last]); err == nil && !u.Banned {
		return u.ID
	}
	in := auth.NewUser{Name: longName, Email: longest(len(r.others)+1, false), Password: authtest.Password}
	u, err := r.auth.CreateUser(r.t.Context(), nil, in)
	if err != nil {
		r.t.Fatal(err)
	}
	r.others = append(r.others, u.ID)
	return u.ID
}

// token is that of the last mail, "x" where there was none.
func (r *resident) token() string {
	names, err := filepath.Glob(filepath.Join(string(r.mails), "*.json"))
	if err != nil {
		r.t.Fatal(err)
	}
	slices.Sort(names)
	for _, name := range slices.Backward(names) {
		data, err := os.ReadFile(name)
		if err != nil {
			r.t.Fatal(err)
		}
		if found := mailedToken.FindSubmatch(data); found != nil {
			return string(found[1])
		}
	}
	return "x"
}

// typed is a sensible value for every field there is.
func (r *resident) typed() map[string]string {
	return map[string]string{
		"email": residentAt, "password": authtest.Password, "currentPassword": authtest.Password,
		"newPassword": authtest.Password,
		"name":        r.name, "image": r.picture, "newEmail": longest(999, true), "theme": "dark", "role": "user",
		"userId": r.other(),
		"token":  r.token(), "returnTo": r.chosen, "callbackURL": r.chosen, "redirectTo": r.chosen, "reason": longName,
		"banReason": longName,
	}
}

// doors lists every route of the app and every endpoint of the provider, as method and path. The provider's table is
// private: its source names them.
func (r *resident) doors() (doors [][2]string) {
	r.t.Helper()
	for _, route := range r.server.Routes() {
		if route.Path != "/api/auth/*" {
			doors = append(doors, [2]string{route.Method, route.Path})
		}
	}
	routes := len(doors)
	for _, e := range endpoints(r.t) {
		doors = append(doors, [2]string{e[0], "/api/auth" + e[1]})
	}
	if n := len(doors) - routes; n < 40 {
		r.t.Fatalf("%d endpoints found", n)
	}
	return doors
}

// end:betterauth,ratelimit

// part:betterauth

// endpoints lists the endpoints of /api/auth, as method and path. The table of admin leaves out /admin/.
func endpoints(t *testing.T) (list [][2]string) {
	t.Helper()
	for _, name := range sources(t, "../internal/auth/betterauth/*.go", "../internal/auth/betterauth/admin/*.go") {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range endpointLine.FindAllStringSubmatch(string(source), -1) {
			path := found[2]
			if !strings.HasPrefix(path, "/") {
				path = "/admin/" + path
			}
			list = append(list, [2]string{strings.ToUpper(found[1]), path})
		}
	}
	return list
}

func sources(t *testing.T, patterns ...string) (names []string) {
	t.Helper()
	for _, pattern := range patterns {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	return names
}

// end:betterauth

// part:betterauth,ratelimit

// actions are the actions on a user, as the user's page offers them.
func (r *resident) actions() (actions []string) {
	r.t.Helper()
	page := "/admin/users/" + r.other()
	for _, found := range regexp.MustCompile(page+`/(\w+)"`).FindAllStringSubmatch(r.browser.Get(page,
		navigate...).Text, -1) {
		actions = append(actions, found[1])
	}
	if len(actions) < 6 {
		r.t.Fatalf("actions %v", actions)
	}
	return actions
}

// everyDoor opens, sends and calls everything there is.
func (r *resident) everyDoor(acting bool) {
	r.as(false)
	actions := r.actions()
	for _, door := range r.doors() {
		if !strings.Contains(door[1], ":action") {
			r.open(acting, door[0], door[1])
			continue
		}
		for _, action := range actions {
			r.open(acting, door[0], strings.Replace(door[1], ":action", action, 1))
		}
	}
}

// open uses a route: it reads a page three times, once by htmx, and fills in a form.
func (r *resident) open(acting bool, method, path string) {
	r.as(acting)
	in := r.typed()
	form := url.Values{}
	for name, value := range in {
		form.Set(name, value)
	}
	path = strings.NewReplacer(
		":id", in["userId"], "{token}", in["token"], "{provider}", "github", "*", "app.css",
	).Replace(path)
	if method == http.MethodGet {
		query := "?" + url.Values{
			"q": {longName[:200]}, "token": {in["token"]}, "returnTo": {r.chosen}, "callbackURL": {r.chosen},
		}.Encode()
		r.browser.Get(path, navigate...)
		r.as(acting)
		r.browser.Get(path+query, navigate...)
		r.as(acting)
		r.browser.Get(path+query, "HX-Request", "true", "HX-Request-Type", "partial")
		return
	}
	if !strings.HasPrefix(path, "/api/") {
		r.browser.PostForm(path, form)
		return
	}
	if path == "/api/auth/update-user" { // which refuses what is not the person's to change
		in = map[string]string{"name": r.name, "image": r.picture}
	}
	r.browser.PostJSON(path, in, "Origin", r.browser.Base)
}

// fitting is the size of the largest picture that is cached.
func (r *resident) fitting() (size int) {
	r.t.Helper()
	r.enter()
	size = sort.Search(2048, func(n int) bool {
		r.dress("Ada", n+1)
		r.browser.Forget("session_data")
		r.browser.Get("/api/auth/get-session")
		return !strings.Contains(cookies(r.browser), "session_data=")
	})
	if size < 64 {
		r.t.Fatalf("pictures of up to %d bytes are cached", size)
	}
	return size
}

// TestHeadersFitProxies: with any profile, the headers of every answer fit into the buffers of common proxies.
// Otherwise a user with a long profile gets a 502 at every login.
func TestHeadersFitProxies(t *testing.T) {
	t.Parallel()
	r := newResident(t)
	r.chosen = "/" + strings.Repeat("x", 1500)
	r.dress("Ada", r.fitting())
	r.everyDoor(false)
	r.everyDoor(true)
	r.remember = "on"
	r.enter()
	r.everyDoor(true)
	r.longWays()
	r.longDrafts()
	r.dress(longName, 2048)
	r.chosen = "/" + strings.Repeat("x", 1500)
	r.enter()
	r.everyDoor(false)

	for _, cookie := range []string{
		"session_token", "session_data", "dont_remember", "device", "admin_session", "theme", "flash", "draft",
	} {
		if r.largest[hostCookie+cookie] == 0 {
			t.Errorf("%s was never set", cookie)
		}
	}
	for _, door := range []string{
		"POST /login", "POST /reauth", "POST /settings", "POST /theme", "POST /impersonation/stop", "GET /dashboard",
		"POST /api/auth/sign-up/email", "POST /api/auth/sign-in/email", "POST /api/auth/sign-out",
		"POST /api/auth/update-user",
		"POST /api/auth/change-password", "POST /api/auth/admin/impersonate-user", "POST /api/auth/admin/stop-impersonating",
		"GET /api/auth/get-session",
	} {
		if !slices.Contains(r.setters, door) {
			t.Errorf("%s has set no cookie", door)
		}
	}
	t.Logf("largest %v", r.largest)
}

// longWays asks for what is too long to come back to.
func (r *resident) longWays() {
	t, b, stranger := r.t, r.browser, r.measured.browser()
	r.chosen = ""
	r.enter()
	for _, n := range []int{10, 300, 330, 500, 2000, 6000} {
		long := strings.Repeat("/", n)
		r.ahead.Add(int64(time.Hour)) // the password was typed too long ago
		back := []authtest.Answer{
			stranger.Get("/dashboard?q="+long, navigate...),
			stranger.Get("/dashboard", "HX-Request", "true", "HX-Current-URL", b.Base+"/dashboard?q="+long),
			b.Get("/settings/email?q="+long, navigate...),
			b.PostForm("/settings/email", url.Values{"newEmail": {long[n/2:]}}),
		}
		for i, got := range back {
			to := got.Header.Get("Location") + got.Header.Get("HX-Redirect")
			_, encoded, kept := strings.Cut(to, "?returnTo=")
			if len(encoded) > 1024 || kept != (n <= 330 || i >= 2) || to == "" { // of the last two the page is kept, without its query
				t.Errorf("%d bytes lead to %s", n, to)
			}
		}
		login, err := url.Parse(back[0].Header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		form := credentials(residentAt, authtest.Password)
		form.Set("returnTo", login.Query().Get("returnTo"))
		expect(t, b.PostForm("/logout", nil), 303)
		expect(t, b.PostForm("/login", form), 303)
	}
}

// longDrafts types what is just short enough, and just too long, to be kept until the password is asked for again.
func (r *resident) longDrafts() {
	r.ahead.Add(int64(time.Hour))
	for n := range 100 {
		r.browser.Forget("session_data") // so that it is set as well
		form := url.Values{"newEmail": {strings.Repeat("x", 220+n)}}
		expect(r.t, r.browser.PostForm("/settings/email", form), 303, "Location", "/reauth?returnTo=%2Fsettings%2Femail")
	}
	if size := r.largest[hostCookie+"draft"]; size < maxCookie-2 {
		r.t.Errorf("drafts have %d bytes at most, and may have %d", size, maxCookie)
	}
	r.enter()
}

// end:betterauth,ratelimit

// TestPendingCookieFitsProxies: the same for users who still have to verify their address.
func TestPendingCookieFitsProxies(t *testing.T) {
	t.Parallel()
	s := verifyingSite(t, dbtest.Open(t, dbtest.SQLite(t)), func(c *web.Config) { c.AppURL = "https://app.example" })
	m := measure(t, s)
	for _, odd := range []bool{false, true} {
		for n, to := range []int{1, 20, 60, 500, 2000} {
			b, email := m.browser(), longest(n, odd)
			form := url.Values{
				"name": {longName}, "email": {email}, "password": {authtest.Password}, "returnTo": {"/" + strings.Repeat("~", to)},
			}
			expect(t, b.PostForm("/signup", form), 303)
			if got := b.Get("/verify-email", navigate...); !odd && !strings.Contains(got.Text, email) {
				t.Errorf("the page does not know %s", email)
			}
			expect(t, b.PostForm("/login", form), 303)
		}
	}
	if m.largest[hostCookie+"pending"] == 0 {
		t.Error("nobody is pending")
	}
	t.Logf("largest %v", m.largest)
}

// TestMailedReturnToIsBounded: what a mailed link would have to carry in its address too.
func TestMailedReturnToIsBounded(t *testing.T) {
	link := web.Links("https://app.example", nil)
	for n, want := range map[int]bool{1021: true, 1022: false} { // the slash takes three bytes
		path := "/" + strings.Repeat("a", n)
		for _, callbackURL := range []string{path, "https://app.example" + path} {
			if got := link("verify_email", "x", callbackURL); strings.HasSuffix(got,
				"&returnTo="+url.QueryEscape(path)) != want {
				t.Errorf("%d: %s", n, got)
			}
		}
	}
}

// part:ratelimit,betterauth,twofactor

// TestHeadersOfTheSecondStepFitProxies: the answer to the code of a person with the longest profile carries the cookies
// of a session, of the device and of the trust in it.
func TestHeadersOfTheSecondStepFitProxies(t *testing.T) {
	t.Parallel()
	r := newResident(t)
	r.remember = "on"
	fitting := r.fitting()
	app, _ := r.addFactor(t, r.browser)
	r.largest = map[string]int{}
	for size := fitting - 24; size <= fitting+8; size += 4 { // with some the cached copy just fits
		r.dress("Ada", size)
		r.browser.PostForm("/logout", nil)
		r.browser.Forget("trust_device")
		form := url.Values{"email": {residentAt}, "password": {authtest.Password}, "remember": {"on"}}
		expect(t, r.browser.PostForm("/login", form), 303, "Location", "/login/code")
		expect(t, r.browser.PostForm("/login/code", url.Values{"code": {app.code(t)}, "trust": {"on"}}), 303)
	}
	if cache := r.largest[hostCookie+"session_data"]; r.largest[""] < 2000 || cache < maxCache-20 {
		t.Errorf("no answer was large: %v", r.largest)
	}
}

// end:ratelimit,betterauth,twofactor
