package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/ratelimit"
	"example.com/foyer/web"
)

// TestSettings: without JavaScript, an invalid form is shown again with its errors, and a valid one is saved.
func TestSettings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, id := s.person(t, "ada@example.com")
	contains(t, ada.Get("/settings", navigate...), "Delete the account", "ada@example.com", `aria-current="page"`)

	bad := ada.PostForm("/settings", url.Values{"name": {"Ada\x01"}})
	expect(t, bad, 422)
	contains(t, bad, "Error: Account", "There is a problem", "Ada")
	expect(t, ada.PostForm("/settings", url.Values{"name": {" Countess "}}), 303, "Location", "/settings")
	contains(t, ada.Get("/settings", navigate...), "Saved.", `value="Countess"`)
	contains(t, ada.Get("/nav"), "Countess") // the cached copy too

	for _, address := range []string{"", "ada@", "ada@example.com"} {
		got := ada.PostForm("/settings/email", url.Values{"newEmail": {address}})
		expect(t, got, 422)
		contains(t, got, "There is a problem", `value="`+address+`"`)
	}
	expect(t, ada.PostForm("/settings/email", url.Values{"newEmail": {" new@example.com "}}), 303, "Location", "/settings")
	contains(t, ada.Get("/settings", navigate...), "on its way to the new address", "ada@example.com")
	expect(t, ada.PostForm("/verify-email", url.Values{"token": {tokenOf(t,
		s.mailed(t, "change_email", "new@example.com")[0])}}), 303)
	contains(t, ada.Get("/settings", navigate...), "new@example.com")

	for _, form := range []url.Values{
		{"currentPassword": {"wrong-password-9"}, "newPassword": {"better-horse-2"}},
		{"currentPassword": {authtest.Password}, "newPassword": {"short"}},
		{},
	} {
		got := ada.PostForm("/settings/security", form)
		expect(t, got, 422)
		contains(t, got, "There is a problem")
		lacks(t, got, "wrong-password-9", "better-horse-2", authtest.Password)
	}
	expect(t, ada.PostForm("/settings/security", url.Values{"currentPassword": {authtest.Password},
		"newPassword": {"better-horse-2"}}), 303, "Location", "/settings/security")
	contains(t, ada.Get("/settings/security", navigate...), "Your password is changed.")

	for _, form := range []url.Values{
		{"confirm": {"ada@example.com"}, "password": {"better-horse-2"}}, // no longer the address
		{"confirm": {"new@example.com"}, "password": {authtest.Password}},
		{},
	} {
		got := ada.PostForm("/settings/delete", form)
		expect(t, got, 422)
		contains(t, got, "There is a problem", `value="`+form.Get("confirm")+`"`)
		if _, err := s.auth.UserByEmail(t.Context(), "new@example.com"); err != nil {
			t.Fatal("deleted by a refused form: ", err)
		}
	}
	other := s.stranger(t)
	other.SignIn("new@example.com", "better-horse-2")
	other.Get("/dashboard")
	expect(t, ada.PostForm("/settings/delete", url.Values{"confirm": {"new@example.com"}, "password": {"better-horse-2"}}),
		303, "Location", "/")
	contains(t, ada.Get("/", navigate...), "all its data are deleted")
	for _, c := range []*authtest.Client{ada, other} {
		expect(t, c.Get("/dashboard", navigate...), 303)
	}
	var left int64
	if err := s.db.Model(&auth.Session{}).Where("user_id = ?", id).Count(&left).Error; err != nil || left != 0 {
		t.Errorf("%d sessions left, %v", left, err)
	}
	expect(t, s.Get("/.well-known/change-password"), 303, "Location", "/settings/security")
	expect(t, s.Get("/.well-known/nothing"), 404)
}

// TestTheLastAdminStays: the form explains why the last admin cannot leave.
func TestTheLastAdminStays(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.admin(t, "boss@example.com")
	got := boss.PostForm("/settings/delete", url.Values{"confirm": {"boss@example.com"}, "password": {authtest.Password}})
	expect(t, got, 422)
	contains(t, got, "last admin")
	expect(t, boss.Get("/admin", navigate...), 200)
}

var handles = regexp.MustCompile(`formaction="/settings/sessions/([0-9a-f]{32})"`)

