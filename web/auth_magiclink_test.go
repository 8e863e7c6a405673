package web_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/web"
	"gorm.io/gorm"
)

const askLink = "/login/link"

// lastCode is the code that was mailed last.
func (s *site) lastCode(t *testing.T) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(string(s.mails), "*.json"))
	if err != nil || len(names) == 0 {
		t.Fatal("no mail", err)
	}
	data, err := os.ReadFile(slices.Max(names))
	if err != nil {
		t.Fatal(err)
	}
	var m struct{ Code string }
	if err := json.Unmarshal(data, &m); err != nil || len(m.Code) != 6 {
		t.Fatalf("%s: %v", data, err)
	}
	return m.Code
}

// askForLink asks for a mail in a browser and returns its link.
func (s *site) askForLink(t *testing.T, c *authtest.Client, email, returnTo string) (link string) {
	t.Helper()
	to := askLink + "?done=sent"
	if returnTo != "" {
		to += "&returnTo=" + url.QueryEscape(returnTo)
	}
	form := url.Values{"email": {" " + email + " "}, "returnTo": {returnTo}}
	expect(t, c.PostForm(askLink, form, navigate...), 303, "Location", to)
	return s.lastMailed(t, "magic_link", email)
}

// TestMagicLinkPage: the page of a mailed link changes nothing, however often it is opened. Its button logs in, once,
// and goes to where the visitor wanted to.
func TestMagicLinkPage(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		s := newSiteOn(t, db)
		s.person(t, "ada@example.com")
		link := s.askForLink(t, s.stranger(t), "ada@example.com", "/settings?tab=2")
		if !strings.HasPrefix(link, "/magic-link?token=") || !strings.HasSuffix(link, "&returnTo=%2Fsettings%3Ftab%3D2") {
			t.Errorf("the mail leads to %s", link)
		}
		phone := s.stranger(t)
		var page authtest.Answer
		for range 5 {
			page = phone.Get(link, navigate...)
			expect(t, page, 200, "Referrer-Policy", "no-referrer", "Cache-Control", "private, no-store", "Set-Cookie", "")
			contains(t, page, "<b>ada@example.com</b>", `name="remember"`)
			phone.Do(http.MethodHead, link, "")
		}
		form := fill(t, page, "/magic-link")
		done := phone.PostForm("/magic-link", form, navigate...)
		expect(t, done, 303, "Location", "/settings?tab=2")
		for _, cookie := range done.Cookies() {
			if strings.HasSuffix(cookie.Name, "session_token") && cookie.MaxAge != 0 {
				t.Errorf("the session outlives the browser unasked: %v", cookie)
			}
		}
		expect(t, phone.Get("/settings", navigate...), 200)
		expect(t, phone.Get("/settings/security", navigate...), 200) // the mail was a proof just now
		other := s.stranger(t)
		again := other.PostForm("/magic-link", form, navigate...)
		expect(t, again, 422)
		contains(t, again, "This link does not work", `href="/login/link"`)
		expect(t, other.Get(link, navigate...), 410)
		contains(t, other.Get("/magic-link", navigate...), "Open the link in your mail once more")
	})
}

// TestMailedCodesOfTwoTabs: a refused code leaves the form with its own address, though another tab has asked for a
// mail to another one since.
func TestMailedCodesOfTwoTabs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person(t, "ada@example.com")
	s.person(t, "eve@example.com")
	c := s.stranger(t)
	s.askForLink(t, c, "ada@example.com", "")
	first, code := fill(t, c.Get(askLink+"?done=sent", navigate...), askLink+"/code"), s.lastCode(t)
	s.askForLink(t, c, "eve@example.com", "")
	first.Set("code", "12")
	wrong := c.PostForm(askLink+"/code", first, navigate...)
	expect(t, wrong, 422)
	contains(t, wrong, "If <b>ada@example.com</b> has an account")
	first = hidden(posts(t, wrong)[0])
	first.Set("code", code)
	expect(t, c.PostForm(askLink+"/code", first, navigate...), 303, "Location", "/dashboard")
	contains(t, c.Get("/settings", navigate...), "ada@example.com")
}

