package web

import (
	"slices"
	"time"

	"example.com/foyer/internal/origins"
	"github.com/labstack/echo/v5"
)

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
	s.setCookie(c, themeCookie, theme, 365*24*time.Hour)
	if !origins.LocalPath(back) {
		back = "/"
	}
	return seeOther(c, back)
}
