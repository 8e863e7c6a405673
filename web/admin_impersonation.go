package web

import "github.com/labstack/echo/v5"

// stopImpersonating gives the admin back the own session, where the impersonation began.
func (s *Server) stopImpersonating(c *echo.Context) error {
	acted := session(c)
	back := adminPath + "/users/" + acted.UserID
	_, err := s.Auth.StopImpersonating(c.Response(), c.Request(), acted)
	switch {
	case err == nil:
		s.flash(c, "acting-stopped")
		return seeOther(c, back)
	case hasCode(err, "FAILED_TO_FIND_ADMIN_SESSION"): // it has ended meanwhile: nobody stays somebody else for that
		if err := s.signOut(c); err != nil {
			return err
		}
		s.flash(c, "acting-lost")
		return seeOther(c, withReturnTo("/login", back))
	}
	return err
}
