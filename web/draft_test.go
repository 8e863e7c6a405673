package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/web"
)

const draftCookie = web.CookiePrefix + ".draft"

// draft is the value of the browser's draft cookie, "" for none.
func draft(c *authtest.Client) string {
	for _, cookie := range c.Cookies() {
		if cookie.Name == draftCookie {
			return cookie.Value
		}
	}
	return ""
}

// hold sets the browser's draft cookie.
func hold(c *authtest.Client, value string) {
	u, _ := url.Parse(c.Base)
	c.Jar.SetCookies(u, []*http.Cookie{{Name: draftCookie, Value: value, Path: "/"}})
}

// reauth makes the session a fresh one.
func reauth(t *testing.T, c *authtest.Client) {
	t.Helper()
	expect(t, c.PostForm("/reauth", url.Values{"password": {authtest.Password}}), 303)
}

// idOf finds the user of an address.
func (s *site) idOf(t *testing.T, email string) string {
	t.Helper()
	u, err := s.auth.UserByEmail(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	return u.ID
}

// part:admin

// TestDraft: what was typed before the password was asked for is in the form again, once, and in no address.
func TestDraft(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.admin(t, "boss@example.com")
	s.person(t, "grace@example.com")
	for _, c := range []struct {
		path  string
		typed url.Values
		shown []string
		not   []string
	}{
		{"/settings/email", url.Values{"newEmail": {"new+1@example.com"}}, []string{`value="new+1@example.com"`}, nil},
		{"/settings/delete", url.Values{"confirm": {"boss@exa"}, "password": {"se-cret-7"}}, []string{`value="boss@exa"`},
			[]string{"se-cret-7"}},
		{"/admin/users/new", url.Values{"name": {`"><b>Eve`}, "email": {"eve@example.com"}, "role": {"admin"}},
			[]string{`value="&#34;&gt;&lt;b&gt;Eve"`, `value="eve@example.com"`}, []string{`"admin" selected`}},
		{"/admin/users/" + s.idOf(t, "grace@example.com") + "/ban",
			url.Values{"reason": {"too loud"}, "until": {"2099-05-01"}},
			[]string{`value="too loud"`, `value="2099-05-01"`}, nil},
		{"/admin/users/" + s.idOf(t, "grace@example.com") + "/session", url.Values{"session": {"handle-9"}},
			[]string{`name="session" value="handle-9"`}, nil},
		{"/admin/users/" + s.idOf(t, "grace@example.com") + "/role", url.Values{"role": {"admin"}}, nil,
			[]string{`"admin" selected`}},
		{"/admin/users/" + s.idOf(t, "grace@example.com") + "/delete", url.Values{"confirm": {"grace@example.com"}}, nil,
			[]string{`value="grace@example.com"`}},
	} {
		t.Run(c.path, func(t *testing.T) {
			for kind, header := range map[string][]string{"page": nil, "htmx": s.htmx(c.path)} {
				s.ahead.Add(int64(10 * time.Minute))
				to := boss.PostForm(c.path, c.typed, header...)
				where := to.Header.Get("Location") + to.Header.Get("HX-Redirect")
				if want := "/reauth?returnTo=" + url.QueryEscape(c.path); where != want {
					t.Fatalf("%s: sent to %s, want %s", kind, where, want)
				}
				reauth(t, boss)
				contains(t, boss.Get("/dashboard", navigate...), "boss@example.com") // another page takes nothing
				boss.Get(c.path, s.htmx(c.path)...)                                  // nor does a fragment
				boss.Get(c.path, append([]string{"Sec-Purpose", "prefetch"}, navigate...)...)
				page := boss.Get(c.path, navigate...)
				expect(t, page, 200)
				contains(t, page, c.shown...)
				lacks(t, page, c.not...)
				if draft(boss) != "" {
					t.Errorf("%s: the draft is still there", kind)
				}
				lacks(t, boss.Get(c.path, navigate...), c.shown...)
			}
		})
	}
}

// end:admin

// TestPostBeforeReauthIsNotTakenForDone: a form that was sent too late does nothing. /reauth says so, however often it
// is opened, and so does the page of the form, once.
func TestPostBeforeReauthIsNotTakenForDone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.person(t, "ada@example.com")
	s.ahead.Add(int64(10 * time.Minute))
	form := url.Values{"currentPassword": {authtest.Password}, "newPassword": {"better-horse-2"}}
	for kind, header := range map[string][]string{"page": navigate, "htmx": s.htmx("/settings/security")} {
		t.Run(kind, func(t *testing.T) {
			to := ada.PostForm("/settings/security", form, header...)
			where := to.Header.Get("Location") + to.Header.Get("HX-Redirect")
			for _, way := range []string{"", "&way=recovery"} {
				page := ada.Get(where+way, navigate...)
				contains(t, page, "Nothing is changed yet. After your password, send the form again.")
			}
			s.ahead.Add(int64(5 * time.Minute)) // a person looks for the password
			reauth(t, ada)
			contains(t, ada.Get("/settings/security", navigate...), "Nothing is changed yet. Send the form again.")
			lacks(t, ada.Get("/settings/security", navigate...), "Nothing is changed")
			s.ahead.Add(int64(10 * time.Minute))
		})
	}
	for _, c := range ada.PostForm("/settings/security", form).Cookies() {
		if c.Name == web.CookiePrefix+".flash" && c.MaxAge < 5*60 {
			t.Errorf("the message ends after %d s", c.MaxAge)
		}
	}
}

