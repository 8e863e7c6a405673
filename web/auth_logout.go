package web

import "github.com/labstack/echo/v5"

// clearSiteData empties what the browser stored, and the pages it fetched ahead. Its cache needs no emptying, which takes
// seconds where it is large: private pages are never in it.
const clearSiteData = `"storage", "prefetchCache", "prerenderCache"`

func (s *Server) logout(c *echo.Context) error {
	if err := s.signOut(c); err != nil {
		return err
	}
	return seeOther(c, "/login")
}

// signOut ends the visitor's session and what the browser kept of it.
func (s *Server) signOut(c *echo.Context) error {
	if err := s.Auth.SignOut(c.Response(), c.Request()); err != nil {
		return err
	}
	s.dropFlash(c)
	c.Response().Header().Set("Clear-Site-Data", clearSiteData)
	return nil
}
