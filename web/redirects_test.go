package web_test

import (
	"html"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"example.com/foyer/internal/auth/authtest"
)

// part:betterauth

// TestNoEntranceSendsVisitorsAway takes every hostile target through every place that takes one: the login page and
// its form, both by htmx, the signed-in visitor at the door, and the endpoints for programs.
func TestNoEntranceSendsVisitorsAway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	user, _ := s.person(t, "user@example.com")
	s.person(t, "often@example.com")
	form := credentials("often@example.com", authtest.Password) // so often that earlier sessions end
	for i, target := range slices.Concat(authtest.BadPaths, authtest.BadURLs) {
		login := "/login?returnTo=" + url.QueryEscape(target)
		page := s.Get(login, navigate...)
		if target != "" && strings.Contains(page.Text, `"`+html.EscapeString(target)+`"`) {
			t.Errorf("%.100q is in the login page", target)
		}
		expect(t, user.Copy().Get(login, navigate...), 303, "Location", "/dashboard")
		expect(t, user.Copy().Get(login, s.htmx("/")...), 204, "HX-Redirect", "/dashboard")
		if !utf8.ValidString(target) || target == "" {
			continue
		}
		form.Set("returnTo", target)
		if i%2 == 0 { // each is a password hash
			expect(t, s.stranger(t).PostForm(login, form), 303, "Location", "/dashboard")
		} else {
			expect(t, s.stranger(t).PostForm(login, form, s.htmx("/login")...), 204, "HX-Redirect", "/dashboard")
		}

		for _, c := range []struct {
			answer authtest.Answer
			code   string
		}{
			{s.stranger(t).PostJSON("/api/auth/sign-in/email",
				map[string]string{"email": "user@example.com", "password": authtest.Password, "callbackURL": target}),
				"INVALID_CALLBACK_URL"},
			{s.stranger(t).PostJSON("/api/auth/request-password-reset",
				map[string]string{"email": "user@example.com", "redirectTo": target}), "INVALID_REDIRECT_URL"},
			{s.stranger(t).Get("/api/auth/verify-email?token=abc&callbackURL=" + url.QueryEscape(target)),
				"INVALID_CALLBACK_URL"},
			{s.stranger(t).Get("/api/auth/reset-password/abc?callbackURL=" + url.QueryEscape(target)), "INVALID_CALLBACK_URL"},
		} {
			if c.answer.StatusCode != 403 || !strings.Contains(c.answer.Text, `"`+c.code+`"`) ||
				len(c.answer.Header["Location"])+len(c.answer.Header["Set-Cookie"]) > 0 {
				t.Errorf("%.100q: %d %s %v", target, c.answer.StatusCode, c.answer.Text, c.answer.Header)
			}
		}
	}
	if mails, err := os.ReadDir(string(s.mails)); err != nil || len(mails) > 0 {
		t.Errorf("%d mails, %v", len(mails), err)
	}
}

// end:betterauth

// part:betterauth

// TestEntrancesKeepGoodTargets: what stays on this site arrives byte by byte.
func TestEntrancesKeepGoodTargets(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	user, _ := s.person(t, "user@example.com")
	for _, target := range []string{
		"/dashboard", "/users/7#top", "/people?q=a%20b", "/search?next=https://other.example/", "/caf%C3%A9", "/a/b/../c",
	} {
		login := "/login?returnTo=" + url.QueryEscape(target)
		form := credentials("user@example.com", authtest.Password)
		form.Set("returnTo", target)
		expect(t, s.stranger(t).PostForm(login, form), 303, "Location", target)
		expect(t, s.stranger(t).PostForm(login, form, s.htmx("/login")...), 204, "HX-Redirect", target)
		expect(t, user.Copy().Get(login, navigate...), 303, "Location", target)
		path, _, _ := strings.Cut(target, "#")
		path, _, _ = strings.Cut(path, "?")
		for _, wire := range []string{"/api/auth/verify-email?token=abc&callbackURL=",
			"/api/auth/reset-password/abc?callbackURL="} {
			got := s.stranger(t).Get(wire + url.QueryEscape(target))
			if to := strings.TrimPrefix(got.Header.Get("Location"), s.Base); got.StatusCode != 302 ||
				!strings.HasPrefix(to, path) || !strings.Contains(to, "error=") {
				t.Errorf("%s%s: %d %q", wire, target, got.StatusCode, to)
			}
		}
	}
}

// end:betterauth
