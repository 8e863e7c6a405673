package web

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/text"
	"example.com/foyer/static"
	"example.com/foyer/views"
	"github.com/a-h/templ"
	"github.com/labstack/echo/v5"
)

// showComponents shows the building blocks of pages at work: a list, a form with errors, a question, a chart, a file.
func (s *Server) showComponents(c *echo.Context) error {
	show := c.QueryParam("show")
	if c.QueryParams().Has("row") { // what was selected
		show = "question"
	}
	switch show {
	case "form":
		return s.showForm(c, sampleForm())
	case "question":
		return s.showForm(c, views.SampleQuestion())
	case "csv":
		return streamCSV(s, c, "icons.csv", []string{"name"}, eachIcon, func(name string) []any { return []any{name} })
	}
	l := views.Components(names(color, "app.css"))
	return s.showList(c, l, func(q listQuery) (templ.Component, int64, error) {
		icons := findIcons(q)
		from := min(q.Offset, len(icons))
		return views.IconRows(l, icons[from:min(from+q.Limit, len(icons))]), int64(len(icons)), nil
	})
}

var (
	color  = regexp.MustCompile(`--([a-z0-9-]+): light-dark`)
	symbol = regexp.MustCompile(`<symbol id="([a-z]+)" viewBox="0 0 24 24"`)
)

// names are what a pattern finds in a static file.
func names(pattern *regexp.Regexp, file string) (list []string) {
	for _, found := range pattern.FindAllStringSubmatch(static.Text(file), -1) {
		list = append(list, found[1])
	}
	return list
}

func eachIcon(yield func(string, error) bool) {
	for _, name := range names(symbol, "icons.svg") {
		if !yield(name, nil) {
			return
		}
	}
}

// findIcons returns the icons that q selects, on all pages.
func findIcons(q listQuery) (found []string) {
	for _, name := range slices.Sorted(slices.Values(names(symbol, "icons.svg"))) {
		length := "short"
		if len(name) > 5 {
			length = "long"
		}
		if strings.Contains(name, q.Text) && (q.chosen["length"] == "" || q.chosen["length"] == length) {
			found = append(found, name)
		}
	}
	if q.Descending {
		slices.Reverse(found)
	}
	return found
}

// sampleForm is a form of which every field is wrong.
func sampleForm() views.Form {
	typed := url.Values{"number": {"11"}, "day": {"yesterday"}}
	form, in := views.SampleForm().Filled(typed), text.Read(typed)
	in.Line("line", 1, 200)
	in.Lines("lines", 1, 200)
	in.Number("number", 0, 10)
	in.Day("day")
	if e := errs.Of(errs.Fields(in.Wrong)); e != nil {
		form.Errors = fieldErrors(e, form.Names())
	}
	return form
}
