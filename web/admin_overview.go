package web

import (
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/payload"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

const adminPath = "/admin"

func (s *Server) showAdmin(c *echo.Context) error {
	ctx := c.Request().Context()
	people, err := s.Auth.Stats(ctx)
	if err != nil {
		return err
	}
	mails, err := s.Mails.Stats(ctx)
	if err != nil {
		return err
	}
	overview := views.Overview{
		Users: people.Users, NewUsers: people.NewUsers, Sessions: people.Sessions,
		Waiting: mails.Waiting, Failing: mails.Failing, Sent: mails.Sent, Given: mails.Abandoned, Healthy: s.readiness.ask(ctx) == nil,
	}
	overview.Chart = s.activity()
	return s.render(c, http.StatusOK, views.Admin(overview))
}

// createUser takes {email, name, password?, role?} and answers 201 {user}.
func (s *Server) createUser(c *echo.Context) error {
	if err := s.Auth.StepUp(session(c)); err != nil {
		return err
	}
	body, err := payload.JSON(c.Response(), c.Request())
	if err != nil {
		return err
	}
	in := auth.NewUser{Name: body.String("name"), Email: body.String("email")}
	if password := body.OptionalString("password"); password != nil {
		in.Password = *password
	}
	if role := body.OptionalString("role"); role != nil {
		in.Role = *role
	}
	if err := body.Err(); err != nil {
		return err
	}
	user, err := s.Auth.CreateUser(c.Request().Context(), session(c), in)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, map[string]any{"user": user})
}
