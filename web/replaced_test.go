package web_test

import (
	"net/url"
	"testing"
	"time"

	"example.com/foyer/internal/auth/authtest"
)

// TestAnotherTabStaysLoggedIn: a person enters the password in one tab, and another tab asks for a page before that
// answer arrives. Its answer leads over the log-in back to the page, and says nothing of a log-out.
func TestAnotherTabStaysLoggedIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.person(t, "ada@example.com")
	s.ahead.Add(int64(11 * time.Minute))
	tab := ada.Copy() // the other tab as it is when it asks; the browser keeps the cookies of both answers
	expect(t, ada.PostForm("/reauth", url.Values{"password": {authtest.Password}}), 303)
	asked := tab.Get("/settings", navigate...)
	expect(t, asked, 303, "Location", "/login?returnTo=%2Fsettings")
	site, err := url.Parse(s.Base)
	if err != nil {
		t.Fatal(err)
	}
	ada.Jar.SetCookies(site, asked.Cookies())
	expect(t, ada.Get("/login?returnTo=%2Fsettings", navigate...), 303, "Location", "/settings")
	page := ada.Get("/settings", navigate...)
	expect(t, page, 200)
	lacks(t, page, "You are logged out")
	expect(t, ada.Get("/settings/email", navigate...), 200) // the proof counts
}
