package web

import (
	"net/url"
	"time"

	"example.com/foyer/internal/auth"
	"github.com/labstack/echo/v5"
)

func hasFactor(u *auth.User, _ time.Time) bool { return u.SecondFactor }

// removeFactors is for a user who has lost app and recovery codes.
func (s *Server) removeFactors(c *echo.Context, u *auth.User, _ url.Values) error {
	return s.TwoFactor.Remove(c.Request(), session(c), u.ID)
}
