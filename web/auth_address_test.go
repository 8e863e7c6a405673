package web_test

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/web"
)

const addressCookie = web.CookiePrefix + ".email"

// typedAddress is the field of an address that is filled in.
func typedAddress(email string) string { return `name="email" type="email" value="` + email + `"` }

// TestAddressIsTypedOnce: what was typed at one door is filled in at the next, is in no address, and is forgotten after
// ten minutes or a log-in.
func TestAddressIsTypedOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person(t, "ada@example.com")
	take := func(c *authtest.Client, to, email string) authtest.Answer {
		return c.PostForm("/address", url.Values{"to": {to}, "email": {email}, "password": {"se-cret-7"}})
	}
	pages := []string{"/login", "/signup", "/forgot-password"}
	for _, from := range pages {
		for _, to := range pages {
			c := s.stranger(t)
			got := take(c, to, " Ada+1@example.com ")
			expect(t, got, 303, "Location", to, "Cache-Control", "private, no-store")
			cookie := got.Response.Cookies()[0]
			sealed, err := base64.RawURLEncoding.DecodeString(cookie.Value)
			if cookie.Name != addressCookie || !cookie.HttpOnly || err != nil || strings.Contains(string(sealed), "Ada+1") {
				t.Errorf("cookie %v", cookie)
			}
			contains(t, c.Get(to, navigate...), typedAddress("Ada+1@example.com"))
			contains(t, c.Get(from, navigate...), typedAddress("Ada+1@example.com")) // and back
			s.ahead.Add(int64(10 * time.Minute))
			contains(t, c.Get(to, navigate...), typedAddress(""))
		}
	}
	c := s.stranger(t)
	expect(t, c.PostForm("/address", url.Values{"to": {"/signup"}, "email": {"x@example.com"}}, s.htmx("/login")...), 204,
		"HX-Redirect", "/signup")
	contains(t, c.Get("/signup", navigate...), typedAddress("x@example.com"))
	expect(t, take(c, "/login", ""), 303)
	contains(t, c.Get("/login", navigate...), typedAddress(""))
	for _, to := range []string{"", "/dashboard", "//evil.example", "https://evil.example/login"} {
		expect(t, take(c, to, "ada@example.com"), 400, "Set-Cookie", "")
	}
	expect(t, take(c, "/login", strings.Repeat("x", 5000)), 303, "Location", "/login")
	contains(t, c.Get("/login", navigate...), typedAddress(""))

	take(c, "/login", "ada@example.com")
	expect(t, c.PostForm("/login", credentials("ada@example.com", authtest.Password)), 303)
	for _, cookie := range c.Cookies() {
		if cookie.Name == addressCookie {
			t.Error("the next person at this browser sees the address")
		}
	}
}

// TestResetFillsTheLoginIn: after a new password the address is there, and the focus is on the password.
func TestResetFillsTheLoginIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.person(t, "ada@example.com")
	contains(t, ada.Get("/forgot-password", navigate...), typedAddress("ada@example.com"))
	asks, reads := s.stranger(t), s.stranger(t)
	expect(t, asks.PostForm("/forgot-password", url.Values{"email": {"ada@example.com"}}), 303)
	contains(t, asks.Get("/forgot-password", navigate...), typedAddress("ada@example.com"))
	form := url.Values{"token": {tokenOf(t, s.lastMailed(t, "reset_password", "ada@example.com"))},
		"newPassword": {"another-horse-2"}}
	expect(t, reads.PostForm("/reset-password", form), 303, "Location", "/login")
	login := reads.Get("/login", navigate...)
	contains(t, login, typedAddress("ada@example.com"), `name="password" type="password" value="" `+
		`aria-describedby="toasts" autocapitalize="none" autocomplete="current-password webauthn" autofocus`)
}
