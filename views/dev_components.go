package views

import (
	_ "embed"
	"strings"

	"github.com/a-h/templ"
)

// samplesText is the source of the samples, so that the gallery shows the very code that drew them.
//
//go:embed dev_samples.templ
var samplesText string

// sample is a component in its states. Function of dev_samples.templ draws it.
type sample struct {
	Name, Function string
	Drawn          templ.Component
}

// code is that of the function: the body of a component, or all of a function in Go.
func (s sample) code() string {
	name := s.Function + "("
	if _, text, ok := strings.Cut(samplesText, "\ntempl "+name); ok {
		_, body, _ := strings.Cut(text, " {\n\t")
		body, _, _ = strings.Cut(body, "\n}\n")
		return strings.ReplaceAll(body, "\n\t", "\n")
	}
	_, text, _ := strings.Cut(samplesText, "\nfunc "+name)
	text, _, _ = strings.Cut(text, "\n}\n")
	return "func " + name + text + "\n}"
}

// group is a part of the gallery.
type group struct {
	ID, Title string
	Samples   []sample
}

// groups are what the gallery shows besides colors and icons.
func groups() []group {
	return []group{
		{"text", "Text and layout", []sample{
			{"Text", "textSample", textSample()},
			{"Layout", "layoutSample", layoutSample()},
		}},
		{"buttons", "Buttons, links, menus", []sample{
			{"Kinds", "buttonSample", buttonSample()},
			{"Busy, and as wide as its form", "busySample", busySample()},
			{"Links", "linkSample", linkSample()},
			{"Menu", "menuSample", menuSample()},
			{"Dialog", "dialogSample", dialogSample()},
		}},
		{"fields", "Fields", []sample{
			{"Line, with a hint or an error", "lineSample", lineSample()},
			{"Lines", "linesSample", linesSample()},
			{"Choice", "choiceSample", choiceSample()},
			{"Number, day, file", "kindsSample", kindsSample()},
			{"E-mail", "emailSample", emailSample()},
			{"Password", "passwordSample", passwordSample()},
			{"New password", "newPasswordSample", newPasswordSample()},
		}},
		{"messages", "Messages", []sample{
			{"Alerts", "alertSample", alertSample()},
			{"Toast", "toastSample", toastSample()},
			{"Banner", "bannerSample", bannerSample()},
			{"Empty state", "emptySample", emptySample()},
			{"Loading", "skeletonSample", skeletonSample()},
			{"A panel that failed", "panelErrorSample", panelErrorSample()},
		}},
		{"data", "Data", []sample{
			{"Badges and states", "badgeSample", badgeSample()},
			{"People", "personSample", personSample()},
			{"Times", "timeSample", timeSample()},
			{"Tile", "tileSample", tileSample()},
			{"Chart", "chartSample", chartSample()},
			{"Table", "tableSample", tableSample()},
			{"Rows by data", "rowsSample", rowsSample()},
		}},
		{"pages", "Pages", []sample{
			{"Tabs", "tabsSample", tabsSample()},
			{"Form: a page from data", "SampleForm", samplePage("form")},
			{"Question: asks before a deed", "SampleQuestion", samplePage("question")},
			{"Layout: what surrounds a page", "sampleLayout", samplePage("form")},
			{"List: a page from data, such as this one", "Components", samplePage("")},
		}},
	}
}
