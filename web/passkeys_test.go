package web_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/passkey"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/id"
	"example.com/foyer/web"
)

// newPasskeySite is a site whose address is a name, with the options of parts.
func newPasskeySite(t *testing.T, parts ...any) *site {
	t.Helper()
	return newPasskeySiteWith(t, auth.Options{}, parts...)
}

func newPasskeySiteWith(t *testing.T, o auth.Options, parts ...any) *site {
	t.Helper()
	named := func(c *web.Config) { c.AppURL = strings.Replace(c.AppURL, "127.0.0.1", "localhost", 1) }
	s := newSiteOf(t, dbtest.Open(t, dbtest.SQLite(t)), o, parts, named)
	s.Base = strings.Replace(s.Base, "127.0.0.1", "localhost", 1)
	return s
}

// addPasskey stores one, and returns the path of its page.
func (s *site) addPasskey(t *testing.T, userID, name string, synced bool) string {
	t.Helper()
	keyID := id.New()
	row := passkey.Passkey{
		ID: keyID, UserID: userID, Name: name, CredentialID: keyID, BackedUp: synced, CreatedAt: s.now().Add(-time.Hour),
	}
	if err := s.db.Create(&row).Error; err != nil {
		t.Fatal(err)
	}
	return "/settings/security/passkeys/" + keyID
}

// script is what passkey.js sends beside its request.
var script = []string{
	"Accept", "*/*", "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty",
}

// question is what the authenticator is asked.
func question(t *testing.T, got authtest.Answer) (q struct{ Challenge, RPID string }) {
	t.Helper()
	expect(t, got, 200, "Content-Type", "application/json", "Cache-Control", "private, no-store")
	if err := json.Unmarshal([]byte(got.Text), &q); err != nil || len(q.Challenge) < 43 {
		t.Fatalf("%v: %s", err, got.Text)
	}
	return q
}

// TestPasskeyPage: people see, rename and delete their own passkeys without JavaScript.
func TestPasskeyPage(t *testing.T) {
	t.Parallel()
	s := newPasskeySite(t)
	ada, id := s.person(t, "ada@example.com")
	eve, eveID := s.person(t, "eve@example.com")
	const page = "/settings/security/passkeys"
	contains(t, ada.Get(page, navigate...), "Add a passkey", "needs JavaScript", `action="`+page+`"`, "passkey.")
	first, second := s.addPasskey(t, id, "<b>Phone</b>", true), s.addPasskey(t, id, "", false)
	theirs := s.addPasskey(t, eveID, "Eve's", false)
	list := ada.Get(page, navigate...)
	contains(t, list, "2 passkeys", "&lt;b&gt;Phone&lt;/b&gt;", "Passkey without a name", "Synced", "On one device", "Never",
		first, second+"/delete")
	lacks(t, list, "Eve", theirs)
	contains(t, ada.Get("/settings/security", navigate...), "You have 2 passkeys.", `href="`+page+`"`)

	contains(t, ada.Get(first, navigate...), "Rename the passkey", `value="&lt;b&gt;Phone&lt;/b&gt;"`)
	expect(t, ada.PostForm(first, url.Values{"name": {" My phone "}}), 303, "Location", page)
	contains(t, ada.Get(page, navigate...), "Saved.", "My phone")
	for _, name := range []string{"", strings.Repeat("W", 101)} {
		refused := ada.PostForm(first, url.Values{"name": {name}})
		expect(t, refused, 422)
		contains(t, refused, "There is a problem", "Rename the passkey", `value="`+name+`"`)
	}

	contains(t, ada.Get(first+"/delete", navigate...), "Delete the passkey?", "My phone")
	expect(t, ada.PostForm(first+"/delete", nil), 303, "Location", page)
	contains(t, ada.Get(page, navigate...), "The passkey is deleted.", "1 passkey")
	for _, path := range []string{first, theirs} {
		for _, path := range []string{path, path + "/delete"} {
			expect(t, ada.Get(path, navigate...), 404)
			expect(t, ada.PostForm(path, url.Values{"name": {"Mine"}}), 404)
		}
	}
	contains(t, eve.Get(page, navigate...), "Eve&#39;s")
	checkPages(t, []contractPage{
		{"passkeys", func() authtest.Answer { return ada.Get(page, navigate...) }},
		{"rename", func() authtest.Answer { return ada.Get(second, navigate...) }},
		{"rename, failed", func() authtest.Answer { return ada.PostForm(second, nil) }},
		{"delete", func() authtest.Answer { return ada.Get(second+"/delete", navigate...) }},
	})
}

