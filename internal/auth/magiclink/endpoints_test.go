package magiclink_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/betterauth"
	"example.com/foyer/internal/auth/magiclink"
)

// TestTheLinkOfTheContract: it carries where it leads, acts by GET alone, and leads on or answers JSON.
func TestTheLinkOfTheContract(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{TrustedOrigins: []string{"https://spa.example"}})
	r.addUser(ada)
	ask := func(fields ...string) auth.Mail {
		t.Helper()
		body := map[string]string{"email": ada, "name": "ignored", "newUserCallbackURL": "/new"}
		for i := 0; i < len(fields); i += 2 {
			body[fields[i]] = fields[i+1]
		}
		want(t, post(r.browser(), "/sign-in/magic-link", body), 200, "")
		return r.last()
	}
	want(t, r.browser().Get("/api/auth/magic-link/verify"), 400, "VALIDATION_ERROR")
	m := ask()
	if prefix := home + "/api/auth/magic-link/verify?token="; !strings.HasPrefix(m.URL, prefix) ||
		!strings.HasSuffix(m.URL, "&callbackURL=%2F") || len(tokenOf(m)) < 22 {
		t.Errorf("%q", m.URL)
	}
	browser := r.browser()
	if got := browser.Do(http.MethodHead, strings.TrimPrefix(m.URL, home), ""); got.StatusCode != 404 {
		t.Errorf("HEAD: %d", got.StatusCode)
	}
	if got := post(browser, "/magic-link/verify", map[string]string{"token": tokenOf(m)}); got.StatusCode != 404 {
		t.Errorf("POST: %d", got.StatusCode)
	}
	got := browser.Get("/api/auth/magic-link/verify?token=" + tokenOf(m))
	if got.StatusCode != 200 || got.Header.Get("Referrer-Policy") != "no-referrer" ||
		!strings.Contains(got.Text, `"session":{`) || !strings.Contains(got.Text, `"token":"`) {
		t.Errorf("%d %v %s", got.StatusCode, got.Header, got.Text)
	}
	m = ask("callbackURL", "https://spa.example/in?x=1", "errorCallbackURL", "/err?y=1")
	wantTo(t, follow(r.browser(), m), "https://spa.example/in?x=1")
	wantTo(t, follow(r.browser(), m), "/err?y=1&error=INVALID_TOKEN")
	m = ask("callbackURL", "/in")
	want := magiclink.Link{Email: ada, CallbackURL: "/in"}
	if l, err := r.magic.Peek(t.Context(), tokenOf(m)); err != nil || l != want {
		t.Errorf("%+v, %v", l, err)
	}
	follow(r.browser(), m)
	wantTo(t, follow(r.browser(), m), "/in?error=INVALID_TOKEN")
}

// TestTheLinkOfAnotherUser: an attacker leads a signed-in browser to a link of the attacker's. The session stays, and
// the link too.
func TestTheLinkOfAnotherUser(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	r.addUser(ada)
	r.addUser("bob@example.com")
	bob := r.browser()
	bob.SignIn("bob@example.com", authtest.Password)
	want(t, post(r.browser(), "/sign-in/magic-link", map[string]string{"email": ada, "callbackURL": "/in"}), 200, "")
	m := r.last()
	wantTo(t, follow(bob, m), "/in?error=INVALID_USER")
	r.wantWho(bob, "bob@example.com")
	own := r.browser()
	own.SignIn(ada, authtest.Password)
	wantTo(t, follow(own, m), "/in")
	r.wantWho(own, ada)
}

// TestNoLinkLeadsToAStranger: callbackURLs are checked when a mail is asked for, when its link is opened, and when its
// page is shown, because an origin may lose its trust.
func TestNoLinkLeadsToAStranger(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{TrustedOrigins: []string{"https://spa.example"}})
	r.addUser(ada)
	codes := map[string]string{
		"callbackURL": "INVALID_CALLBACK_URL", "errorCallbackURL": "INVALID_ERROR_CALLBACK_URL",
		"newUserCallbackURL": "INVALID_NEW_USER_CALLBACK_URL",
	}
	for name, code := range codes {
		for _, evil := range []string{"https://evil.example", "//evil.example", `/\evil.example`} {
			want(t, post(r.browser(), "/sign-in/magic-link", map[string]string{"email": ada, name: evil}), 403, code)
		}
	}
	if r.mails() > 0 {
		t.Errorf("%d mails", r.mails())
	}
	m := r.ask(ada)
	for name := range codes {
		evil := url.Values{"token": {tokenOf(m)}, name: {"https://evil.example/x"}}
		want(t, r.browser().Get("/api/auth/magic-link/verify?"+evil.Encode()), 403, "INVALID_CALLBACK_URL")
	}
	body := map[string]string{"email": ada, "callbackURL": "https://spa.example/in"}
	want(t, post(r.browser(), "/sign-in/magic-link", body), 200, "")
	later, err := magiclink.New(authtest.NewOn(t, r.db, auth.Options{Now: r.clock.Now}), r.db, []string{authtest.Secret},
		magiclink.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if l, err := later.Peek(t.Context(), tokenOf(r.last())); err != nil || l != (magiclink.Link{Email: ada}) {
		t.Errorf("%+v, %v", l, err)
	}
}

