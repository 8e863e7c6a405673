package main

import (
	"regexp"
	"strings"
	"testing"

	"example.com/foyer/internal/auth/authtest"
)

// part:betterauth

// TestSetUpForClients: a phone's app that is trusted beside CORS signs up, with what a developer's machine serves as
// the picture, and by MAIL_LINKS=wire the mail leads to /api/auth alone and from there into the app.
func TestSetUpForClients(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "EMAIL_VERIFICATION=on", "MAIL_LINKS=wire", "TRUSTED_ORIGINS=myapp://", "CORS=on")
	phone := authtest.NewClient(t, s.url)
	signUp := map[string]string{
		"name": "", "email": "ada@example.com", "password": authtest.Password, "callbackURL": "myapp://home",
		"image": "http://localhost:9000/a.png",
	}
	if got := phone.PostJSON("/api/auth/sign-up/email", signUp, "Expo-Origin", "myapp://", "Cookie", "a=b"); got.StatusCode != 200 {
		t.Fatalf("sign-up: %d %s", got.StatusCode, got.Text)
	}
	link := regexp.MustCompile(`/api/auth/verify-email\?token=[A-Za-z0-9_-]{43}&(amp;)?callbackURL=myapp%3A%2F%2Fhome`).
		FindString(authtest.NewClient(t, s.url).Get("/dev/mail").Text)
	if link == "" {
		t.Fatal("no link of the wire in the inbox")
	}
	opened := phone.Get(strings.Replace(link, "&amp;", "&", 1))
	if opened.StatusCode != 302 || opened.Header.Get("Location") != "myapp://home" {
		t.Errorf("the link: %d to %q", opened.StatusCode, opened.Header.Get("Location"))
	}
}

// end:betterauth

// TestNoSchemeOfABrowserIsAnApp: whatever a browser acts upon itself keeps the server from starting.
func TestNoSchemeOfABrowserIsAnApp(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"javascript://", "data://", "https://", "moz-extension://"} {
		_, stderr, code := result(t, t.TempDir(), authtest.Password+"\n", []string{"TRUSTED_ORIGINS=" + scheme}, "user", "create", "ada@example.com")
		if code == 0 || !strings.Contains(stderr, scheme) {
			t.Errorf("%s: %d %s", scheme, code, stderr)
		}
	}
}