// TestLastWayIn: the only passkey of a person without a password stays, and the form says why.
func TestLastWayIn(t *testing.T) {
	t.Parallel()
	s := newPasskeySite(t)
	ada, id := s.person(t, "ada@example.com")
	only := s.addPasskey(t, id, "Phone", false)
	if err := s.db.Exec("DELETE FROM accounts WHERE user_id = ?", id).Error; err != nil {
		t.Fatal(err)
	}
	refused := ada.PostForm(only+"/delete", nil)
	expect(t, refused, 422)
	contains(t, refused, "There is a problem", "You could not log in without this passkey", "Phone")
	contains(t, ada.Get("/settings/security/passkeys", navigate...), "1 passkey")
	other := s.addPasskey(t, id, "Key", false)
	expect(t, ada.PostForm(other+"/delete", nil), 303)
}

// TestPasskeyScript: what passkey.js asks and answers, and where it is sent to.
func TestPasskeyScript(t *testing.T) {
	t.Parallel()
	s := newPasskeySite(t)
	ada, id := s.person(t, "ada@example.com")
	stranger := s.stranger(t)
	garbage := url.Values{"response": {`{"id":"x"}`}}

	one := question(t, stranger.PostForm("/login/passkey", nil, script...))
	two := question(t, stranger.PostForm("/login/passkey", nil, script...))
	if one.Challenge == two.Challenge || one.RPID != "localhost" {
		t.Errorf("questions %+v and %+v", one, two)
	}
	refused := stranger.PostForm("/login/passkey", garbage, script...)
	expect(t, refused, 401, "HX-Redirect", "", "Location", "")
	contains(t, refused, `"code":"AUTHENTICATION_FAILED"`)
	lacks(t, refused, "Authentication failed")
	again := stranger.PostForm("/login/passkey", garbage, script...)
	expect(t, again, 400)
	contains(t, again, `"code":"CHALLENGE_NOT_FOUND"`, "Try again.")

	for path, to := range map[string]string{
		"/login/passkey": "/settings", "/reauth/passkey": "", "/settings/security/passkeys": "",
	} {
		typed := url.Values{"returnTo": {"/settings"}}
		got := ada.PostForm(path, typed, script...)
		if to != "" { // logged in already
			expect(t, got, 204, "HX-Redirect", to)
			continue
		}
		question(t, got)
		typed.Set("for", "another user's id")
		expect(t, ada.PostForm(path, typed, script...), 409)
		expect(t, stranger.PostForm(path, typed, script...), 409)
		expect(t, stranger.PostForm(path, nil, script...), 401, "HX-Redirect", "/login")
	}
	s.addPasskey(t, id, "Phone", false)
	s.ahead.Add(int64(time.Hour))
	expect(t, ada.PostForm("/settings/security/passkeys", url.Values{"name": {"New phone"}}, script...), 403,
		"HX-Redirect", "/reauth?returnTo=%2Fsettings%2Fsecurity%2Fpasskeys")
	question(t, ada.PostForm("/reauth/passkey", nil, script...))
	contains(t, ada.Get("/reauth?returnTo=/settings/security/passkeys", navigate...), "change your passkeys",
		`form="passkey"`, `action="/reauth/passkey"`)
	reauth(t, ada)
	contains(t, ada.Get("/settings/security/passkeys", navigate...), `value="New phone"`) // the draft
}

// TestPasskeyLogIn: a person adds a passkey and logs in with it, and comes to the page that was asked for.
func TestPasskeyLogIn(t *testing.T) {
	t.Parallel()
	s := newPasskeySite(t)
	ada, _ := s.person(t, "ada@example.com")
	phone := authtest.NewAuthenticator(t, s.Base)
	const page = "/settings/security/passkeys"
	form := url.Values{"name": {" My phone "}, "returnTo": {page}}
	form.Set("response", phone.Register(ada.PostForm(page, form, script...).Text))
	expect(t, ada.PostForm(page, form, script...), 204, "HX-Redirect", page)
	contains(t, ada.Get(page, navigate...), "The passkey is added.", "My phone", "Never", "allAcceptedCredentialIds")

	for _, answered := range []string{"/login/passkey", "/reauth/passkey"} {
		c, to := ada, "/settings"
		if answered == "/login/passkey" {
			c = s.stranger(t)
		}
		form := url.Values{"returnTo": {to}}
		form.Set("response", phone.Prove(c.PostForm(answered, form, script...).Text))
		expect(t, c.PostForm(answered, form, script...), 204, "HX-Redirect", to)
		contains(t, c.Get(to, navigate...), "ada@example.com")
		expect(t, c.PostForm(answered, form, script...), map[bool]int{true: 204, false: 400}[c != ada])
	}
	lacks(t, ada.Get(page, navigate...), "Never")
}

