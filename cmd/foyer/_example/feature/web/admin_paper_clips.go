// opt:admin
package web

import (
	"example.com/foyer/views"
	"github.com/a-h/templ"
	"github.com/labstack/echo/v5"
)

// showAllPaperClips lists the paper clips of all owners.
func (s *Server) showAllPaperClips(c *echo.Context) error {
	l := views.AllPaperClips()
	return s.showList(c, l, func(q listQuery) (templ.Component, int64, error) {
		found, total, err := s.PaperClips.All(c.Request().Context(), q.Query)
		if err != nil {
			return nil, 0, err
		}
		var owners []string
		for _, p := range found {
			owners = append(owners, p.OwnerID)
		}
		users, err := s.Auth.UsersByID(c.Request().Context(), owners...)
		rows := paperClipRows(found)
		for i, id := range owners {
			rows[i].Href = ""             // the owner's page
			if u := users[id]; u != nil { // else deleted meanwhile
				rows[i].Owner = u.Name
			}
		}
		return views.Rows(l, rows), total, err
	})
}

// end:admin
