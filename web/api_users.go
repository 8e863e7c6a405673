package web

import (
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/payload"
	"github.com/labstack/echo/v5"
)

// createUser takes {email, name, password?, role?} and answers 201 {user}. It belongs to no part, because programs make
// users by it.
func (s *Server) createUser(c *echo.Context) error {
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
