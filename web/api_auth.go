package web

import "github.com/labstack/echo/v5"

// serveAuth passes a request to internal/auth, which also answers its errors.
func (s *Server) serveAuth(c *echo.Context) error {
	s.Auth.Handler().ServeHTTP(c.Response(), c.Request())
	return nil
}
