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
	l := views.Users(s.Auth.Roles())
	l.Checked = c.QueryParams()["row"] // back from /reauth
	return s.showList(c, l, func(q listQuery) (templ.Component, int64, error) {
		users, total, err := s.Auth.Users(c.Request().Context(), s.userQuery(q))
		rows := make([]views.UserRow, len(users))
		for i := range users {
			rows[i] = s.userRow(&users[i])
			rows[i].Acts = s.actsOn(&users[i], session(c))
		}
		return views.UserRows(l, rows), total, err
	})
}

// actsOn are links to what an admin can do to u, nil for by's own account.
func (s *Server) actsOn(u *auth.User, by *auth.Session) (acts []views.Act) {
	for _, a := range userActions {
		if u.ID != by.UserID && a.offered(u, s.Auth.Now()) {
			acts = append(acts, views.Act{Href: usersPath + "/" + u.ID + "/" + a.name, Label: a.title, Danger: a.danger})
		}
	}
	return acts
}

func (s *Server) userRow(u *auth.User) views.UserRow {
	return views.UserRow{
		ID: u.ID, Name: u.Name, Email: u.Email, Role: u.Role,
		Verified: u.EmailVerified, Banned: u.BannedAt(s.Auth.Now()), Joined: u.CreatedAt,
	}
}

func (s *Server) userQuery(q listQuery) directory.Query {
	status := q.chosen["status"]
	return directory.Query{
		Text: q.Text, Role: q.chosen["role"],
		Banned: status == "banned", Unverified: status == "unverified", Active: status == "active", Now: s.Auth.Now(),
		Sort: userSorts[q.Sort], Descending: q.Descending, Limit: q.Limit, Offset: q.Offset,
	}
}

// exportUsers streams the selected users as CSV, or all of the filter; the oldest first.
func (s *Server) exportUsers(c *echo.Context) error {
	q, err := readList(c, views.Users(s.Auth.Roles()))
	if err != nil {
		return err
	}
	query := s.userQuery(q)
	if c.QueryParams().Has("row") {
		ids, err := selectedIDs(c.QueryParams())
		if err != nil {
			return err
		}
		query.Where = []directory.Condition{{Column: directory.ID, Operator: directory.In, Value: ids}}
	}
	header := []string{"id", "name", "email", "verified", "role", "banned", "joined"}
	users := s.Auth.ExportUsers(unbounded(c), session(c), query)
	return streamCSV(s, c, "users.csv", header, users, func(u *auth.User) []any {
		return []any{u.ID, u.Name, u.Email, u.EmailVerified, u.Role, u.BannedAt(s.Auth.Now()), u.CreatedAt}
	})
}