// TestEndSessions: an ended session is refused from its next request on, although the browser has a cached copy. The
// visitor's session stays.
func TestEndSessions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.person(t, "ada@example.com")
	bob, _ := s.person(t, "bob@example.com")
	others := make([]*authtest.Client, 3)
	for i := range others {
		others[i] = s.stranger(t)
		others[i].SignIn("ada@example.com", authtest.Password)
		others[i].Get("/dashboard")
	}
	out := func() (n int) {
		for _, c := range others {
			if c.Copy().Get("/dashboard", navigate...).StatusCode == 303 {
				n++
			}
		}
		return n
	}
	page := ada.Get("/settings/sessions", navigate...)
	found := handles.FindAllStringSubmatch(page.Text, -1)
	if len(found) != 3 || strings.Count(page.Text, "This browser") != 1 {
		t.Fatalf("%d sessions can be ended: %s", len(found), page.Text)
	}
	expect(t, bob.PostForm("/settings/sessions/"+found[0][1], nil), 303) // not his
	if n := out(); n != 0 {
		t.Fatalf("somebody else ended %d sessions", n)
	}
	expect(t, ada.PostForm("/settings/sessions/"+found[0][1], nil), 303, "Location",
		"/settings/sessions")
	if n := out(); n != 1 {
		t.Errorf("%d are out, want one", n)
	}
	contains(t, ada.Get("/settings/sessions", navigate...), "That browser is logged out.")
	expect(t, ada.PostForm("/settings/sessions/others", nil), 303)
	if n := out(); n != 3 {
		t.Errorf("%d are out, want all three", n)
	}
	page = ada.Get("/settings/sessions", navigate...)
	contains(t, page, "All other browsers are logged out.", "This browser")
	lacks(t, page, `formaction="`, "Log out all others")
	expect(t, bob.Get("/dashboard", navigate...), 200)
	expect(t, ada.Do("POST", "/settings/sessions/others", "", "Content-Type", "text/plain", "Origin", s.Base), 415)
}

// TestEndSessionsInline: htmx gets the new list, with the focus and an announcement. No page repeats the message.
func TestEndSessionsInline(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.person(t, "ada@example.com")
	var others []*authtest.Client
	for range 3 {
		other := s.stranger(t)
		other.SignIn("ada@example.com", authtest.Password)
		others = append(others, other)
	}
	inline := func(which string, left int, said string) {
		t.Helper()
		got := ada.PostForm("/settings/sessions/"+which, nil, s.htmx("/settings/sessions")...)
		expect(t, got, 200, "HX-Redirect", "", "Vary", "Accept-Encoding | HX-Request-Type", "Cache-Control",
			"private, no-store")
		contains(t, got, `action="/settings/sessions/others"`, "This browser",
			`tabindex="-1" autofocus`, `<hx-partial hx-target="#toasts" hx-swap="innerHTML">`, "<p>"+said+"</p>")
		lacks(t, got, "<html")
		if n := len(handles.FindAllString(got.Text, -1)); n != left {
			t.Errorf("%d sessions are left, want %d", n, left)
		}
		page := ada.Get("/settings/sessions", navigate...)
		lacks(t, page, said, "autofocus")
	}
	handle := handles.FindStringSubmatch(ada.Get("/settings/sessions", navigate...).Text)[1]
	inline(handle, 2, "That browser is logged out.")
	inline(handle, 2, "That browser is logged out.") // gone already
	inline("others", 0, "All other browsers are logged out.")
	for _, c := range others {
		expect(t, c.Get("/dashboard", navigate...), 303)
	}
	whole := []string{"HX-Request", "true", "HX-Request-Type", "full", "HX-Current-URL", s.Base + "/settings/sessions"}
	expect(t, ada.PostForm("/settings/sessions/others", nil, whole...), 204, "HX-Redirect",
		"/settings/sessions")
	contains(t, ada.Get("/settings/sessions", navigate...), "All other browsers are logged out.") // there a page says it

	s.ahead.Add(int64(10 * time.Minute))
	got := ada.PostForm("/settings/sessions/others", nil, s.htmx("/settings/sessions")...)
	expect(t, got, 403, "HX-Redirect", "/reauth?returnTo=%2Fsettings%2Fsessions%2Fothers")
	if got.Text != "" {
		t.Errorf("a refusal paints %q", got.Text)
	}
}

