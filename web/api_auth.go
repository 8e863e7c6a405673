package web

import "github.com/labstack/echo/v5"

// serveAuth hands a request to the provider, which answers in its own contract, errors included.
func (s *Server) serveAuth(c *echo.Context) error {
	s.Auth.Handler().ServeHTTP(c.Response(), c.Request())
	return nil
}
