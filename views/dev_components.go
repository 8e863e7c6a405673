package views

import (
	_ "embed"
	"reflect"
	"runtime"
	"strings"

	"github.com/a-h/templ"
)

// samplesText is the source of the samples, so that the gallery shows the very code that drew them.
//
//go:embed dev_samples.templ
var samplesText string

// sample is a component in its states, and the code that drew it.
type sample struct {
	Name, Code string
	Drawn      templ.Component
}

// of is the sample that a component of dev_samples.templ draws.
func of(name string, draw func() templ.Component) sample { return sample{name, source(draw), draw()} }

// source is the code of a function in dev_samples.templ: the body of a component, or all of a function in Go.
func source(function any) string {
	name := runtime.FuncForPC(reflect.ValueOf(function).Pointer()).Name()
	name = name[strings.LastIndex(name, ".")+1:] + "("
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
func groups(chart Chart) []group {
	return []group{
		{"text", "Text and layout", []sample{of("Text", textSample), of("Layout", layoutSample)}},
		{"buttons", "Buttons, links, menus", []sample{
			of("Kinds", buttonSample), of("Busy, and as wide as its form", busySample), of("Links", linkSample),
			of("Menu", menuSample), of("Dialog", dialogSample),
		}},
		{"fields", "Fields", []sample{
			of("Line, with a hint or an error", lineSample), of("Lines", linesSample), of("Choice", choiceSample),
			of("Number, day, file", kindsSample), of("E-mail", emailSample), of("Password", passwordSample),
			of("New password", newPasswordSample),
		}},
		{"messages", "Messages", []sample{
			of("Alerts", alertSample), of("Toast", toastSample), of("Banner", bannerSample), of("Empty state", emptySample),
			of("Loading", skeletonSample), of("A panel that failed", panelErrorSample),
		}},
		{"data", "Data", []sample{
			of("Badges and states", badgeSample), of("People", personSample), of("Times", timeSample), of("Tile", tileSample),
			{"Chart", "@chart.Draw() // views.Chart, filled by web", chart.Draw()},
			of("Table", tableSample), of("Rows by data", rowsSample),
		}},
		{"pages", "Pages", []sample{
			of("Tabs", tabsSample),
			{"Form: a page from data", source(SampleForm), samplePage("form")},
			{"Question: asks before a deed", source(SampleQuestion), samplePage("question")},
			{"Layout: what surrounds a page", source(sampleLayout), samplePage("form")},
			{"List: a page from data, such as this one", source(Components), samplePage("")},
		}},
	}
}
