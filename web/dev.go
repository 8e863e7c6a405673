package web

import (
	"net"
	"net/http"
	"net/netip"

	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// requireLocal lets in only a browser on this machine that asked for this machine by name: the second half
// keeps out a page elsewhere whose name was made to resolve here (DNS rebinding). To others there is nothing.
func requireLocal(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		if r := c.Request(); !loopback(r.RemoteAddr) || !loopback(r.Host) {
			return echo.ErrNotFound
		}
		return next(c)
	}
}

// loopback reports whether host, with or without a port, is this machine.
func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

func (s *Server) showGuards(c *echo.Context) error {
	return s.render(c, http.StatusOK, views.Guards())
}

func (s *Server) showComponents(c *echo.Context) error {
	return s.render(c, http.StatusOK, views.Components())
}
