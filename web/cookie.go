package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v5"
)

// keep stores a word in the visitor's browser, "" takes it away. No word says who somebody is: those cookies are
// internal/auth's.
func (s *Server) keep(c *echo.Context, name, word string, life time.Duration) {
	cookie := http.Cookie{
		Name: name, Value: word, Path: "/", MaxAge: int(life / time.Second),
		HttpOnly: true, Secure: strings.HasPrefix(s.AppURL, "https://"), SameSite: http.SameSiteLaxMode,
	}
	if word == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(c.Response(), &cookie)
}
