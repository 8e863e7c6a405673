package web

import "github.com/labstack/echo/v5"

// Values of Clear-Site-Data. clearAhead deletes the pages that the browser fetched before a click, clearSiteData also
// what it stored. The cache is left out: it holds no private pages, and clearing a large one takes seconds.
const (
	clearAhead    = `"prefetchCache", "prerenderCache"`
	clearSiteData = `"storage", ` + clearAhead
)

func (s *Server) logout(c *echo.Context) error {
	if err := s.signOut(c, "logged-out"); err != nil {
		return err
	}
	return seeOther(c, "/login")
}

// signOut ends the visitor's session and deletes what the browser keeps of it. The message flash replaces the one
// that the session has left, because the next visitor of this browser may be another person.
func (s *Server) signOut(c *echo.Context, flash string) error {
	if err := s.Auth.SignOut(c.Response(), c.Request()); err != nil {
		return err
	}
	s.flash(c, flash)
	c.Response().Header().Set("Clear-Site-Data", clearSiteData)
	return nil
}
