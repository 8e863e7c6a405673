package web

import (
	"net/http"
	"slices"
	"time"

	"example.com/foyer/internal/origins"
	"github.com/labstack/echo/v5"
)

// CookiePrefix starts the name of every cookie of the app.
const CookiePrefix = "foyer"

const themeCookie = CookiePrefix + ".theme"

// setTheme keeps the visitor's choice in a cookie that the server reads: the first byte of the next page is
// already right. An empty theme follows the system.
func (s *Server) setTheme(c *echo.Context) error {
	values, err := parseForm(c)
	if err != nil {
		return err
	}
	theme, back := values.Get("theme"), values.Get("returnTo")
	if theme != "" && !slices.Contains(themes, theme) {
		return echo.ErrBadRequest
	}
	s.keep(c, themeCookie, theme, 365*24*time.Hour)
	if !origins.LocalPath(back) {
		back = "/"
	}
	return seeOther(c, back)
}

var themes = []string{"light", "dark"}

// theme is the visitor's choice, "" where there is none or one we do not know.
func (s *Server) theme(r *http.Request) string {
	word := s.kept(r, themeCookie)
	if !slices.Contains(themes, word) {
		return ""
	}
	return word
}