// TestPasskeyOfAnOlderWindow: its answer says nothing about the passkey. It is told to ask again, and spends the
// challenge of the newer window. The trail has no failed log-in.
func TestPasskeyOfAnOlderWindow(t *testing.T) {
	t.Parallel()
	s := newPasskeySite(t)
	ada, _ := s.person(t, "ada@example.com")
	phone := authtest.NewAuthenticator(t, s.Base)
	const page = "/settings/security/passkeys"
	added := url.Values{"response": {phone.Register(ada.PostForm(page, nil, script...).Text)}}
	expect(t, ada.PostForm(page, added, script...), 204)
	for path, c := range map[string]*authtest.Client{"/login/passkey": s.stranger(t), "/reauth/passkey": ada, page: ada} {
		answer := phone.Prove
		if path == page {
			answer = authtest.NewAuthenticator(t, s.Base).Register
		}
		older := answer(c.PostForm(path, nil, script...).Text)
		newer := answer(c.PostForm(path, nil, script...).Text)
		for _, response := range []string{older, newer} {
			refused := c.PostForm(path, url.Values{"response": {response}}, script...)
			expect(t, refused, 400)
			contains(t, refused, `"code":"CHALLENGE_NOT_FOUND"`, "another tab of this browser has asked since")
		}
		again := answer(c.PostForm(path, nil, script...).Text)
		expect(t, c.PostForm(path, url.Values{"response": {again}}, script...), 204)
	}
	if strings.Contains(s.log.text(), "sign_in_failed") {
		t.Error("a failed log-in is recorded")
	}
}

// TestPasskeyOfAnUnprovenAddress: the refusal says how to prove it.
func TestPasskeyOfAnUnprovenAddress(t *testing.T) {
	t.Parallel()
	s := newPasskeySiteWith(t, auth.Options{RequireEmailVerification: true})
	u, err := s.auth.CreateUser(t.Context(), nil,
		auth.NewUser{Name: "Ada", Email: "ada@example.com", Password: authtest.Password, Verified: true})
	if err != nil {
		t.Fatal(err)
	}
	ada, phone := s.stranger(t), authtest.NewAuthenticator(t, s.Base)
	ada.SignIn("ada@example.com", authtest.Password)
	const page = "/settings/security/passkeys"
	added := url.Values{"response": {phone.Register(ada.PostForm(page, nil, script...).Text)}}
	expect(t, ada.PostForm(page, added, script...), 204)
	if err := s.db.Model(u).Update("email_verified", false).Error; err != nil {
		t.Fatal(err)
	}
	c := s.stranger(t)
	proof := url.Values{"response": {phone.Prove(c.PostForm("/login/passkey", nil, script...).Text)}}
	for _, refused := range []authtest.Answer{
		c.PostForm("/login/passkey", proof, script...), ada.PostForm(page, nil, script...),
	} {
		expect(t, refused, 403)
		contains(t, refused, `"code":"EMAIL_NOT_VERIFIED"`, "A log-in with your password mails you a link")
	}
}

// TestPasskeyButtons: forms have the button where a passkey can help, and /login asks its question once.
func TestPasskeyButtons(t *testing.T) {
	t.Parallel()
	s := newPasskeySite(t)
	ada, _ := s.person(t, "ada@example.com")
	lacks(t, ada.Get("/reauth", navigate...), "passkey")
	stranger := s.stranger(t)
	challenge := func() bool {
		is := func(c *http.Cookie) bool { return strings.Contains(c.Name, "passkey") }
		return slices.ContainsFunc(stranger.Cookies(), is)
	}
	refused := stranger.PostForm("/login", credentials("ada@example.com", "wrong"), navigate...)
	expect(t, refused, 422)
	contains(t, refused, "Log in with a passkey", `data-question=""`)
	if challenge() {
		t.Error("a refused form asks again, so that the question of its page counts no more")
	}
	contains(t, stranger.Get("/login?returnTo=/settings", navigate...), "Log in with a passkey", `data-question="{`,
		`name="returnTo" value="/settings"`)
	if !challenge() {
		t.Error("no cookie with the question")
	}
	contains(t, s.Get("/.well-known/passkey-endpoints"), `{"enroll":"`+s.Base+`/settings/security/passkeys","manage":"`)
}

