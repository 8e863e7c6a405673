package web

import (
	"net/url"
	"strings"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/letter"
	"github.com/labstack/echo/v5"
)

// callbackOf is the address on another trusted origin to which the browser goes after the link, "" for none. A link
// that only allows a change has none, because the page must mention the second link.
func (s *Server) callbackOf(link auth.Confirmation) string {
	if link.Purpose == letter.ConfirmEmailChange {
		return ""
	}
	return s.onAnotherOrigin(link.CallbackURL)
}

// onAnotherOrigin is target if it is on another origin, else "".
func (s *Server) onAnotherOrigin(target string) string {
	if ownPath(s.AppURL, target) != "" {
		return ""
	}
	return target
}

// allowLeaving lets the form of the page redirect to target, because browsers apply the page's form-action to
// redirects. "" allows nothing.
func allowLeaving(c *echo.Context, target string) {
	u, err := url.Parse(target)
	if target == "" || err != nil {
		return
	}
	source := u.Scheme + ":"
	if source == "http:" || source == "https:" {
		source += "//" + u.Host
	}
	policy := strings.Replace(contentSecurityPolicy, "form-action 'self'", "form-action 'self' "+source, 1)
	c.Response().Header().Set("Content-Security-Policy", policy)
}
