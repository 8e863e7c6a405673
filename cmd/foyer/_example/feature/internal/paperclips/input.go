package paperclips

import (
	"strconv"
	"strings"
	"time"

	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/text"
)

// Input is what people fill in: numbers in digits, days such as 2026-05-31.
type Input struct {
	TradeName  string
	WireGauge  string
	BoxLabel   string
	SalesPitch string
	CareHint   string
	BendCount  string
	SpareCount string
	ZincCoated bool
	MadeOn     string
	SoldOn     string
}

// fill puts the input into p, or refuses what is wrong with it by the names of its fields.
func (in Input) fill(p *PaperClip) error {
	wrong := text.Check{}
	p.TradeName = wrong.Line("trade_name", in.TradeName, 1, 200)
	p.WireGauge = wrong.Line("wire_gauge", in.WireGauge, 1, 200)
	p.BoxLabel = wrong.Line("box_label", in.BoxLabel, 0, 200)
	p.SalesPitch = wrong.Lines("sales_pitch", in.SalesPitch, 1, 5000)
	p.CareHint = wrong.Lines("care_hint", in.CareHint, 0, 5000)
	p.BendCount = wrong.Number("bend_count", in.BendCount, 0, 1_000_000_000)
	if p.SpareCount = nil; in.SpareCount != "" {
		p.SpareCount = new(wrong.Number("spare_count", in.SpareCount, 0, 1_000_000_000))
	}
	p.ZincCoated = in.ZincCoated
	p.MadeOn = wrong.Day("made_on", in.MadeOn)
	if p.SoldOn = nil; in.SoldOn != "" {
		p.SoldOn = new(wrong.Day("sold_on", in.SoldOn))
	}
	p.Search = strings.ToLower(strings.Join([]string{
		p.TradeName,
		p.WireGauge,
		p.BoxLabel,
		p.SalesPitch,
		p.CareHint,
	}, "\n"))
	return errs.Fields(wrong)
}

// Input is what p was filled with.
func (p *PaperClip) Input() Input {
	in := Input{
		TradeName:  p.TradeName,
		WireGauge:  p.WireGauge,
		BoxLabel:   p.BoxLabel,
		SalesPitch: p.SalesPitch,
		CareHint:   p.CareHint,
		BendCount:  strconv.FormatInt(p.BendCount, 10),
		ZincCoated: p.ZincCoated,
		MadeOn:     p.MadeOn.Format(time.DateOnly),
	}
	if p.SpareCount != nil {
		in.SpareCount = strconv.FormatInt(*p.SpareCount, 10)
	}
	if p.SoldOn != nil {
		in.SoldOn = p.SoldOn.Format(time.DateOnly)
	}
	return in
}
