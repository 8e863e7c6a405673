package web

import (
	"net/http"
	"slices"
	"strings"

	"example.com/foyer/internal/origins"
	"github.com/labstack/echo/v5"
)

// trimSlash sends /login/ on to /login, as people type it. Only addresses of pages are sent on to, and only as they are
// registered, so that no spelling of a path leads to another site.
func (s *Server) trimSlash(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		r := c.Request()
		path, slash := strings.CutSuffix(r.URL.EscapedPath(), "/")
		safe := r.Method == http.MethodGet || r.Method == http.MethodHead
		if !slash || !safe || !s.isPage(path) {
			return next(c)
		}
		if r.URL.RawQuery != "" {
			path += "?" + r.URL.RawQuery
		}
		if !origins.LocalPath(path) {
			return next(c)
		}
		return c.Redirect(http.StatusPermanentRedirect, path)
	}
}

// isPage reports whether path is that of a page for people, as it stands in routes.go.
func (s *Server) isPage(path string) bool {
	return path != "" && !strings.HasPrefix(path, "/api/") && !strings.ContainsAny(path, ":*") &&
		slices.ContainsFunc(s.registry, func(r Route) bool { return r.Method == http.MethodGet && r.Path == path })
}
