package web

import "github.com/labstack/echo/v5"

const stopPath = "/impersonation/stop"

// stopImpersonating ends an impersonation and restores the admin's own session.
func (s *Server) stopImpersonating(c *echo.Context) error {
	impersonation := session(c)
	userPage := usersPath + "/" + impersonation.UserID
	_, err := s.Auth.StopImpersonating(c.Response(), c.Request(), impersonation)
	if hasCode(err, "FAILED_TO_FIND_ADMIN_SESSION") { // the admin's session has ended: log out instead
		if err := s.signOut(c, "admin-session-ended"); err != nil {
			return err
		}
		return seeOther(c, withReturnTo("/login", userPage))
	}
	if err != nil {
		return err
	}
	s.flash(c, "impersonation-ended")
	return seeOther(c, userPage)
}
