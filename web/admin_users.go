package web

import (
	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/directory"
	"example.com/foyer/views"
	"github.com/a-h/templ"
	"github.com/labstack/echo/v5"
)

const usersPath = "/admin/users"

// userSorts are the columns to sort by, by their names in the query.
var userSorts = map[string]directory.Column{
	"name": directory.Name, "email": directory.Email, "joined": directory.CreatedAt,
}

// showUsers lists the users that match the query, so that the address of a list can be shared.
func (s *Server) showUsers(c *echo.Context) error {
	return s.showList(c, views.Users(s.Auth.Roles()), func(q listQuery) (templ.Component, int64, error) {
		users, total, err := s.Auth.Users(c.Request().Context(), userQuery(q))
		rows := make([]views.UserRow, len(users))
		for i := range users {
			rows[i] = userRow(&users[i])
		}
		return views.UserRows(rows), total, err
	})
}

func userRow(u *auth.User) views.UserRow {
	return views.UserRow{
		ID: u.ID, Name: u.Name, Email: u.Email, Role: u.Role,
		Verified: u.EmailVerified, Banned: u.Banned, Joined: u.CreatedAt,
	}
}

func userQuery(q listQuery) directory.Query {
	status := q.chosen["status"]
	return directory.Query{
		Text: q.Text, Role: q.chosen["role"], Banned: status == "banned", Unverified: status == "unverified",
		Sort: userSorts[q.Sort], Descending: q.Descending, Limit: q.Limit, Offset: q.Offset,
	}
}

// exportUsers streams all users of the filter as CSV, the oldest first.
func (s *Server) exportUsers(c *echo.Context) error {
	q, err := readList(c, views.Users(s.Auth.Roles()))
	if err != nil {
		return err
	}
	header := []string{"id", "name", "email", "verified", "role", "banned", "joined"}
	users := s.Auth.ExportUsers(unbounded(c), session(c), userQuery(q))
	return streamCSV(s, c, "users.csv", header, users, func(u *auth.User) []any {
		return []any{u.ID, u.Name, u.Email, u.EmailVerified, u.Role, u.Banned, u.CreatedAt}
	})
}
