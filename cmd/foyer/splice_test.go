package main

import (
	"strings"
	"testing"
)

const seams = `package web

import "example.com/foyer/views"

// Stores are yours.
type Stores struct{}

// appRoutes are yours.
func (s *Server) appRoutes(on doors) {} // on purpose

func addApp() error { return nil }

var appNav = []views.NavLink{
	{Href: "/"}, // the first
	// the end
}

var oneLine = []int{1, 2}

var words = map[string]string{}
`

// TestInsert: lines come to the end of what is named, comments stay, and removing the lines gives the file back.
func TestInsert(t *testing.T) {
	t.Parallel()
	for place, c := range map[string]struct{ line, want string }{
		"Stores":    {"\tNotes *notes.Store", "type Stores struct {\n\tNotes *notes.Store\n}"},
		"appRoutes": {"\ton.user.GET(\"/notes\", s.showNotes)", "(on doors) {\n\ton.user.GET(\"/notes\", s.showNotes)\n} // on purpose"},
		"addApp":    {"\tx := 1", "func addApp() error {\n\tx := 1\n\treturn nil\n}"},
		"appNav":    {"\t{Href: \"/notes\"},", "// the first\n\t// the end\n\t{Href: \"/notes\"},\n}"},
		"oneLine":   {"\t3,", "{1, 2,\n\t3,\n}"},
		"words":     {"\t\"a\": \"b\",", "string{\n\t\"a\": \"b\",\n}"},
	} {
		got, err := insert("web/app.go", seams, place, []string{c.line})
		must(t, err)
		if !strings.Contains(got, c.want) || !strings.Contains(got, "// Stores are yours.") {
			t.Errorf("%s: no %q in\n%s", place, c.want, got)
		}
		back, err := removeLines("web/app.go", got, []string{c.line})
		must(t, err)
		if back != seams && place != "addApp" && place != "oneLine" {
			t.Errorf("%s is not as it was:\n%s", place, back)
		}
	}
	_, err := insert("web/app.go", seams, "appFlashes", []string{"\t\"x\": 1,"})
	refused(t, err, "web/app.go has no appFlashes", `"x": 1,`)
	_, err = insert("web/app.go", "package", "Stores", nil)
	refused(t, err, "web/app.go:1")
}

// TestImports: an import stands in the group of the project's others, once, and goes with its last use.
func TestImports(t *testing.T) {
	t.Parallel()
	notes := []string{"\t\"example.com/foyer/internal/notes\""}
	for file, want := range map[string]string{
		"package a\n": "package a\n\nimport (\n\t\"example.com/foyer/internal/notes\"\n)\n",
		"package a\n\nimport \"example.com/foyer/views\"\n": "import (\n\t\"example.com/foyer/internal/notes\"\n\t\"example.com/foyer/views\"\n)\n",
		"package a\n\nimport (\n\t\"fmt\"\n)\n":             "import (\n\t\"fmt\"\n\n\t\"example.com/foyer/internal/notes\"\n)\n",
	} {
		got, err := insert("a.go", file, importPlace, notes)
		must(t, err)
		if !strings.HasSuffix(got, want) {
			t.Errorf("%s\nwant\n%s", got, want)
		}
		again, err := insert("a.go", got, importPlace, notes)
		must(t, err)
		if again != got {
			t.Errorf("imported twice:\n%s", again)
		}
	}
	file := "package a\n\nimport \"example.com/foyer/views\"\n\nvar list = []any{\n\tviews.Home,\n}\n"
	with, err := insert("a.go", file, importPlace, notes)
	must(t, err)
	with, err = insert("a.go", with, "list", []string{"\tnotes.New,"})
	must(t, err)
	back, err := removeLines("a.go", with, []string{"\tnotes.New,"})
	must(t, err)
	if back != file {
		t.Errorf("%s\nwant\n%s", back, file)
	}
	_, err = removeLines("a.go", file, []string{"\tnotes.New,"})
	refused(t, err, "a.go was changed", "notes.New,")
}
