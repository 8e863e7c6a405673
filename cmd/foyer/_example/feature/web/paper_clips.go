package web

import (
	"example.com/foyer/internal/paperclips"
	"example.com/foyer/views"
	"github.com/a-h/templ"
	"github.com/labstack/echo/v5"
)

// showPaperClips lists the visitor's paper clips.
func (s *Server) showPaperClips(c *echo.Context) error {
	l := views.PaperClips()
	return s.showList(c, l, func(q listQuery) (templ.Component, int64, error) {
		found, total, err := s.PaperClips.List(c.Request().Context(), session(c).UserID, q.Query)
		return views.Rows(l, paperClipRows(found)), total, err
	})
}

func paperClipRows(found []paperclips.PaperClip) (rows []views.Row) {
	for _, p := range found {
		at := "/paper-clips/" + p.ID
		rows = append(rows, views.Row{
			ID: p.ID, Href: at, Values: p.Values(), CreatedAt: p.CreatedAt,
			Acts: []views.Act{{Href: at + "/delete", Label: "Delete", Danger: true}},
		})
	}
	return rows
}

// opt:csv

// exportPaperClips streams the visitor's paper clips of the filter as CSV.
func (s *Server) exportPaperClips(c *echo.Context) error {
	q, err := readList(c, views.PaperClips())
	if err != nil {
		return err
	}
	paperClipColumns := append([]string{"id", "created_at"}, views.PaperClipForm("").Names()...)
	found := s.PaperClips.Export(unbounded(c), session(c).UserID, q.Query)
	return streamCSV(s, c, "paper-clips.csv", paperClipColumns, found, func(p *paperclips.PaperClip) []any {
		cells, values := []any{p.ID, p.CreatedAt}, p.Values()
		for _, name := range paperClipColumns[len(cells):] {
			cells = append(cells, values.Get(name))
		}
		return cells
	})
}

// end:csv

func (s *Server) showNewPaperClip(c *echo.Context) error {
	return s.showForm(c, views.PaperClipForm(""))
}

// showPaperClip shows a paper clip in the form that changes it.
func (s *Server) showPaperClip(c *echo.Context) error {
	p, err := s.PaperClips.Get(c.Request().Context(), session(c).UserID, c.Param("id"))
	if err != nil {
		return err
	}
	return s.showForm(c, views.PaperClipForm(p.ID).Filled(p.Values()))
}

// savePaperClip changes the paper clip of the address, or adds a new one.
func (s *Server) savePaperClip(c *echo.Context) error {
	key := c.Param("id")
	typed, err := parseForm(c)
	if err != nil {
		return s.refuseForm(c, views.PaperClipForm(key), err)
	}
	if _, err := s.PaperClips.Save(c.Request().Context(), session(c), key, typed); err != nil {
		return s.refuseForm(c, views.PaperClipForm(key), err)
	}
	s.flash(c, "paper-clip-saved")
	return seeOther(c, "/paper-clips")
}

// showDeletePaperClip asks for confirmation: in a dialog by htmx, else on a page.
func (s *Server) showDeletePaperClip(c *echo.Context) error {
	p, err := s.PaperClips.Get(c.Request().Context(), session(c).UserID, c.Param("id"))
	if err != nil {
		return err
	}
	return s.showForm(c, views.DeletePaperClip(p.ID, p.TradeName))
}

func (s *Server) deletePaperClip(c *echo.Context) error {
	if err := s.PaperClips.Delete(c.Request().Context(), session(c), c.Param("id")); err != nil {
		return err
	}
	s.flash(c, "paper-clip-deleted")
	return seeOther(c, "/paper-clips")
}
