package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v5"
)

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
