package web

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/labstack/echo/v5"
)

// A visitor types the address of an account once: the next pages of addressPages have it filled in (WCAG 3.3.7). Like a
// draft it is in a sealed cookie, because in a query it would appear in logs and histories. It tells nothing about
// accounts, because it is what the visitor typed, or could read in a mailed link.
const (
	addressCookie = CookiePrefix + ".email"
	addressLife   = draftLife
)

// addressPages are the pages that show the address.
var addressPages = []string{
	"/login", "/signup", "/forgot-password",
	askLinkPath, // part:magiclink
}

// goToPage takes a visitor from the form of a page to another of addressPages, with the address that is in the form.
func (s *Server) goToPage(c *echo.Context) error {
	values, err := parseForm(c)
	if err != nil {
		return err
	}
	to := values.Get("to")
	if !slices.Contains(addressPages, to) {
		return echo.ErrBadRequest
	}
	s.keepAddress(c, trim(values.Get("email")))
	return seeOther(c, withReturnTo(to, returnTo(c)))
}

// keepAddress fills email in on the next pages; "" forgets it.
func (s *Server) keepAddress(c *echo.Context, email string) {
	switch {
	case s.Keys == nil:
	case email != "":
		typed := url.Values{"email": {email}}
		s.setCookie(c, addressCookie, sealDraft(s.drafts, typed, []byte(addressCookie), s.Auth.Now()), addressLife)
	case s.cookie(c.Request(), addressCookie) != "":
		s.setCookie(c, addressCookie, "", 0)
	}
}

// typedAddress is the address to fill in, "" for none.
func (s *Server) typedAddress(r *http.Request) string {
	if s.Keys == nil {
		return ""
	}
	typed := openDraft(s.drafts, s.cookie(r, addressCookie), []byte(addressCookie), s.Auth.Now())
	return typed.Get("email")
}
