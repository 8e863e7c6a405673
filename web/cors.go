package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"
)

// cors lets pages of other trusted origins call /api/auth with any header, because captchas and tracing add theirs.
// Without such origins it sets no header, so browsers hide the answers from other sites. Origins that are the scheme of
// a mobile app have no pages and are left out.
func (s *Server) cors() echo.MiddlewareFunc {
	app := func(origin string) bool { return strings.HasSuffix(origin, "://") }
	origins := slices.DeleteFunc(slices.Clone(s.CORSOrigins), app)
	if len(origins) == 0 {
		return func(next echo.HandlerFunc) echo.HandlerFunc { return next }
	}
	return middleware.CORSWithConfig(middleware.CORSConfig{
		Skipper:          func(c *echo.Context) bool { return !s.isMounted(c) },
		AllowOrigins:     origins,
		AllowMethods:     []string{http.MethodGet, http.MethodPost},
		ExposeHeaders:    []string{echo.HeaderRetryAfter, "X-Retry-After"},
		AllowCredentials: true,
		MaxAge:           600,
	})
}