// TestPasskeysNeedAName: where the address of the site is none, nothing offers passkeys, and the settings say why.
func TestPasskeysNeedAName(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, id := s.person(t, "ada@example.com")
	s.addPasskey(t, id, "Phone", false)
	lacks(t, s.Get("/login", navigate...), "passkey.", "a passkey")
	lacks(t, ada.Get("/reauth", navigate...), "passkey.", "a passkey")
	for _, page := range []string{"/settings/security", "/settings/security/passkeys"} {
		got := ada.Get(page, navigate...)
		contains(t, got, "Passkeys need a domain such as localhost", "1 passkey")
		lacks(t, got, "passkey.js", `id="passkey"`)
	}
	for _, path := range []string{"/login/passkey", "/reauth/passkey", "/settings/security/passkeys"} {
		c := ada
		if path == "/login/passkey" {
			c = s.stranger(t)
		}
		got := c.PostForm(path, nil, script...)
		expect(t, got, 400)
		contains(t, got, "PASSKEYS_NOT_AVAILABLE")
	}
	expect(t, s.Get("/.well-known/passkey-endpoints"), 404)
}

// part:admin

// TestAdminRemovesPasskeys: they end with the sessions, one mail tells the user, and the trail names the admin.
func TestAdminRemovesPasskeys(t *testing.T) {
	t.Parallel()
	s := newPasskeySiteWith(t, auth.Options{Notices: true})
	boss := s.admin(t, "boss@example.com")
	ada, id := s.person(t, "ada@example.com")
	_, eve := s.person(t, "eve@example.com")
	path := "/admin/users/" + id + "/remove-passkeys"
	none := boss.PostForm(path, nil, navigate...)
	expect(t, none, 422)
	contains(t, none, "This user has no passkeys.")
	s.addPasskey(t, id, "Phone", false)
	s.addPasskey(t, id, "Key", false)
	s.addPasskey(t, eve, "Hers", false)
	contains(t, boss.Get("/admin/users/"+id, navigate...), "Remove passkeys")
	contains(t, boss.Get(path, navigate...), "lost the devices")
	expect(t, boss.PostForm(path, nil, navigate...), 303, "Location", "/admin/users/"+id)
	contains(t, boss.Get("/admin/users/"+id, navigate...), "Their passkeys are removed")
	expect(t, ada.Get("/dashboard", navigate...), 303)
	var left []string
	err := s.db.Model(&passkey.Passkey{}).Pluck("user_id", &left).Error
	if err != nil || !slices.Equal(left, []string{eve}) {
		t.Errorf("passkeys of %v are left, %v", left, err)
	}
	if n := len(s.mailed(t, "passkeys_removed", "ada@example.com")); n != 1 {
		t.Errorf("%d mails", n)
	}
	// part:audit
	var by []string
	removed := s.db.Table("audit_events").Where("event = ? AND subject_id = ?", event.PasskeyRemoved, id)
	err = removed.Pluck("actor_id", &by).Error
	if admin := s.idOf(t, "boss@example.com"); err != nil || !slices.Equal(by, []string{admin, admin}) {
		t.Errorf("done by %v, %v", by, err)
	}
	// end:audit
	s.ahead.Add(int64(time.Hour))
	expect(t, boss.PostForm(path, nil, navigate...), 303, "Location", "/reauth?returnTo="+url.QueryEscape(path))
}

// end:admin

// part:audit

// part:admin,betterauth,ratelimit

// everyPasskeyEvent does all that the trail says of passkeys. Adding one needs an authenticator, which the tests of
// package passkey and of the browser have; here the event is recorded without one.
func (s *site) everyPasskeyEvent(t *testing.T) {
	t.Helper()
	c, id := s.person(t, "keys@example.com")
	own := s.addPasskey(t, id, "Phone", false)
	expect(t, c.PostForm(own, url.Values{"name": {"My phone"}}), 303)
	expect(t, c.PostForm(own+"/delete", nil), 303)
	by := s.sessionOf(t, c)
	err := s.auth.Transact(t.Context(), func(tx *auth.Tx) error {
		r := httptest.NewRequest(http.MethodPost, s.Base, nil)
		return s.auth.Notice(tx, r, by, by.User, event.PasskeyAdded, "", "Phone")
	})
	if err != nil {
		t.Fatal(err)
	}
}

// end:admin,betterauth,ratelimit

// end:audit