// TestMailedCodePage: the code is typed into the browser that asked, with and without cookies, and with htmx.
func TestMailedCodePage(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		s := newSiteOn(t, db)
		s.person(t, "ada@example.com")
		c := s.stranger(t)
		contains(t, c.Get("/login?returnTo=/settings", navigate...), `value="/login/link"`, "Log in by e-mail")
		s.askForLink(t, c, "ada@example.com", "/settings")
		page := c.Get(askLink+"?done=sent&returnTo=/settings", navigate...)
		contains(t, page, "If <b>ada@example.com</b> has an account", `autocomplete="one-time-code"`, `inputmode="numeric"`)
		form := fill(t, page, askLink+"/code", "code", "12")
		wrong := c.PostForm(askLink+"/code", form, navigate...)
		expect(t, wrong, 422)
		contains(t, wrong, "That is not the code.", `action="/login/link/code"`)
		lacks(t, wrong, `value="12"`)
		code := s.lastCode(t)
		form.Set("code", " "+code[:3]+" "+code[3:]+" ")
		form.Set("remember", "on")
		expect(t, c.PostForm(askLink+"/code", form, navigate...), 303, "Location", "/settings")
		expect(t, c.Get("/settings", navigate...), 200)
		expect(t, c.Get(askLink, navigate...), 303, "Location", "/dashboard") // a guest's page

		s.askForLink(t, s.stranger(t), "ada@example.com", "")
		bare := s.stranger(t) // without the cookie that keeps the address
		page = bare.Get(askLink+"?done=sent", navigate...)
		contains(t, page, "If the address has an account", `type="email"`)
		form = url.Values{"email": {"ada@example.com"}, "code": {s.lastCode(t)}}
		expect(t, bare.PostForm(askLink+"/code", form, s.htmx(askLink)...), 204, "HX-Redirect", "/dashboard")
	})
}

// TestMagicLinkPagesTellNobody: every address gets the same pages, also after too many codes.
func TestMagicLinkPagesTellNobody(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person(t, "known@example.com")
	said := map[string]string{}
	for _, email := range []string{"known@example.com", "other@example.com"} {
		c := s.stranger(t)
		var all strings.Builder
		note := func(got authtest.Answer) {
			all.WriteString(got.Status + got.Header.Get("Location") + strings.ReplaceAll(got.Text, email, "*"))
		}
		note(c.PostForm(askLink, url.Values{"email": {email}}, navigate...))
		note(c.Get(askLink+"?done=sent", navigate...))
		wrong := "000000"
		if s.lastCode(t) == wrong {
			wrong = "000001"
		}
		for range 4 {
			note(c.PostForm(askLink+"/code", url.Values{"email": {email}, "code": {wrong}}, navigate...))
		}
		said[email] = all.String()
	}
	if said["known@example.com"] != said["other@example.com"] {
		t.Errorf("%s\n\n%s", said["known@example.com"], said["other@example.com"])
	}
	if !strings.Contains(said["known@example.com"], "Too many wrong codes.") {
		t.Error(said["known@example.com"])
	}
}

// TestMagicLinkOfAnother: a visitor who is logged in is not moved to another account, and a banned one meets a page.
func TestMagicLinkOfAnother(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, id := s.person(t, "ada@example.com")
	eve, _ := s.person(t, "eve@example.com")
	link := s.askForLink(t, s.stranger(t), "ada@example.com", "")
	form := url.Values{"token": {tokenOf(t, link)}}
	expect(t, eve.Get(link, navigate...), 403)
	contains(t, eve.PostForm("/magic-link", form, navigate...), "This link is not yours")
	contains(t, eve.Get("/settings", navigate...), "eve@example.com")
	expect(t, ada.PostForm("/magic-link", form, navigate...), 303, "Location", "/dashboard")

	link = s.askForLink(t, s.stranger(t), "ada@example.com", "")
	code := s.lastCode(t)
	if _, err := s.auth.BanUser(t.Context(), nil, id, "spam", nil); err != nil {
		t.Fatal(err)
	}
	stranger := s.stranger(t)
	for path, form := range map[string]url.Values{
		"/magic-link":     {"token": {tokenOf(t, link)}},
		askLink + "/code": {"email": {"ada@example.com"}, "code": {code}},
	} {
		got := stranger.PostForm(path, form, navigate...)
		expect(t, got, 403)
		contains(t, got, "You have been banned from this application.")
	}
	expect(t, stranger.Get("/dashboard", navigate...), 303)
}

// TestMagicLinkForms: what is typed is checked, and a link that has expired says so.
func TestMagicLinkForms(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person(t, "ada@example.com")
	c := s.stranger(t)
	refused := c.PostForm(askLink, url.Values{"email": {"ada"}, "returnTo": {"//evil.example"}}, navigate...)
	expect(t, refused, 422)
	contains(t, refused, "Enter an e-mail address", `value="ada"`, `name="returnTo" value="/dashboard"`)
	expect(t, c.PostForm("/address", url.Values{"to": {askLink}, "email": {"ada@example.com"}}), 303, "Location", askLink)
	contains(t, c.Get(askLink, navigate...), `value="ada@example.com"`)
	link := s.askForLink(t, c, "ada@example.com", "")
	code := s.lastCode(t)
	s.ahead.Add(int64(5 * time.Minute))
	contains(t, c.Get(link, navigate...), "This link has expired", `href="/login/link"`)
	form := url.Values{"email": {"ada@example.com"}, "code": {code}}
	contains(t, c.PostForm(askLink+"/code", form, navigate...), "The code has expired.")
	for range 3 {
		s.askForLink(t, c, "ada@example.com", "")
	}
	contains(t, c.Get(link, navigate...), "This link does not work")
}

