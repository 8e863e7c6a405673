// opt:admin
package web

import (
	"example.com/foyer/internal/auth/directory"
	"example.com/foyer/views"
	"github.com/a-h/templ"
	"github.com/labstack/echo/v5"
)

// showAllPaperClips lists the paper clips of all owners.
func (s *Server) showAllPaperClips(c *echo.Context) error {
	return s.showList(c, views.AllPaperClips(), func(q listQuery) (templ.Component, int64, error) {
		found, total, err := s.PaperClips.All(c.Request().Context(), paperClipQuery(q))
		if err != nil {
			return nil, 0, err
		}
		var owners []string
		for _, p := range found {
			owners = append(owners, p.OwnerID)
		}
		users, _, err := s.Auth.Users(c.Request().Context(), directory.Query{
			Where: []directory.Condition{{Column: directory.ID, Operator: directory.In, Value: owners}},
		})
		names := map[string]string{}
		for _, u := range users {
			names[u.ID] = u.Name
		}
		rows := paperClipRows(found)
		for i, p := range found {
			rows[i].Owner = names[p.OwnerID]
		}
		return views.AllPaperClipRows(rows), total, err
	})
}

// end:admin
