package main

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/mail/mailtest"
	"example.com/foyer/web"
)

// part:betterauth

// TestMailedLink: in development, the link at /dev/mail resets a password. It works once and ends all sessions, also
// those of copied cookies and after a restart.
func TestMailedLink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, dir)
	b := authtest.NewClient(t, s.url)
	b.SignUp("ada@example.com")
	b.Get("/dashboard") // the cookies have a cached copy now
	thief := b.Copy()

	stranger := authtest.NewClient(t, s.url)
	if text := stranger.Get("/dev/mail").Text; !strings.Contains(text, "No mail yet") {
		t.Errorf("an inbox before any mail: %s", text)
	}
	elsewhere := map[string]string{"email": "ada@example.com",
		"redirectTo": "/login?from=mail"} // the token would be in its address
	if res := stranger.PostJSON("/api/auth/request-password-reset", elsewhere); res.StatusCode != http.StatusForbidden ||
		!strings.Contains(res.Text, "INVALID_REDIRECT_URL") {
		t.Errorf("%d %s", res.StatusCode, res.Text)
	}
	for _, email := range []string{"ada@example.com", "nobody@example.com"} {
		began := time.Now()
		res := stranger.PostJSON("/api/auth/request-password-reset",
			map[string]string{"email": email, "redirectTo": "/reset-password"})
		if took := time.Since(began); res.StatusCode != http.StatusOK || took < 300*time.Millisecond {
			t.Fatalf("%d %s after %v", res.StatusCode, res.Text, took)
		}
	}
	inbox := stranger.Get("/dev/mail").Text
	links := regexp.MustCompile(`href="(http[^"]+/reset-password[^"]+)"`).FindAllStringSubmatch(inbox, -1)
	if len(links) != 2 || links[0][1] != links[1][1] || !strings.Contains(inbox, "Choose a new password for "+web.AppName) ||
		!strings.Contains(inbox, "To <bdi>ada@example.com</bdi>") {
		t.Fatalf("the inbox holds %d links: %s", len(links), inbox)
	}
	link, err := url.Parse(html.UnescapeString(links[0][1]))
	if err != nil {
		t.Fatal(err)
	}
	token := link.Query().Get("token")
	for range 3 { // looking at it changes nothing
		res := stranger.Get(link.RequestURI())
		if res.StatusCode != http.StatusOK || link.Path != "/reset-password" || token == "" ||
			!strings.Contains(res.Text, `name="newPassword"`) {
			t.Fatalf("%s: %d %s", link, res.StatusCode, res.Text)
		}
	}
	if strings.Contains(s.output(), token) {
		t.Error("the token is in the log")
	}
	var statuses []int
	origin := strings.Replace(s.url, "127.0.0.1", "localhost", 1) // the first reset leaves a cookie
	for range 2 {
		res := stranger.PostJSON("/api/auth/reset-password",
			map[string]string{"newPassword": "271-828-182", "token": token}, "Origin", origin)
		statuses = append(statuses, res.StatusCode)
	}
	if statuses[0] != http.StatusOK || statuses[1] != http.StatusBadRequest {
		t.Errorf("resetting twice: %v", statuses)
	}
	wantOut := func() {
		t.Helper()
		for _, c := range []*authtest.Client{b, thief} {
			copied := c.Copy()
			copied.Base = s.url
			if got := copied.Get("/dashboard").StatusCode; got != http.StatusSeeOther {
				t.Errorf("/dashboard with cookies from before the reset: %d", got)
			}
		}
	}
	wantOut()
	s.stop(t)
	s = start(t, dir)
	wantOut()
	authtest.NewClient(t, s.url).SignIn("ada@example.com", "271-828-182")
}

// end:betterauth

// part:betterauth

// TestConfirmByTheInbox: by default a new user confirms the address by a link at /dev/mail; the demo users need not.
func TestConfirmByTheInbox(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "EMAIL_VERIFICATION=")
	b := authtest.NewClient(t, s.url)
	form := url.Values{"name": {"Ada"}, "email": {"ada@example.com"}, "password": {authtest.Password}}
	if got := b.PostForm("/signup", form); got.StatusCode != 303 || got.Header.Get("Location") != "/verify-email" {
		t.Fatalf("sign-up: %d to %q", got.StatusCode, got.Header.Get("Location"))
	}
	if got := b.Get("/verify-email"); !strings.Contains(got.Text, `href="/dev/mail"`) {
		t.Errorf("no word of /dev/mail: %s", got.Text)
	}
	link := regexp.MustCompile(`/verify-email\?token=([A-Za-z0-9_-]{43})`).FindStringSubmatch(b.Get("/dev/mail").Text)
	if link == nil {
		t.Fatal("no link in the inbox")
	}
	if got := b.PostForm("/verify-email", url.Values{"token": {link[1]}}); got.StatusCode != 303 ||
		got.Header.Get("Location") != "/dashboard" {
		t.Errorf("the button: %d to %q %s", got.StatusCode, got.Header.Get("Location"), got.Text)
	}
	if got := b.Get("/dashboard"); got.StatusCode != 200 {
		t.Errorf("the dashboard: %d", got.StatusCode)
	}
	if strings.Contains(s.output(), link[1]) {
		t.Error("the token is in the log")
	}
	authtest.NewClient(t, s.url).SignIn("user@example.com", password(t, s.output(), "user@example.com"))
}

// end:betterauth

// TestProductionNeedsMail: production does not start without mail, because no user could confirm an address.
func TestProductionNeedsMail(t *testing.T) {
	t.Parallel()
	_, stderr, code := result(t, t.TempDir(), "", append([]string{"EMAIL_VERIFICATION=on"}, production...))
	if code == 0 || !strings.Contains(stderr, "SMTP_URL: ") || !strings.Contains(stderr, "MAIL_FROM: ") {
		t.Errorf("%d %s", code, stderr)
	}
}

// part:betterauth

// TestKilledBeforeSending: the next server sends the mails of one that was killed after its answer.
func TestKilledBeforeSending(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	away := mailtest.Serve(t, "")
	away.Stop()
	env := []string{"SMTP_URL=smtp://" + away.Addr, "MAIL_FROM=App <hello@app.example>"}
	s := start(t, dir, env...)
	authtest.NewClient(t, s.url).SignUp("ada@example.com")
	res := authtest.NewClient(t, s.url).PostForm("/forgot-password", url.Values{"email": {"ada@example.com"}})
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("without a mail server: %d %s", res.StatusCode, res.Text)
	}
	if err := s.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-s.done

	back := mailtest.Serve(t, away.Addr)
	s = start(t, dir, env...)
	var got mailtest.Received
	select {
	case got = <-back.Mails:
	case <-s.done:
		t.Fatalf("server ended: %s", s.output())
	}
	link := regexp.MustCompile(`/reset-password\?token=3D([A-Za-z0-9_=\r\n-]+)`).FindString(got.Text)
	if len(got.Recipients) != 1 || !strings.Contains(got.Recipients[0], "<ada@example.com>") || link == "" {
		t.Errorf("%+v", got)
	}
	s.stop(t)
	if n := len(back.Received()); n != 1 {
		t.Errorf("%d mails, want one", n)
	}
	if strings.Contains(s.output(), "token=") {
		t.Errorf("the log holds a token: %s", s.output())
	}
}

// end:betterauth