// TestDraftIsOnesOwn: a draft is valid for ten minutes, for its user and its form only, and cannot be forged.
func TestDraftIsOnesOwn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.person(t, "ada@example.com")
	eve, _ := s.person(t, "eve@example.com")
	form := url.Values{"newEmail": {"new@example.com"}}
	const shown = `value="new@example.com"`
	s.ahead.Add(int64(10 * time.Minute))
	made := s.now()
	expect(t, ada.PostForm("/settings/email", form), 303)
	value := draft(ada)
	reauth(t, ada)
	reauth(t, eve)
	if value == "" || strings.Contains(value, "example") {
		t.Fatalf("the draft is %q", value)
	}
	hold(eve, value)
	lacks(t, eve.Get("/settings/email", navigate...), shown)
	lacks(t, ada.Get("/settings/delete", navigate...), "new@example.com")
	other := "A"
	if value[0] == 'A' {
		other = "B"
	}
	for _, bad := range []string{value[1:], value[:len(value)-1], value + "A", other + value[1:], strings.ToUpper(value),
		"newEmail=new@example.com", "", strings.Repeat("A", 300), "%"} {
		hold(ada, bad)
		lacks(t, ada.Get("/settings/email", navigate...), shown)
	}
	hold(ada, value)
	ends := made.Add(10 * time.Minute)
	s.ahead.Add(int64(ends.Add(-time.Minute).Sub(s.now())))
	reauth(t, ada)
	copied := ada.Copy()
	s.ahead.Add(int64(ends.Add(-time.Second).Sub(s.now())))
	contains(t, copied.Get("/settings/email", navigate...), shown)
	s.ahead.Add(int64(2 * time.Second))
	lacks(t, ada.Get("/settings/email", navigate...), shown)
}

// TestDraftIsSmall: a line of at most 512 bytes on https, or none; what was typed last counts, and passwords never do.
func TestDraftIsSmall(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.person(t, "ada@example.com")
	s.ahead.Add(int64(10 * time.Minute))
	longest := 0
	for n := 1; n < 600; n += 7 {
		expect(t, ada.PostForm("/settings/email", url.Values{"newEmail": {"a@example.com"}}), 303)
		if draft(ada) == "" {
			t.Fatal("a short text is not kept")
		}
		expect(t, ada.PostForm("/settings/email", url.Values{"newEmail": {strings.Repeat("x", n)}}), 303)
		longest = max(longest, len(draft(ada)))
	}
	room := 445 - len(web.CookiePrefix) // TestHeadersFitProxies measures the line
	if longest < room-20 || longest > room || draft(ada) != "" {
		t.Errorf("drafts of up to %d bytes are kept, and then %q", longest, draft(ada))
	}
	got := ada.PostForm("/settings/security", url.Values{"currentPassword": {"a"}, "newPassword": {"b"}})
	expect(t, got, 303, "Location", "/reauth?returnTo=%2Fsettings%2Fsecurity")
	if draft(ada) != "" {
		t.Errorf("passwords are kept: %q", draft(ada))
	}
}

// TestOwnCookiesOverHTTPS: no host beside the app can plant one of its cookies.
func TestOwnCookiesOverHTTPS(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *web.Config) { c.AppURL = "https://app.example" })
	held := map[string]string{}
	ask := func(method, path, body string) *httptest.ResponseRecorder {
		req := httptest.NewRequest(method, "https://app.example"+path, strings.NewReader(body))
		for i := 0; i < len(navigate); i += 2 {
			req.Header.Set(navigate[i], navigate[i+1])
		}
		if method == http.MethodPost {
			req.Header.Set("Origin", "https://app.example")
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		for name, value := range held {
			req.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		res := httptest.NewRecorder()
		s.server.ServeHTTP(res, req)
		for _, c := range res.Result().Cookies() {
			held[c.Name] = c.Value
			if !strings.HasPrefix(c.Name, hostCookie) || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode ||
				c.Path != "/" || c.Domain != "" {
				t.Errorf("%s %s sets %s", method, path, c)
			}
		}
		return res
	}
	ask("POST", "/signup", url.Values{"name": {"Ada"}, "email": {"ada@example.com"},
		"password": {authtest.Password}}.Encode())
	ask("POST", "/theme", "theme=dark")
	ask("POST", "/settings", "name=Ada+L")
	if page := ask("GET", "/dashboard", "").Body.String(); !strings.Contains(page, `data-theme="dark"`) ||
		!strings.Contains(page, "Saved.") {
		t.Errorf("cookies are not read: %v in %s", held, page)
	}
	s.ahead.Add(int64(10 * time.Minute))
	ask("POST", "/settings/email", "newEmail=new@example.com")
	for _, name := range []string{"theme", "flash", "draft"} {
		if _, set := held[hostCookie+name]; !set {
			t.Errorf("no cookie %s in %v", name, held)
		}
	}
	ask("POST", "/reauth", url.Values{"password": {authtest.Password}}.Encode())
	if page := ask("GET", "/settings/email", "").Body.String(); !strings.Contains(page, `value="new@example.com"`) {
		t.Errorf("the draft is not read: %s", page)
	}
	held = map[string]string{web.CookiePrefix + ".theme": "dark"}
	if page := ask("GET", "/", "").Body.String(); strings.Contains(page, `data-theme="dark"`) {
		t.Error("a cookie that any host beside this one can plant is believed")
	}
}
