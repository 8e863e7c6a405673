package web_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/betterauth"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/ratelimit"
	"example.com/foyer/web"
	"gorm.io/gorm"
)

// verifyingSite is a site as cmd/server runs it: an address is confirmed before its first log-in.
func verifyingSite(t *testing.T, db *gorm.DB, change ...func(*web.Config)) *site {
	t.Helper()
	return newSiteWith(t, db, auth.Options{RequireEmailVerification: true}, change...)
}

// mailed returns the mails of a purpose to an address, oldest first: path and query of their links.
func (s *site) mailed(t *testing.T, purpose, email string) (links []string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(string(s.mails), "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var m struct{ To, Subject, URL string }
		if err := json.Unmarshal(data, &m); err != nil {
			t.Fatal(err)
		}
		if m.Subject == purpose && m.To == email {
			link, ok := strings.CutPrefix(m.URL, s.Base)
			if !ok {
				t.Fatalf("the mail leads to %s", m.URL)
			}
			links = append(links, link)
		}
	}
	return links
}

func (s *site) lastMailed(t *testing.T, purpose, email string) string {
	t.Helper()
	links := s.mailed(t, purpose, email)
	if len(links) == 0 {
		t.Fatalf("no mail of %s to %s", purpose, email)
	}
	return links[len(links)-1]
}

func (s *site) resetLink(t *testing.T, email string) string {
	t.Helper()
	expect(t, s.stranger(t).PostForm("/forgot-password", url.Values{"email": {email}}), 303, "Location",
		"/forgot-password?done=sent")
	return s.lastMailed(t, "reset_password", email)
}

func (s *site) verifyLink(t *testing.T, email string) string {
	t.Helper()
	expect(t, s.stranger(t).PostForm("/verify-email/resend", url.Values{"email": {email}}), 303, "Location",
		"/verify-email?done=sent", "Set-Cookie", "")
	return s.lastMailed(t, "verify_email", email)
}

func tokenOf(t *testing.T, link string) string {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil || u.Query().Get("token") == "" {
		t.Fatalf("%s, %v", link, err)
	}
	return u.Query().Get("token")
}

func registration(email, password string) url.Values {
	return url.Values{"name": {"Ada"}, "email": {email}, "password": {password}, "remember": {"on"}}
}

// TestConfirmWithoutJavaScript: sign-up, mail, button, dashboard. The browser that signed up needs the link only,
// others also the password.
func TestConfirmWithoutJavaScript(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		s := verifyingSite(t, db)
		ada := s.stranger(t)
		form := registration("ada@example.com", authtest.Password)
		form.Set("returnTo", "/dashboard?tab=2")
		expect(t, ada.PostForm("/signup", form), 303, "Location", "/verify-email")
		contains(t, ada.Get("/verify-email", navigate...), "Check your e-mail", "There is a mail for <b>ada@example.com</b>",
			`name="email" value="ada@example.com"`)
		expect(t, ada.Get("/dashboard", navigate...), 303, "Location", "/login")
		link := s.lastMailed(t, "verify_email", "ada@example.com")
		page := ada.Get(link, navigate...)
		expect(t, page, 200)
		contains(t, page, "ada@example.com", `name="token" value="`+tokenOf(t, link)+`"`)
		lacks(t, page, `type="password"`)
		expect(t, ada.PostForm("/verify-email", url.Values{"token": {tokenOf(t, link)}}), 303, "Location", "/dashboard?tab=2")
		contains(t, ada.Get("/dashboard", navigate...), "Hello Ada")

		expect(t, s.stranger(t).PostForm("/signup", registration("bob@example.com", authtest.Password)), 303, "Location",
			"/verify-email")
		link = s.lastMailed(t, "verify_email", "bob@example.com")
		phone := s.stranger(t)
		contains(t, phone.Get(link, navigate...), `type="password"`, `autocomplete="current-password"`)
		answer := url.Values{"token": {tokenOf(t, link)}, "password": {"wrong-horse-9"}}
		wrong := phone.PostForm("/verify-email", answer)
		expect(t, wrong, 422, "Set-Cookie", "", "Referrer-Policy", "no-referrer", "Cache-Control", "private, no-store")
		contains(t, wrong, `id="password-error">That is not your password.`, `name="token" value="`+tokenOf(t, link)+`"`)
		lacks(t, wrong, "wrong-horse")
		fragment := phone.PostForm("/verify-email", answer, s.htmx("/verify-email")...)
		expect(t, fragment, 422)
		lacks(t, fragment, "<html")
		answer.Set("password", authtest.Password)
		expect(t, phone.PostForm("/verify-email", answer, s.htmx("/verify-email")...), 204, "HX-Redirect", "/dashboard")
		expect(t, phone.Get("/dashboard", navigate...), 200)
		late := phone.PostForm("/logout", nil)
		expect(t, late, 303)
		late = phone.PostForm("/verify-email", answer)
		expect(t, late, 422)
		contains(t, late, "This link does not work", `href="/verify-email"`)
		expect(t, phone.Get(link, navigate...), 410, "Referrer-Policy", "no-referrer")
	})
}

