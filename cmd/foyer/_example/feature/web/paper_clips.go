package web

import (
	"net/http"
	"net/url"

	"example.com/foyer/internal/paperclips"
	"example.com/foyer/views"
	"github.com/a-h/templ"
	"github.com/labstack/echo/v5"
)

// showPaperClips lists the visitor's paper clips.
func (s *Server) showPaperClips(c *echo.Context) error {
	return s.showList(c, views.PaperClips(), func(q listQuery) (templ.Component, int64, error) {
		found, total, err := s.PaperClips.List(c.Request().Context(), session(c).UserID, q.Query)
		return views.PaperClipRows(paperClipRows(found)), total, err
	})
}

func paperClipRows(found []paperclips.PaperClip) []views.PaperClip {
	rows := make([]views.PaperClip, len(found))
	for i, p := range found {
		rows[i] = views.PaperClip{ID: p.ID, PaperClipInput: views.PaperClipInput(p.Input()), CreatedAt: p.CreatedAt}
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
	header := []string{
		"id",
		"trade_name",
		"wire_gauge",
		"box_label",
		"sales_pitch",
		"care_hint",
		"bend_count",
		"spare_count",
		"zinc_coated",
		"made_on",
		"sold_on",
		"created_at",
	}
	found := s.PaperClips.Export(unbounded(c), session(c).UserID, q.Query)
	return streamCSV(s, c, "paper-clips.csv", header, found, func(p *paperclips.PaperClip) []any {
		in := p.Input()
		return []any{
			p.ID,
			in.TradeName,
			in.WireGauge,
			in.BoxLabel,
			in.SalesPitch,
			in.CareHint,
			in.BendCount,
			in.SpareCount,
			in.ZincCoated,
			in.MadeOn,
			in.SoldOn,
			p.CreatedAt,
		}
	})
}

// end:csv

func (s *Server) showNewPaperClip(c *echo.Context) error {
	return s.render(c, http.StatusOK, views.PaperClipForm("", views.PaperClipInput{}).Page())
}

func (s *Server) createPaperClip(c *echo.Context) error {
	values, err := parseForm(c)
	in := paperClipInput(values)
	if err != nil {
		return s.refuseForm(c, views.PaperClipForm("", in), err)
	}
	if _, err := s.PaperClips.Create(c.Request().Context(), session(c), paperclips.Input(in)); err != nil {
		return s.refuseForm(c, views.PaperClipForm("", in), err)
	}
	s.flash(c, "paper-clip-created")
	return seeOther(c, "/paper-clips")
}

// paperClipInput is the form of a paper clip as it was sent.
func paperClipInput(values url.Values) views.PaperClipInput {
	return views.PaperClipInput{
		TradeName:  values.Get("trade_name"),
		WireGauge:  values.Get("wire_gauge"),
		BoxLabel:   values.Get("box_label"),
		SalesPitch: values.Get("sales_pitch"),
		CareHint:   values.Get("care_hint"),
		BendCount:  values.Get("bend_count"),
		SpareCount: values.Get("spare_count"),
		ZincCoated: values.Get("zinc_coated") == "on",
		MadeOn:     values.Get("made_on"),
		SoldOn:     values.Get("sold_on"),
	}
}

// showPaperClip shows a paper clip in the form that changes it.
func (s *Server) showPaperClip(c *echo.Context) error {
	p, err := s.PaperClips.Get(c.Request().Context(), session(c).UserID, c.Param("id"))
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.PaperClipForm(p.ID, views.PaperClipInput(p.Input())).Page())
}

func (s *Server) updatePaperClip(c *echo.Context) error {
	values, err := parseForm(c)
	in := paperClipInput(values)
	if err != nil {
		return s.refuseForm(c, views.PaperClipForm(c.Param("id"), in), err)
	}
	_, err = s.PaperClips.Update(c.Request().Context(), session(c), c.Param("id"), paperclips.Input(in))
	if err != nil {
		return s.refuseForm(c, views.PaperClipForm(c.Param("id"), in), err)
	}
	s.flash(c, "paper-clip-changed")
	return seeOther(c, "/paper-clips")
}

// showDeletePaperClip asks for confirmation: htmx in a dialog, everybody else on a page.
func (s *Server) showDeletePaperClip(c *echo.Context) error {
	p, err := s.PaperClips.Get(c.Request().Context(), session(c).UserID, c.Param("id"))
	if err != nil {
		return err
	}
	form := views.DeletePaperClip(p.ID, p.TradeName)
	return s.renderPart(c, http.StatusOK, form.Page(), form.Draw())
}

func (s *Server) deletePaperClip(c *echo.Context) error {
	if err := s.PaperClips.Delete(c.Request().Context(), session(c), c.Param("id")); err != nil {
		return err
	}
	s.flash(c, "paper-clip-deleted")
	return seeOther(c, "/paper-clips")
}
