package web

import (
	"net/url"

	"example.com/foyer/internal/auth"
	"github.com/labstack/echo/v5"
)

// removePasskeys is for a user who has lost the devices that keep them.
func (s *Server) removePasskeys(c *echo.Context, u *auth.User, _ url.Values) error {
	return s.Passkeys.RemoveAll(c.Request(), session(c), u.ID)
}