// TestMagicLinkOff: without it there is no page and no way to one.
func TestMagicLinkOff(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	off := web.New(web.Config{
		Auth: s.auth, AppURL: s.Base, Logger: s.server.Logger, Keys: ring(t),
		TwoFactor: s.server.TwoFactor, // part:twofactor
		Passkeys:  s.server.Passkeys,  // part:passkey
	})
	c := authtest.Serve(t, off)
	get := func(path string) authtest.Answer {
		req, err := http.NewRequest(http.MethodGet, c.Base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = strings.TrimPrefix(s.Base, "http://")
		req.Header.Set("Accept", "text/html")
		res, err := c.Client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return authtest.Answer{Response: res, Text: string(text)}
	}
	lacks(t, get("/login"), "/login/link")
	expect(t, get(askLink), 404)
	expect(t, get("/magic-link"), 404)
}

// part:twofactor

// TestMagicLinkAndSecondFactor: link and code are the first step of two.
func TestMagicLinkAndSecondFactor(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		s := newSiteOn(t, db)
		ada, _ := s.person(t, "ada@example.com")
		if err := db.Model(&auth.User{}).Where("email = ?", "ada@example.com").
			Update("email_verified", true).Error; err != nil {
			t.Fatal(err)
		}
		app, _ := s.addFactor(t, ada)
		c := s.stranger(t)
		link := s.askForLink(t, c, "ada@example.com", "/settings")
		form := url.Values{"token": {tokenOf(t, link)}, "returnTo": {"/settings"}}
		expect(t, c.PostForm("/magic-link", form, navigate...), 303, "Location", "/login/code?returnTo=%2Fsettings")
		expect(t, c.Get("/dashboard", navigate...), 303)
		enters(t, c, url.Values{"code": {app.code(t)}})

		c = s.stranger(t)
		s.askForLink(t, c, "ada@example.com", "")
		form = url.Values{"email": {"ada@example.com"}, "code": {s.lastCode(t)}}
		expect(t, c.PostForm(askLink+"/code", form, navigate...), 303, "Location", "/login/code")
		enters(t, c, url.Values{"code": {app.code(t)}})
	})
}

// end:twofactor

// part:betterauth

// TestMagicLinkOfAClient: a client's link leads to the page of the app, and from there to where the client said.
func TestMagicLinkOfAClient(t *testing.T) {
	t.Parallel()
	s := newSiteWith(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{TrustedOrigins: []string{"https://spa.example"}})
	s.person(t, "ada@example.com")
	for callbackURL, c := range map[string]struct{ end, source string }{
		"https://spa.example/in?a=b": {"https://spa.example/in?a=b", " https://spa.example"},
		s.Base + "/settings":         {"/settings", ""},
		"":                           {"/dashboard", ""},
	} {
		body := map[string]string{"email": "ada@example.com", "callbackURL": callbackURL}
		expect(t, s.stranger(t).PostJSON("/api/auth/sign-in/magic-link", body, "Origin", s.Base), 200)
		visitor := s.stranger(t)
		page := visitor.Get(s.lastMailed(t, "magic_link", "ada@example.com"), navigate...)
		if got := page.Header.Get("Content-Security-Policy"); !strings.Contains(got, "; form-action 'self'"+c.source+";") {
			t.Errorf("%s: %s", callbackURL, got)
		}
		expect(t, visitor.PostForm("/magic-link", fill(t, page, "/magic-link"), navigate...), 303, "Location", c.end)
		expect(t, visitor.Get("/dashboard", navigate...), 200)
	}
}

// TestMagicLinkOfTheWire: with MAIL_LINKS=wire the mail has the link of the contract.
func TestMagicLinkOfTheWire(t *testing.T) {
	t.Parallel()
	wire := func(purpose letter.Purpose, token, callbackURL string) string { return "wire:" + token + callbackURL }
	if got := web.WireLinks("https://app.example", wire)(letter.MagicLink, "x", "/in"); got != "wire:x/in" {
		t.Error(got)
	}
	if got := web.Links("https://app.example", wire)(letter.MagicLink, "x", "/in"); got !=
		"https://app.example/magic-link?token=x&returnTo=%2Fin" {
		t.Error(got)
	}
}

// end:betterauth
