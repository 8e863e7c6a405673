package web

import (
	"net/url"
	"strings"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/letter"
	"github.com/labstack/echo/v5"
)

// externalCallback is the address on another trusted origin to which the browser goes after the link, "" for none. A
// link that only allows a change has none, because the page must mention the second link.
func (s *Server) externalCallback(c *echo.Context, link auth.Confirmation) string {
	if link.Purpose == letter.ConfirmEmailChange {
		return ""
	}
	return s.external(c, link.CallbackURL)
}

// external returns to if it is on another origin, else "". It also lets the form of this page redirect there.
func (s *Server) external(c *echo.Context, to string) string {
	if to == "" || ownPath(s.AppURL, to) != "" {
		return ""
	}
	allowLeaving(c, to)
	return to
}

// allowLeaving lets the form of the page redirect to target, because browsers apply the page's form-action to
// redirects.
func allowLeaving(c *echo.Context, target string) {
	u, err := url.Parse(target)
	if err != nil {
		return
	}
	source := u.Scheme + ":"
	if source == "http:" || source == "https:" {
		source += "//" + u.Host
	}
	policy := strings.Replace(contentSecurityPolicy, "form-action 'self'", "form-action 'self' "+source, 1)
	c.Response().Header().Set("Content-Security-Policy", policy)
}
