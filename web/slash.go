package web

import (
	"net/http"
	"slices"
	"strings"

	"example.com/foyer/internal/origins"
	"github.com/labstack/echo/v5"
)

// trimSlash redirects /login/, as people type it, to /login. It redirects only to registered pages, so that no spelling
// of a path leads to another site.
func (s *Server) trimSlash(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		r := c.Request()
		path, slash := strings.CutSuffix(r.URL.EscapedPath(), "/")
		if !slash || !isGet(r) || !s.isPage(path) {
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

// isPage reports whether there is a page for people at path.
func (s *Server) isPage(path string) bool {
	return path != "" && !strings.HasPrefix(path, "/api/") && !strings.ContainsAny(path, ":*") &&
		slices.ContainsFunc(s.registry, func(r Route) bool { return r.Method == http.MethodGet && r.Path == path })
}