// TestAPageWithoutItsLink: app.js takes the token of a mailed link out of the address, so that loading its page again
// asks without one. The answer claims nothing about the link.
func TestAPageWithoutItsLink(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.person(t, "ada@example.com")
	for path, action := range map[string]string{
		"/verify-email?opened": "/verify-email", "/reset-password": "/forgot-password", "/undo-email": "/",
		"/stop-email-change": "/",
	} {
		for _, c := range []*authtest.Client{ada, s.stranger(t)} {
			got := c.Get(path, navigate...)
			expect(t, got, 200, "Referrer-Policy", "no-referrer", "Cache-Control", "private, no-store")
			contains(t, got, "Open the link in your mail once more", `class="button block" href="`+action+`"`)
			lacks(t, got, "used already")
		}
	}
	for _, path := range []string{"/verify-email", "/reset-password", "/undo-email", "/stop-email-change"} {
		expect(t, ada.Get(path+"?token=", navigate...), 410) // broken by a mail program
	}
}

// TestLoginBeforeConfirming: a login with the right password before verification leads to the page about the mail.
func TestLoginBeforeConfirming(t *testing.T) {
	t.Parallel()
	s := verifyingSite(t, dbtest.Open(t, dbtest.SQLite(t)), func(c *web.Config) { c.Development = true })
	expect(t, s.stranger(t).PostForm("/signup", registration("ada@example.com", authtest.Password)), 303)
	later := s.stranger(t)
	expect(t, later.PostForm("/login", credentials("ada@example.com", "wrong-horse-9")), 422, "Set-Cookie", "")
	expect(t, later.PostForm("/login", credentials("ada@example.com", authtest.Password)), 303, "Location",
		"/verify-email?done=asked")
	contains(t, later.Get("/verify-email?done=asked", navigate...), "not confirmed yet", "ada@example.com",
		`href="/dev/mail"`)
	links := s.mailed(t, "verify_email", "ada@example.com")
	expect(t, later.PostForm("/verify-email", url.Values{"token": {tokenOf(t, links[len(links)-1])}}), 303, "Location",
		"/dashboard")
	expect(t, later.Get("/dashboard", navigate...), 200)
}

// TestSignUpTellsNobodyWhoseAddressIsTaken, by neither answer nor cookie, nor by what the link then asks.
func TestSignUpTellsNobodyWhoseAddressIsTaken(t *testing.T) {
	t.Parallel()
	s := verifyingSite(t, dbtest.Open(t, dbtest.SQLite(t)))
	fresh, taken := s.stranger(t), s.stranger(t)
	a := fresh.PostForm("/signup", registration("ada@example.com", authtest.Password))
	b := taken.PostForm("/signup", registration("ada@example.com", "another-horse-2"))
	for _, name := range []string{"Location", "Content-Length", "Cache-Control"} {
		if a.Header.Get(name) != b.Header.Get(name) {
			t.Errorf("%s: %q and %q", name, a.Header.Get(name), b.Header.Get(name))
		}
	}
	if len(a.Cookies()) != 1 || len(b.Cookies()) != 1 || a.Cookies()[0].Name != b.Cookies()[0].Name ||
		a.StatusCode != b.StatusCode || a.Text != b.Text {
		t.Errorf("%d %v and %d %v", a.StatusCode, a.Cookies(), b.StatusCode, b.Cookies())
	}
	if x, y := fresh.Get("/verify-email").Text, taken.Get("/verify-email").Text; x != y {
		t.Errorf("the pages differ:\n%s\n%s", x, y)
	}
	link := s.lastMailed(t, "verify_email", "ada@example.com")
	contains(t, fresh.Get(link, navigate...), `type="password"`) // the account of the first gave way
	expect(t, fresh.PostForm("/verify-email", url.Values{"token": {tokenOf(t, link)},
		"password": {authtest.Password}}), 422)
	expect(t, fresh.Get("/dashboard", navigate...), 303)
	expect(t, taken.PostForm("/verify-email", url.Values{"token": {tokenOf(t, link)}}), 303, "Location", "/dashboard")
	c := s.stranger(t).PostForm("/signup", registration("ada@example.com", authtest.Password)) // is in use by now
	if len(c.Cookies()) != 1 || c.StatusCode != a.StatusCode || c.Text != a.Text ||
		c.Header.Get("Location") != a.Header.Get("Location") {
		t.Errorf("in use: %d %v", c.StatusCode, c.Cookies())
	}
}

