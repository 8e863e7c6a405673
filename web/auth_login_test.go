package web_test

import (
	"net/url"
	"strings"
	"testing"

	"example.com/foyer/internal/auth/authtest"
)

// TestBrowserWithoutCookiesLearnsWhy: the right password of a browser that keeps no cookies leads to a log-in page that
// says so. The page says it to no other browser.
func TestBrowserWithoutCookiesLearnsWhy(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person(t, "ada@example.com")
	const notice = "This browser keeps no cookies of this site."
	blocked := s.stranger(t)
	blocked.Jar = nil
	from := func(page string, header ...string) []string {
		return append([]string{"Referer", s.Base + page}, append(header, navigate...)...)
	}
	form := credentials("ada@example.com", authtest.Password)
	form.Set("returnTo", "/settings?x=1&y=2")
	in := blocked.PostForm("/login", form, from("/login?returnTo=%2Fsettings")...)
	expect(t, in, 303, "Location", "/settings?x=1&y=2")
	for _, page := range []string{"/login", "/login?returnTo=%2Fsettings", "/login/code", "/signup"} {
		back := blocked.Get(in.Header.Get("Location"), from(page)...)
		expect(t, back, 303, "Location", "/login?cookies=off&returnTo="+url.QueryEscape("/settings?x=1&y=2"), "Set-Cookie", "")
		contains(t, blocked.Get(back.Header.Get("Location"), from(page)...), notice, `value="/settings?x=1&amp;y=2"`)
	}
	expect(t, blocked.Get("/dashboard", from("/login")...), 303, "Location", "/login?cookies=off")
	expect(t, blocked.Get("/dashboard", from("/loginx")...), 303, "Location", "/login")
	expect(t, blocked.Get("/dashboard", "Referer", "https://evil.example/login", "Sec-Fetch-Site", "same-origin"), 303,
		"Location", "/login")
	expect(t, blocked.Get("/login/code", from("/login")...), 303, "Location", "/login?cookies=off") // part:twofactor

	const page = "/login?cookies=off"
	lacks(t, blocked.Get(page, "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"), notice)
	lacks(t, blocked.Get(page, "Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate"), notice)
	lacks(t, blocked.Get(page), notice)
	lacks(t, blocked.Get("/login", navigate...), notice)
	lacks(t, blocked.Get(page, append([]string{"Cookie", "theme=dark"}, navigate...)...), notice)
	expect(t, blocked.Get("/dashboard", from("/login", "Cookie", "theme=dark")...), 303, "Location", "/login")
	if in := s.stranger(t).PostForm(page, form, from(page)...); !strings.HasPrefix(in.Header.Get("Location"), "/settings") {
		t.Errorf("with cookies: %d %s", in.StatusCode, in.Header.Get("Location"))
	}
}
