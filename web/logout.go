package web

import "github.com/labstack/echo/v5"

func (s *Server) logout(c *echo.Context) error {
	if err := s.Auth.SignOut(c.Response(), c.Request()); err != nil {
		return err
	}
	return seeOther(c, "/login")
}