// TestResetWithoutJavaScript: a forgotten password is set by the mailed link, and every other browser is out on its
// next request, with a live copy of the session or without.
func TestResetWithoutJavaScript(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		s := newSiteOn(t, db)
		laptop, _ := s.person(t, "ada@example.com")
		phone := s.stranger(t)
		phone.SignIn("ada@example.com", authtest.Password)
		for _, c := range []*authtest.Client{laptop, phone} {
			expect(t, c.Get("/dashboard", navigate...), 200)
		}
		known := s.stranger(t).PostForm("/forgot-password", url.Values{"email": {" Ada@example.com "}})
		unknown := s.stranger(t).PostForm("/forgot-password", url.Values{"email": {"nobody@example.com"}})
		for _, got := range []authtest.Answer{known, unknown} {
			expect(t, got, 303, "Location", "/forgot-password?done=sent")
			if set := got.Response.Cookies(); len(set) != 1 || set[0].Name != web.CookiePrefix+".email" {
				t.Errorf("cookies %v: only what was typed is kept, for every address alike", set)
			}
		}
		link := s.lastMailed(t, "reset_password", "ada@example.com")
		someone := s.stranger(t)
		contains(t, someone.Get(link, navigate...), "ada@example.com", `name="token" value="`+tokenOf(t, link)+`"`)
		form := url.Values{"token": {tokenOf(t, link)}, "newPassword": {"zebra"}}
		refused := someone.PostForm("/reset-password", form)
		expect(t, refused, 422, "Referrer-Policy", "no-referrer", "Cache-Control", "private, no-store")
		contains(t, refused, `id="newPassword-error">Use at least 8`, `name="token" value="`+tokenOf(t, link)+`"`)
		lacks(t, refused, `value="zebra"`)
		form.Set("newPassword", "another-horse-2")
		expect(t, someone.PostForm("/reset-password", form), 303, "Location", "/login")
		contains(t, someone.Get("/login", navigate...), "Your password is set")
		lacks(t, someone.Get("/login", navigate...), "Your password is set") // said once
		for _, c := range []*authtest.Client{laptop, phone} {
			expect(t, c.Get("/dashboard", navigate...), 303, "Location", "/login")
		}
		expect(t, someone.PostForm("/login", credentials("ada@example.com", "another-horse-2")), 303, "Location",
			"/dashboard")
		dead := s.stranger(t).PostForm("/reset-password", form, s.htmx("/reset-password")...)
		expect(t, dead, 422)
		contains(t, dead, "This link does not work", `href="/forgot-password"`)
	})
}

// TestScannersChangeNothing: a mail program that looks at a link ten times leaves it good for the person.
func TestScannersChangeNothing(t *testing.T) {
	t.Parallel()
	s := verifyingSite(t, dbtest.Open(t, dbtest.SQLite(t)))
	ada := s.stranger(t)
	ada.PostForm("/signup", registration("ada@example.com", authtest.Password))
	scan := func(link string) {
		t.Helper()
		for range 10 {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				got := s.stranger(t).Do(method, link, "", navigate...)
				expect(t, got, 200, "Referrer-Policy", "no-referrer", "Cache-Control", "private, no-store", "Set-Cookie", "")
			}
		}
	}
	link := s.lastMailed(t, "verify_email", "ada@example.com")
	scan(link)
	if u, err := s.auth.UserByEmail(t.Context(), "ada@example.com"); err != nil || u.EmailVerified {
		t.Errorf("%+v, %v", u, err)
	}
	expect(t, ada.PostForm("/verify-email", url.Values{"token": {tokenOf(t, link)}}), 303, "Location", "/dashboard")
	link = s.resetLink(t, "ada@example.com")
	scan(link)
	expect(t, ada.Get("/dashboard", navigate...), 200)
	expect(t, ada.PostForm("/reset-password", url.Values{"token": {tokenOf(t, link)},
		"newPassword": {"another-horse-2"}}), 303)
}

