package web

import (
	"net/http"

	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

func (s *Server) showAdmin(c *echo.Context) error {
	ctx := c.Request().Context()
	users, err := s.Auth.Stats(ctx)
	if err != nil {
		return err
	}
	mails, err := s.Mails.Stats(ctx)
	if err != nil {
		return err
	}
	overview := views.Overview{
		Users: users.Users, NewUsers: users.NewUsers, Sessions: users.Sessions,
		Waiting: mails.Waiting, Failing: mails.Failing, Sent: mails.Sent, Abandoned: mails.Abandoned,
		Healthy: s.readiness.ask(ctx) == nil,
	}
	overview.UsersPage = usersPath // part:admin
	overview.Panels = s.loadPanels("", s.overviewPanels())
	return s.render(c, http.StatusOK, views.Admin(overview))
}