// TestFaultyRequests: what is missing or of another type is refused, and so is every other purpose of codes.
func TestFaultyRequests(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	const link, send, in, check = "/sign-in/magic-link", "/email-otp/send-verification-otp", "/sign-in/email-otp",
		"/email-otp/check-verification-otp"
	for _, c := range []struct {
		path, body string
		code       string
	}{
		{link, `{}`, "VALIDATION_ERROR"},
		{link, `{"email":5}`, "VALIDATION_ERROR"},
		{link, `{"email":"nope"}`, "VALIDATION_ERROR"},
		{link, `{"email":"ada@example.com","name":5}`, "VALIDATION_ERROR"},
		{send, `{}`, "VALIDATION_ERROR"},
		{send, `{"email":"ada@example.com"}`, "VALIDATION_ERROR"},
		{send, `{"email":"ada@example.com","type":"bogus"}`, "VALIDATION_ERROR"},
		{send, `{"email":"nope","type":"sign-in"}`, "INVALID_EMAIL"},
		{send, `{"email":"ada@example.com","type":"email-verification"}`, ""},
		{send, `{"email":"ada@example.com","type":"forget-password"}`, ""},
		{send, `{"email":"ada@example.com","type":"change-email"}`, ""},
		{check, `{"email":"ada@example.com","type":"forget-password","otp":"123456"}`, ""},
		{check, `{"email":"ada@example.com","otp":"123456"}`, "VALIDATION_ERROR"},
		{in, `{"email":"ada@example.com"}`, "VALIDATION_ERROR"},
		{in, `{"email":"ada@example.com","otp":123456}`, "VALIDATION_ERROR"},
		{in, `{"email":"ada@example.com","otp":"123456"}`, "INVALID_OTP"},
		{in, `{"email":"\u0000","otp":"123456"}`, "VALIDATION_ERROR"},
	} {
		got := r.browser().Do(http.MethodPost, "/api/auth"+c.path, c.body, "Content-Type", "application/json", "Origin", home)
		t.Log(c.path, c.body)
		want(t, got, 400, c.code)
	}
	got := r.browser().PostJSON("/api/auth"+send, map[string]string{"email": ada, "type": "sign-in"},
		"Origin", "https://evil.example")
	want(t, got, 403, "INVALID_ORIGIN")
}

// TestCheckingACodeSpendsAGuess: the code stays good for what is left of its guesses.
func TestCheckingACodeSpendsAGuess(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	r.addUser(ada)
	m := r.ask(ada)
	check := func(code string) authtest.Answer {
		return post(r.browser(), "/email-otp/check-verification-otp",
			map[string]string{"email": ada, "type": "sign-in", "otp": code})
	}
	if got := check(m.Code); got.StatusCode != 200 || got.Text != `{"success":true}` {
		t.Errorf("%d %s", got.StatusCode, got.Text)
	}
	want(t, check(wrong(m.Code)), 400, "INVALID_OTP")
	want(t, enter(r.browser(), ada, m.Code), 200, "")
	m = r.ask(ada)
	for range 3 {
		want(t, check(m.Code), 200, "")
	}
	want(t, check(m.Code), 403, "TOO_MANY_ATTEMPTS")
}

// TestWithoutIt: a nil MagicLink has no endpoints, so that a program can leave it out by its configuration.
func TestWithoutIt(t *testing.T) {
	t.Parallel()
	var off *magiclink.MagicLink
	a := authtest.New(t)
	c := authtest.Serve(t, authtest.Wire(t, a, betterauth.Options{Plugins: []betterauth.Plugin{off.Endpoints}}))
	for _, path := range []string{"/sign-in/magic-link", "/sign-in/email-otp", "/email-otp/send-verification-otp"} {
		if got := post(c, path, map[string]string{"email": ada}); got.StatusCode != 404 {
			t.Errorf("%s: %d %s", path, got.StatusCode, got.Text)
		}
	}
	if _, err := magiclink.New(a, nil, []string{"short"}, magiclink.Options{}); err == nil {
		t.Error("a short secret is taken")
	}
}