// part:betterauth

// TestLinksBelongToOne: in a browser where another user is logged in, a link changes neither account, and the page
// explains why.
func TestLinksBelongToOne(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.person(t, "ada@example.com")
	bob, _ := s.person(t, "bob@example.com")
	ada.PostJSON("/api/auth/change-email", map[string]string{"newEmail": "new@example.com"}, "Origin", s.Base)
	links := []string{s.resetLink(t, "ada@example.com"), s.verifyLink(t, "ada@example.com"),
		s.lastMailed(t, "change_email", "new@example.com")}
	for _, link := range links {
		path, _, _ := strings.Cut(link, "?")
		shown := bob.Get(link, navigate...)
		expect(t, shown, 403)
		pressed := bob.PostForm(path, url.Values{"token": {tokenOf(t, link)}, "password": {authtest.Password},
			"newPassword": {"another-horse-2"}})
		expect(t, pressed, 422)
		for _, got := range []authtest.Answer{shown, pressed} {
			contains(t, got, "This link is not yours", `action="/logout"`)
			lacks(t, got, "ada@example.com", "new@example.com")
		}
	}
	if u, err := s.auth.UserByEmail(t.Context(), "ada@example.com"); err != nil || u.EmailVerified {
		t.Errorf("%+v, %v", u, err)
	}
	expect(t, bob.Get("/dashboard", navigate...), 200)
	expect(t, ada.Get("/dashboard", navigate...), 200)
	// part:admin
	acting := s.actAs(t, s.admin(t, "boss@example.com"), s.idOf(t, "ada@example.com"))
	shown := acting.Get(links[2], navigate...)
	expect(t, shown, 403)
	pressed := acting.PostForm("/verify-email", url.Values{"token": {tokenOf(t, links[2])}})
	expect(t, pressed, 422)
	for _, got := range []authtest.Answer{shown, pressed} {
		contains(t, got, "You cannot do this while you impersonate a user.")
		lacks(t, got, "another account")
	}
	// end:admin

	expect(t, ada.PostForm("/verify-email", url.Values{"token": {tokenOf(t, links[2])}}), 303, "Location",
		"/verify-email?done=changed")
	contains(t, ada.Get("/verify-email?done=changed", navigate...), "Your address is changed")
	contains(t, ada.Get("/dashboard", navigate...), "new@example.com")
}

// end:betterauth

// part:ratelimit

// TestMailsAreLimited: too many requests from a client are refused. Too many mails to an address are dropped silently.
func TestMailsAreLimited(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLite(t))
	s := newSiteWith(t, db, auth.Options{RequireEmailVerification: true, RateLimit: auth.RateLimit{
		Limiter: ratelimit.New(db, database.Now),
		Rules: []auth.RateRule{{Path: "/send-verification-email", Max: 5, Window: time.Minute},
			{Path: "/request-password-reset", Max: 5, Window: time.Minute}},
	}})
	ada := s.stranger(t)
	expect(t, ada.PostForm("/signup", registration("ada@example.com", authtest.Password)), 303)
	for _, c := range []struct{ path, purpose string }{{"/verify-email/resend", "verify_email"},
		{"/forgot-password", "reset_password"}} {
		form := url.Values{"email": {"ada@example.com"}}
		for range 5 {
			expect(t, ada.PostForm(c.path, form), 303)
		}
		for _, header := range [][]string{nil, s.htmx(c.path)} {
			got := ada.PostForm(c.path, form, header...)
			expect(t, got, 429)
			contains(t, got, "Too many tries. Wait ", "ada@example.com")
			if got.Header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		}
	}
	for _, purpose := range []string{"verify_email", "reset_password"} {
		if n := len(s.mailed(t, purpose, "ada@example.com")); n != 3 {
			t.Errorf("%d mails of %s in an hour, want 3", n, purpose)
		}
	}
}

// end:ratelimit

// TestAllowedChangePromisesNoMail: the new address may have had its mails for this hour.
func TestAllowedChangePromisesNoMail(t *testing.T) {
	t.Parallel()
	page := newSite(t).Get("/verify-email?done=allowed", navigate...)
	contains(t, page, "You allowed the change.", "If none comes, open this one again in an hour.")
	lacks(t, page, "on its way")
}

