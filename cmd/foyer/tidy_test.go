package main

import (
	"strings"
	"testing"
)

func TestDropImports(t *testing.T) {
	const head = "package a\n\nimport (\n\t\"fmt\"\n\t\"strings\"\n\n\t\"github.com/labstack/echo/v5\"\n\t\"gopkg.in/yaml.v3\"\n\tx \"example.com/go-thing\"\n\t_ \"embed\"\n)\n\n"
	all := "func f() { fmt.Print(strings.ToUpper(``), echo.New(), yaml.Node{}, x.Y) }\n"
	for _, row := range []struct{ what, before, after, gone string }{
		{"nothing", all, all, ""},
		{"one", all, strings.Replace(all, "strings.ToUpper(``), ", "", 1), `"strings"`},
		{"a version in the path", all, strings.Replace(all, "echo.New(), ", "", 1), `"github.com/labstack/echo/v5"`},
		{"a version after a dot", all, strings.Replace(all, "yaml.Node{}, ", "", 1), `"gopkg.in/yaml.v3"`},
		{"an alias", all, strings.Replace(all, ", x.Y", "", 1), `"example.com/go-thing"`},
		{"a word in a comment", all, "// fmt.Print prints.\nfunc f() { g(strings.ToUpper(``), echo.New(), yaml.Node{}, x.Y) }\n", `"fmt"`},
		{"a variable of that name", all, "func f(fmt T) { fmt.Print(strings.ToUpper(``), echo.New(), yaml.Node{}, x.Y) }\n", `"fmt"`},
		{"never used", "func f() {}\n", "func g() {}\n", ""},
	} {
		t.Run(row.what, func(t *testing.T) {
			got := dropImports("a.go", head+row.before, head+row.after)
			want := head + row.after
			for line := range strings.Lines(head) {
				if row.gone != "" && strings.Contains(line, row.gone) {
					want = strings.Replace(want, line, "", 1)
				}
			}
			if got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func TestDropLastImport(t *testing.T) {
	for _, header := range []string{"import \"fmt\"\n\n", "import (\n\t\"fmt\"\n)\n\n"} {
		got := dropImports("a.go", "package a\n\n"+header+"func f() { fmt.Print() }\n",
			"package a\n\n"+header+"func f() {}\n")
		if strings.Contains(got, "import") {
			t.Errorf("got %q", got)
		}
	}
}

func TestDropImportsOfTempl(t *testing.T) {
	const head = "package views\n\nimport \"fmt\"\nimport \"strconv\"\n\n"
	const rest = "templ A(n int) {\n\t// fmt.Sprint says it\n\t<p>{ strconv.Itoa(n) }</p>\n"
	got := dropImports("a.templ", head+rest+"\t<b>{ fmt.Sprint(n) }</b>\n}\n", head+rest+"}\n")
	if want := "package views\n\nimport \"strconv\"\n\n" + rest + "}\n"; got != want {
		t.Errorf("got %q", got)
	}
}

// TestTidy: it formats what changed and leaves the rest alone, and what no longer parses to go vet.
func TestTidy(t *testing.T) {
	before := tree{"a.go": "package a\n\nvar (\n\tlong = 1\n\ta    = 2\n)\n", "b.go": "package  b\n",
		"c_templ.go": "package  c"}
	after := before.with("a.go", "package a\n\nvar (\n\ta    = 2\n)\n", "c_templ.go", "package   c", "mine.go",
		"package  mine")
	tidy(before, after)
	if got := after["a.go"]; got != "package a\n\nvar (\n\ta = 2\n)\n" {
		t.Errorf("a.go: %q", got)
	}
	for name, want := range map[string]string{"b.go": "package  b\n", "c_templ.go": "package   c",
		"mine.go": "package  mine"} {
		if after[name] != want {
			t.Errorf("%s: %q", name, after[name])
		}
	}
	dir, bad := newProject(t, sample()), tree{"web/audit.go": "package web\n\nimport \"fmt\"\n\nfunc f() {\n"}
	must(t, dir.write(nil, bad))
	refused(t, settle(t.Context(), dir, sample()), "web/audit.go:5")
	if got := dir.tree(t)["web/audit.go"]; got != bad["web/audit.go"] {
		t.Errorf("what does not parse became %q", got)
	}
}
