package web

import (
	"strings"

	"github.com/labstack/echo/v5"
)

// contentSecurityPolicy allows the app's own files only. Trusted Types let only htmx turn text into HTML.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; " +
	"require-trusted-types-for 'script'; trusted-types htmx"

// secureHeaders sets the headers by which browsers protect the visitor, on every answer including errors.
func (s *Server) secureHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	https := strings.HasPrefix(s.AppURL, "https://")
	return func(c *echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
		if https {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		return next(c)
	}
}

// dropAhead has the browser drop the pages that it fetched before a click when a command succeeds, because the command
// may change what they show. A tab that leaves its page drops its own pages; others need the header.
func dropAhead(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		res, err := echo.UnwrapResponse(c.Response())
		if err != nil || safe(c.Request()) {
			return next(c)
		}
		res.Before(func() {
			if res.Status < 400 && res.Header().Get("Clear-Site-Data") == "" {
				res.Header().Set("Clear-Site-Data", clearAhead)
			}
		})
		return next(c)
	}
}

// cacheable is for public pages. Browsers may keep them, and revalidate them each time.
func cacheable(next echo.HandlerFunc) echo.HandlerFunc {
	return cacheControl("private, no-cache", next)
}

// private is for pages that depend on the visitor. Only no-store keeps the Back button from showing a page after
// logging out.
func private(next echo.HandlerFunc) echo.HandlerFunc { return cacheControl("private, no-store", next) }

func cacheControl(value string, next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		c.Response().Header().Set("Cache-Control", value)
		return next(c)
	}
}
