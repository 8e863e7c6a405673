package web

import (
	"net/http"
	"slices"
	"time"

	"example.com/foyer/internal/origins"
	"github.com/labstack/echo/v5"
)

// Cookies of what a visitor chose on the page Appearance.
const (
	themeCookie = CookiePrefix + ".theme"
	keysCookie  = CookiePrefix + ".keys"
	keysOff     = "off"
	choiceLife  = 365 * 24 * time.Hour
)

var themes = []string{"light", "dark"}

// theme is the visitor's theme, "" for the system's.
func (s *Server) theme(r *http.Request) string {
	theme := s.cookie(r, themeCookie)
	if !slices.Contains(themes, theme) {
		return ""
	}
	return theme
}

// setTheme keeps the theme in a cookie, so that the server draws the next page in it at once. "" follows the system.
func (s *Server) setTheme(c *echo.Context) error {
	values, err := parseForm(c)
	if err != nil {
		return err
	}
	theme, back := values.Get("theme"), values.Get("returnTo")
	if theme != "" && !slices.Contains(themes, theme) {
		return echo.ErrBadRequest
	}
	s.setCookie(c, themeCookie, theme, choiceLife)
	if !origins.LocalPath(back) {
		back = "/"
	}
	return seeOther(c, back)
}

// setKeys keeps in a cookie whether single keys act on lists. People who speak to their computer need to switch them
// off (WCAG 2.1.4).
func (s *Server) setKeys(c *echo.Context) error {
	values, err := parseForm(c)
	if err != nil {
		return err
	}
	keys := values.Get("keys")
	if keys != "" && keys != keysOff {
		return echo.ErrBadRequest
	}
	s.setCookie(c, keysCookie, keys, choiceLife)
	return seeOther(c, "/settings/appearance")
}
