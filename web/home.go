package web

import (
	"net/http"

	"example.com/foyer/static"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

func (s *Server) showHome(c *echo.Context) error {
	return s.render(c, http.StatusOK, views.Home())
}

// showNav is the fragment that settles the Loading state of a public page.
func (s *Server) showNav(c *echo.Context) error {
	return s.render(c, http.StatusOK, views.Settled())
}

func (s *Server) showStatic(c *echo.Context) error {
	if !static.Serve(c.Response(), c.Request()) {
		return echo.ErrNotFound
	}
	return nil
}

// serveAuth hands a request to the provider, which answers in its own contract, errors included.
func (s *Server) serveAuth(c *echo.Context) error {
	s.Auth.Handler().ServeHTTP(c.Response(), c.Request())
	return nil
}
