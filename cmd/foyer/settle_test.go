package main

import (
	"strings"
	"testing"
)

func TestGained(t *testing.T) {
	for _, row := range []struct{ was, is, want string }{
		{"a\nb\nc\n", "a\nb\nc\n", ""},
		{"a\nb\nc\n", "a\nc\n", ""},
		{"a\nb\nc\n", "a\nB\nc\n", "B"},
		{"a\nb\n", "a\nb\nd\n", "d"},
		{"a\nb\n", "b\nc\na\nd\n", "c d"},
		{"a\n  x 1\n  y 2\nb\n  x 2\n", "a\n  x 2\n  y 2\nb\n  x 2\n", "a  x 2"},
	} {
		if got := strings.Join(gained(row.was, row.is), " "); got != row.want {
			t.Errorf("%q to %q: %q, want %q", row.was, row.is, got, row.want)
		}
	}
}

func TestFaults(t *testing.T) {
	got := faults("go vet: exit status 1\n# example.com/sample/web\nvet: ./web/mine.go:14:9: undefined: audit\nweb/x.go:1:2: y\n")
	if got != "web/mine.go:14:9: undefined: audit\nweb/x.go:1:2: y" {
		t.Errorf("got %q", got)
	}
	if got := faults("go: no such tool"); got != "go: no such tool" {
		t.Errorf("got %q", got)
	}
}

// TestSettleGenerates: what templ generates is made anew also where only templ is another one.
func TestSettleGenerates(t *testing.T) {
	t.Parallel()
	const templ = "package main\n\nimport \"os\"\n\n" +
		"func main() { os.WriteFile(\"views/a_templ.go\", []byte(text), 0o644) }\n"
	files := sample().with("go.mod", "module example.com/sample\n\ngo 1.24\n\ntool example.com/sample/cmd/templ\n",
		"cmd/templ/main.go", templ, "cmd/templ/text.go", "package main\n\nconst text = \"package views\\n\"\n",
		"views/a.templ", "package views\n", "views/a_templ.go", "package views\n")
	template := newProject(t, files)
	clone := cloned(t, template)
	version := template.commit(t, files.edit(t, "cmd/templ/text.go", `views\n`, `views // anew\n`), "Another templ")
	_, err := clone.update(t, version)
	must(t, err)
	if got := clone.tree(t)["views/a_templ.go"]; got != "package views // anew\n" {
		t.Errorf("generated is %q", got)
	}
}
