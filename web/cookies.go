package web

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// CookiePrefix starts the name of every cookie of the app.
const CookiePrefix = "foyer"

// cookieName is what a cookie is called in the browser. Over https no other host, such as a subdomain, can plant a
// cookie of that name (RFC 6265bis §4.1.3.2).
func (s *Server) cookieName(name string) string {
	if strings.HasPrefix(s.AppURL, "https://") {
		return "__Host-" + name
	}
	return name
}

// kept is the word that the visitor's browser holds, "" for none. It may be anything: browsers belong to their users.
func (s *Server) kept(r *http.Request, name string) string {
	cookie, err := r.Cookie(s.cookieName(name))
	if err != nil {
		return ""
	}
	return cookie.Value
}

// keep stores a word in the visitor's browser, "" takes it away. No word says who somebody is: those cookies are
// internal/auth's.
func (s *Server) keep(c *echo.Context, name, word string, life time.Duration) {
	cookie := http.Cookie{
		Name: s.cookieName(name), Value: word, Path: "/", MaxAge: int(life / time.Second),
		HttpOnly: true, Secure: strings.HasPrefix(s.AppURL, "https://"), SameSite: http.SameSiteLaxMode,
	}
	if word == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(c.Response(), &cookie)
}

// flashes is what a page can say about the one before it. Only the words on the left travel, in a cookie: nobody can
// plant a sentence.
var flashes = map[string]views.Flash{
	"saved":            {Message: "Saved."},
	"password-reset":   {Message: "Your password is set, and every browser is logged out. Log in with the new one."},
	"verified":         {Message: "Your address is confirmed."},
	"password-changed": {Message: "Your password is changed."},
	"email-asked":      {Message: "A mail with a link is on its way to the new address. The change is made when you follow it.", Mail: true},
	"email-stopped":    {Message: "The change is stopped, and the browser that asked for it is logged out. If it was not you, choose a new password now."},
	"email-restored":   {Message: "Your account is back at this address, and every browser is logged out. Choose a new password by the link that was just mailed to you.", Mail: true},
	"session-ended":    {Message: "That browser is logged out."},
	"others-ended":     {Message: "All other browsers are logged out."},
	"user-role":        {Message: "The role is changed."},
	"user-reset":       {Message: "A mail with a link is on its way.", Mail: true},
	"user-verified":    {Message: "The address counts as verified."},
	"user-sessions":    {Message: "They are logged out."},
	"user-banned":      {Message: "They are banned and logged out everywhere."},
	"user-unbanned":    {Message: "The ban is lifted."},
	"user-deleted":     {Message: "The account is deleted."},
	"user-invited":     {Message: "The account is made, and a mail with a link is on its way.", Mail: true},
	"acting-stopped":   {Message: "You are yourself again."},
	"acting-lost":      {Message: "Your own session has ended meanwhile. Log in again."},
	"account-deleted":  {Message: "Your account and everything in it is deleted."},
}

const flashCookie = CookiePrefix + ".flash"

// flash has the next page say something, by a word of flashes.
func (s *Server) flash(c *echo.Context, word string) { s.keep(c, flashCookie, word, time.Minute) }

// forStrangers are the flashes that follow the end of a session, or need none. The others end with their session,
// because the next visitor of this browser may be another person.
var forStrangers = []string{"password-reset", "verified", "email-stopped", "email-restored", "acting-lost", "account-deleted"}

// takeFlash gives what this page is to say, once.
func (s *Server) takeFlash(c *echo.Context) views.Flash {
	word := s.kept(c.Request(), flashCookie)
	if word == "" || !looksAt(c.Request()) {
		return views.Flash{}
	}
	state, anyone := visitor(c).State, slices.Contains(forStrangers, word)
	if state == views.Loading && !anyone {
		return views.Flash{}
	}
	s.keep(c, flashCookie, "", 0)
	if state == views.Unauthenticated && !anyone {
		return views.Flash{}
	}
	return cmp.Or(appFlashes[word], flashes[word])
}

// dropFlash takes away what a page was still to say, because the next visitor of this browser may be another person.
func (s *Server) dropFlash(c *echo.Context) {
	if s.kept(c.Request(), flashCookie) != "" {
		s.keep(c, flashCookie, "", 0)
	}
}

// looksAt reports whether somebody looks at the page that is asked for. Fragments, and pages that are fetched in case
// somebody wants them, leave what is shown once to the page that is looked at.
func looksAt(r *http.Request) bool {
	return r.Method == http.MethodGet && !scripted(r) && r.Header.Get("Sec-Purpose")+r.Header.Get("Purpose") == ""
}

const themeCookie = CookiePrefix + ".theme"

var themes = []string{"light", "dark"}

// theme is the visitor's choice, "" where there is none or one we do not know.
func (s *Server) theme(r *http.Request) string {
	word := s.kept(r, themeCookie)
	if !slices.Contains(themes, word) {
		return ""
	}
	return word
}