// TestMailIsPromisedOnceItWasAskedFor: a stranger who has asked for no link reads of none. After that the page says to
// look for it, whether or not the address has an account.
func TestMailIsPromisedOnceItWasAskedFor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	page := s.Get("/verify-email", navigate...)
	contains(t, page, "Confirm your address by mail</h1>", "Send me a link<", `type="email"`)
	lacks(t, page, "Check your e-mail", "another", "No mail?")
	refused := s.PostForm("/verify-email/resend", url.Values{"email": {"no address"}})
	expect(t, refused, 422)
	contains(t, refused, "Confirm your address by mail</h1>", "Send me a link<")
	to := s.PostForm("/verify-email/resend", url.Values{"email": {"nobody@example.com"}})
	expect(t, to, 303, "Location", "/verify-email?done=sent")
	page = s.Get("/verify-email?done=sent", navigate...)
	contains(t, page, "Check your e-mail</h1>", "Send me another link<", "a link is on its way", "No mail?")
	lacks(t, page, "another link is on its way", "There is a mail")
}

// TestConfirmedVisitorsNeedNoMail: they are sent on, and another link is refused with a reason.
func TestConfirmedVisitorsNeedNoMail(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.person(t, "ada@example.com")
	page := ada.Get("/verify-email", navigate...)
	contains(t, page, "Confirm your address by mail</h1>", "Send me a link<", "The link that we send to <b>ada@example.com</b>")
	lacks(t, page, "There is a mail", "No mail?")
	expect(t, ada.PostForm("/verify-email/resend", url.Values{"email": {"ada@example.com"}}), 303)
	expect(t, ada.PostForm("/verify-email", url.Values{"token": {tokenOf(t,
		s.lastMailed(t, "verify_email", "ada@example.com"))}}), 303, "Location", "/dashboard")
	expect(t, ada.Get("/verify-email", navigate...), 303, "Location", "/dashboard")
	refused := ada.PostForm("/verify-email/resend", url.Values{"email": {"ada@example.com"}})
	expect(t, refused, 422)
	contains(t, refused, "confirmed already")
}

// part:betterauth

