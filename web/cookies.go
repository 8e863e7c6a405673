package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v5"
)

// cookieName is the name of a cookie in the browser. Over https its prefix keeps other hosts, such as a subdomain, from
// planting it (RFC 6265bis §4.1.3.2).
func (s *Server) cookieName(name string) string {
	if strings.HasPrefix(s.AppURL, "https://") {
		return "__Host-" + name
	}
	return name
}

// cookie returns the value of a cookie, "" for none. Visitors can set it to anything.
func (s *Server) cookie(r *http.Request, name string) string {
	cookie, err := r.Cookie(s.cookieName(name))
	if err != nil {
		return ""
	}
	return cookie.Value
}

// setCookie sets a cookie for the time life; the value "" deletes it. Cookies that prove who the visitor is belong to
// internal/auth.
func (s *Server) setCookie(c *echo.Context, name, value string, life time.Duration) {
	cookie := http.Cookie{
		Name: s.cookieName(name), Value: value, Path: "/", MaxAge: int(life / time.Second),
		HttpOnly: true, Secure: strings.HasPrefix(s.AppURL, "https://"), SameSite: http.SameSiteLaxMode,
	}
	if value == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(c.Response(), &cookie)
}

// cookiesSet is how many cookies the answer sets or deletes.
func cookiesSet(c *echo.Context) int { return len(c.Response().Header()["Set-Cookie"]) }

// withoutCookies reports whether a page of this site led here, and the browser sends no cookie.
func withoutCookies(r *http.Request) bool {
	return r.Header.Get("Cookie") == "" && r.Header.Get("Sec-Fetch-Site") == "same-origin"
}