// TestFresh: ten minutes after the password was typed it is asked for again, and one is back where one was.
func TestFresh(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.person(t, "ada@example.com")
	expect(t, ada.Get("/settings/email", navigate...), 200)
	s.ahead.Add(int64(10 * time.Minute))
	expect(t, ada.Get("/settings/email?x=1", navigate...), 303, "Location", "/reauth?returnTo=%2Fsettings%2Femail%3Fx%3D1")
	expect(t, ada.Get("/settings", navigate...), 200) // asks for nothing fresh
	expect(t, ada.Get("/settings/email", program...), 403)
	expect(t, ada.Get("/settings/email", s.htmx("/settings/email")...), 403, "HX-Redirect",
		"/reauth?returnTo=%2Fsettings%2Femail")

	stale := ada.PostForm("/settings/email", url.Values{"newEmail": {"new+1@example.com"}})
	expect(t, stale, 303, "Location", "/reauth?returnTo=%2Fsettings%2Femail")
	lost := ada.PostForm("/settings/security", url.Values{"currentPassword": {authtest.Password},
		"newPassword": {"better-horse-2"}}, s.htmx("/settings/security")...)
	expect(t, lost, 403, "HX-Redirect", "/reauth?returnTo=%2Fsettings%2Fsecurity")
	page := ada.Get(stale.Header.Get("Location"), navigate...)
	contains(t, page, "Is it you?", `value="ada@example.com"`)

	before := ada.Copy()
	form := url.Values{"password": {"wrong-password-9"}, "returnTo": {"/settings/email?x=%2B1"}}
	bad := ada.PostForm("/reauth", form)
	expect(t, bad, 422)
	contains(t, bad, "There is a problem", "/settings/email?x=%2B1")
	lacks(t, bad, "wrong-password-9")
	form.Set("password", authtest.Password)
	done := ada.PostForm("/reauth", form)
	expect(t, done, 303, "Location", "/settings/email?x=%2B1")
	expect(t, before.Get("/dashboard", navigate...), 303) // the old session is gone, copies of its cookies too
	form.Set("returnTo", "https://evil.example/")
	expect(t, ada.PostForm("/reauth", form), 303, "Location", "/dashboard")
}

// part:admin

// TestFreshIsNotForActors: an impersonation opens nothing behind the fresh door, with any password.
func TestFreshIsNotForActors(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, id := s.person(t, "ada@example.com")
	boss := s.admin(t, "boss@example.com")
	req, _ := http.NewRequest(http.MethodPost, s.Base+"/", nil)
	for _, c := range boss.Cookies() {
		req.AddCookie(c)
	}
	w := httptest.NewRecorder()
	admin, err := s.auth.StoredSession(w, req)
	if err != nil || admin == nil {
		t.Fatal(admin, err)
	}
	if _, err := s.auth.Impersonate(w, req, admin, id); err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(s.Base)
	boss.Jar.SetCookies(u, w.Result().Cookies())
	contains(t, boss.Get("/settings", navigate...), "ada@example.com")
	for _, path := range []string{"/settings/security", "/settings/email", "/settings/delete"} {
		expect(t, boss.Get(path, navigate...), 403)
	}
	expect(t, boss.PostForm("/settings/delete", url.Values{"confirm": {"ada@example.com"},
		"password": {authtest.Password}}), 403)
	expect(t, boss.PostForm("/reauth", url.Values{"password": {authtest.Password}}), 403)
}

// end:admin

// part:ratelimit

// TestReauthIsLimited: guesses there count like those at the door.
func TestReauthIsLimited(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLite(t))
	s := newSiteWith(t, db, auth.Options{RateLimit: auth.RateLimit{Limiter: ratelimit.New(db, database.Now)}})
	ada, _ := s.person(t, "ada@example.com")
	for try := 0; ; try++ {
		got := ada.PostForm("/reauth", url.Values{"password": {"wrong-password-9"}})
		if got.StatusCode == 429 {
			contains(t, got, "Too many tries. Wait")
			break
		}
		if expect(t, got, 422); try > 20 {
			t.Fatal("guessing has no end")
		}
	}
}

// end:ratelimit

