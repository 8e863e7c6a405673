package web

import (
	"net/http"
	"strings"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/origins"
	"github.com/labstack/echo/v5"
)

// crossOrigin refuses unsafe requests from pages of other sites (CSRF).
func (s *Server) crossOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		r := c.Request()
		if safe(r) || s.sameOrigin(r) {
			return next(c)
		}
		// part:betterauth
		if s.isMounted(c) {
			return next(c) // it has its own rules, because other trusted origins may call it
		}
		// end:betterauth
		s.Logger.InfoContext(r.Context(), "cross-site request refused", "origin", origins.Printable(r.Header.Get("Origin")),
			"host", origins.Printable(r.Host), "site", origins.Printable(r.Header.Get("Sec-Fetch-Site")), "own", s.AppURL)
		// The route's method, not the request's: each invented method would become an event of its own.
		s.Auth.RecordRefusal(r, nil, event.CrossSite, strings.TrimSpace(c.RouteInfo().Method+" "+c.Path()))
		return errs.New(http.StatusForbidden, "CROSS_SITE_REQUEST",
			"This request came from another site and was not carried out.")
	}
}

// sameOrigin reports whether a page of the app, or a program, sent a request. It compares Origin, or else Referer, with
// AppURL and never with Host, because proxies rewrite Host. Pages under no-referrer send "null", beside a
// Sec-Fetch-Site that no page can forge. In development the app answers under every local name.
func (s *Server) sameOrigin(r *http.Request) bool {
	if len(r.Header["Origin"]) > 1 || len(r.Header["Sec-Fetch-Site"]) > 1 || len(r.Header["Referer"]) > 1 {
		return false // a proxy that appends headers may pass a forged one first
	}
	site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	if origin == "" {
		origin = origins.OfReferer(r)
	}
	if site != "" && site != "same-origin" && site != "none" { // browsers before 2023 do not send it
		return false
	}
	switch origin {
	case "", s.AppURL:
		return true
	case "null":
		return site == "same-origin"
	default:
		return s.Development && origin == "http://"+r.Host
	}
}