// TestLinksOfTheWire: a link leads to the callbackURL of the client. Opening it changes nothing.
func TestLinksOfTheWire(t *testing.T) {
	t.Parallel()
	links := web.Links("https://app.example", nil)
	for _, c := range []struct{ purpose, callback, want string }{
		{"verify_email", "", "https://app.example/verify-email?token=a%2Bb"},
		{"change_email", "", "https://app.example/verify-email?token=a%2Bb"},
		{"confirm_email_change", "", "https://app.example/verify-email?token=a%2Bb"},
		{"reset_password", "", "https://app.example/reset-password?token=a%2Bb"},
		{"verify_email", "/welcome?a=b", "https://app.example/verify-email?token=a%2Bb&returnTo=%2Fwelcome%3Fa%3Db"},
		{"verify_email", "https://app.example/welcome", "https://app.example/verify-email?token=a%2Bb&returnTo=%2Fwelcome"},
		{"verify_email", "HTTPS://App.Example:443/a?b#c",
			"https://app.example/verify-email?token=a%2Bb&returnTo=%2Fa%3Fb%23c"},
		{"verify_email", "https://app.example", "https://app.example/verify-email?token=a%2Bb&returnTo=%2F"},
		{"verify_email", "https://app.example.evil.example/x", "https://app.example/verify-email?token=a%2Bb"},
		{"verify_email", "https://app.example:8443/x", "https://app.example/verify-email?token=a%2Bb"},
		{"verify_email", "https://app.example//evil.example/x", "https://app.example/verify-email?token=a%2Bb"},
		{"verify_email", "http://app.example/x", "https://app.example/verify-email?token=a%2Bb"},
		{"verify_email", "https://other.example/x", "https://app.example/verify-email?token=a%2Bb"},
		{"verify_email", "myapp://home", "https://app.example/verify-email?token=a%2Bb"},
		{"change_email", "/", "https://app.example/verify-email?token=a%2Bb&returnTo=%2F"},
		{"reset_password", "/reset", ""},
		{"reset_password", "/reset-password", "https://app.example/reset-password?token=a%2Bb"},
		{"reset_password", "https://app.example/reset-password", "https://app.example/reset-password?token=a%2Bb"},
		{"reset_password", "/reset-password?x=1", ""},
		{"delete_account", "", ""},
		{"something_new", "", ""},
	} {
		if got := links(letter.Purpose(c.purpose), "a+b", c.callback); got != c.want {
			t.Errorf("%s to %q: %q, want %q", c.purpose, c.callback, got, c.want)
		}
	}
	for purpose, want := range map[letter.Purpose]string{
		letter.NewDevice: "https://app.example/forgot-password", letter.PasswordChanged: "https://app.example/forgot-password",
		letter.ExistingAccount: "https://app.example/login", letter.AccountDeleted: "",
	} {
		if got := links(purpose, "", ""); got != want {
			t.Errorf("%s: %q, want %q", purpose, got, want)
		}
		if got := web.WireLinks("https://app.example", betterauth.Links("https://app.example"))(purpose, "", ""); got != "" {
			t.Errorf("%s, for a front end of its own: %q", purpose, got)
		}
	}
	s := newSite(t)
	s.person(t, "ada@example.com")
	s.stranger(t).PostJSON("/api/auth/request-password-reset",
		map[string]string{"email": "ada@example.com", "redirectTo": "/own"})
	if link := s.lastMailed(t, "reset_password", "ada@example.com"); !strings.HasPrefix(link,
		"/api/auth/reset-password/") {
		t.Error(link)
	}

	s = verifyingSite(t, dbtest.Open(t, dbtest.SQLite(t)))
	squatter := map[string]string{"name": "Eve", "email": "ada@example.com", "password": "eves-own-password",
		"callbackURL": "/welcome"}
	if got := s.stranger(t).PostJSON("/api/auth/sign-up/email", squatter); got.StatusCode != 200 {
		t.Fatal(got.Text)
	}
	link := s.lastMailed(t, "verify_email", "ada@example.com")
	for range 10 {
		s.stranger(t).Do(http.MethodHead, link, "")
		expect(t, s.stranger(t).Get(link), 200)
	}
	victim := s.stranger(t)
	expect(t, victim.PostForm("/verify-email", url.Values{"token": {tokenOf(t, link)}}), 422) // asks for a password she never chose
	u, err := s.auth.UserByEmail(t.Context(), "ada@example.com")
	if err != nil || u.EmailVerified {
		t.Errorf("verified by being opened: %v, %v", u, err)
	}
	expect(t, victim.PostForm("/verify-email", url.Values{"token": {tokenOf(t, link)}, "password": {"eves-own-password"},
		"returnTo": {"/welcome"}}), 303, "Location", "/welcome")
}

// end:betterauth

// FuzzLinkToken: no text but the token itself shows or does anything, and none breaks a page.
func FuzzLinkToken(f *testing.F) {
	db := dbtest.Open(f, dbtest.SQLite(f))
	a := authtest.NewOn(f, db, auth.Options{})
	app := web.New(web.Config{Auth: a, AppURL: "http://localhost:8080", Logger: slog.New(slog.DiscardHandler)})
	for _, token := range []string{
		"", " ", ".", "..", "%", "%2f", "' OR '1'='1", "\xff", "\x00", `"><script>alert(1)</script>`, strings.Repeat("A", 43),
		strings.Repeat("A", 5000), "a&token=b", "é", "javascript:alert(1)",
	} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		for _, path := range []string{"/verify-email", "/reset-password"} {
			got := serve(app, http.MethodGet, path+"?token="+url.QueryEscape(token), "")
			if got.Code != http.StatusGone || got.Header().Get("Referrer-Policy") != "no-referrer" ||
				strings.Contains(got.Body.String(), "<script>alert") {
				t.Fatalf("GET %s with %q: %d %s", path, token, got.Code, got.Body)
			}
			got = serve(app, http.MethodPost, path, url.Values{"token": {token}, "password": {token},
				"newPassword": {"zebra-zebra"}}.Encode())
			if got.Code != 422 && got.Code != 400 && got.Code != 413 || len(got.Header()["Set-Cookie"]) > 0 ||
				strings.Contains(got.Body.String(), "<script>alert") {
				t.Fatalf("POST %s with %q: %d %s", path, token, got.Code, got.Body)
			}
		}
	})
}

// serve asks a handler without a network between.
func serve(app http.Handler, method, target, form string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, target, strings.NewReader(form))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	app.ServeHTTP(w, req)
	return w
}