// TestFlash: a message is shown once, on a page that is viewed. Nobody can plant a message.
func TestFlash(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.person(t, "ada@example.com")
	ada.PostForm("/settings", url.Values{"name": {"Ada"}})
	for _, header := range [][]string{append([]string{"Sec-Purpose", "prefetch"}, navigate...),
		append([]string{"Purpose", "prefetch"}, navigate...), s.htmx("/settings")} {
		lacks(t, ada.Get("/dashboard", header...), "Saved.")
	}
	ada.Get("/nav", s.htmx("/settings")...)
	got := ada.Get("/no-such-page", navigate...) // whichever page comes
	expect(t, got, 404)
	contains(t, got, "Saved.")
	lacks(t, ada.Get("/dashboard", navigate...), "Saved.")
	u, _ := url.Parse(s.Base)
	ada.Jar.SetCookies(u, []*http.Cookie{{Name: web.CookiePrefix + ".flash", Value: "Call+0900-1234", Path: "/"}})
	lacks(t, ada.Get("/dashboard", navigate...), "0900-1234", `class="toast"`)
}

// TestEndSessionLater: where the password is asked for first, it says for what, and the person then confirms on a page
// of its own. Nothing is ended by being redirected.
func TestEndSessionLater(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.person(t, "ada@example.com")
	bob, _ := s.person(t, "bob@example.com")
	other := s.stranger(t)
	expect(t, other.PostForm("/login", credentials("ada@example.com", authtest.Password), "User-Agent",
		"Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0"), 303)
	handle := handles.FindStringSubmatch(ada.Get("/settings/sessions", navigate...).Text)[1]
	for which, want := range map[string][2]string{
		handle:   {"log out Chrome on Linux", "Log out Chrome on Linux?"},
		"others": {"log out all other browsers", "Log out all other browsers?"},
	} {
		path := "/settings/sessions/" + which
		s.ahead.Add(int64(10 * time.Minute))
		asked := "/reauth?returnTo=" + url.QueryEscape(path)
		expect(t, ada.PostForm(path, nil, s.htmx("/settings/sessions")...), 403, "HX-Redirect", asked)
		expect(t, ada.PostForm(path, nil), 303, "Location", asked)
		contains(t, ada.Get(asked, navigate...), "to <b><bdi>"+want[0]+"</bdi></b>")
		lacks(t, bob.Get(asked, navigate...), "log out Chrome on Linux")
		expect(t, ada.PostForm("/reauth", url.Values{"password": {authtest.Password}, "returnTo": {path}}), 303, "Location",
			path)
		contains(t, ada.Get(path, navigate...), want[1], `action="`+path+`"`)
		reauth(t, bob)
		if which == handle {
			expect(t, bob.Get(path, navigate...), 404)
		}
		expect(t, other.Get("/dashboard", navigate...), 200)
	}
	expect(t, ada.PostForm("/settings/sessions/"+handle, nil, s.htmx("/settings/sessions/"+handle)...), 204, "HX-Redirect",
		"/settings/sessions")
	contains(t, ada.Get("/settings/sessions", navigate...), "That browser is logged out.")
	contains(t, ada.Get("/settings/sessions/"+handle, navigate...), "That browser is logged out already.")
	expect(t, other.Get("/dashboard", navigate...), 303)
}

// TestReauthSaysWhatFor: every page of the fresh doors has words for what the visitor wants to do there.
func TestReauthSaysWhatFor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.admin(t, "boss@example.com")
	target := s.idOf(t, "boss@example.com")
	own := s.server.AppRoutes()
	for _, route := range s.server.Routes() {
		if route.Method != http.MethodGet || !strings.HasPrefix(route.Door, "fresh") || slices.Contains(own, route) {
			continue
		}
		path := strings.NewReplacer(":id", target, ":action", "ban", ":session", "others").Replace(route.Path)
		s.ahead.Add(int64(10 * time.Minute))
		to := boss.Get(path, s.htmx("/dashboard")...) // as a dialog is loaded
		asked := to.Header.Get("HX-Redirect")
		if want := "/reauth?returnTo=" + url.QueryEscape(strings.TrimSuffix(path, ".csv")); asked != want {
			t.Errorf("%s leads to %q, want %q", path, asked, want)
		}
		page := boss.Get(asked, navigate...)
		contains(t, page, "</b> to <b><bdi>")
		lacks(t, page, "<bdi>go on")
	}
}
