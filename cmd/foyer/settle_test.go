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
	got := faults("go vet: exit status 1\n# example.com/sample/web\nvet: ./web/mine.go:14:9: undefined: audit\nweb/x.go:1:2: y\n" +
		"# example.com/sample/web [example.com/sample/web.test]\nvet: ./web/mine.go:14:9: undefined: audit\n")
	if got != "web/mine.go:14:9: undefined: audit\nweb/x.go:1:2: y" {
		t.Errorf("got %q", got)
	}
	if got := faults("go: no such tool"); got != "go: no such tool" {
		t.Errorf("got %q", got)
	}
}

// generating is a project whose views templ generates: a file of its text for each.
func generating() tree {
	const templ = "package main\n\nimport (\n\t\"os\"\n\t\"path/filepath\"\n\t\"strings\"\n)\n\nfunc main() {\n" +
		"\tviews, _ := filepath.Glob(\"views/*.templ\")\n\tfor _, name := range views {\n" +
		"\t\tos.WriteFile(strings.TrimSuffix(name, \".templ\")+\"_templ.go\", []byte(text), 0o644)\n\t}\n}\n"
	return sample().with("go.mod", "module example.com/sample\n\ngo 1.24\n\ntool example.com/sample/cmd/templ\n",
		"cmd/templ/main.go", templ, "cmd/templ/text.go", "package main\n\nconst text = \"package views\\n\"\n",
		"views/a.templ", "package views\n", "views/a_templ.go", "package views\n")
}

// TestSettleGenerates: what templ generates is made anew also where only templ is another one.
func TestSettleGenerates(t *testing.T) {
	t.Parallel()
	template := newProject(t, generating())
	clone := cloned(t, template)
	version := template.commit(t, generating().edit(t, "cmd/templ/text.go", `views\n`, `views // anew\n`), "Another templ")
	_, err := clone.update(t, version)
	must(t, err)
	if got := clone.tree(t)["views/a_templ.go"]; got != "package views // anew\n" {
		t.Errorf("generated is %q", got)
	}
}

// TestGeneratedIsCommitted: where git ignores what templ generates, it is committed all the same, unless the project
// has none of it in git.
func TestGeneratedIsCommitted(t *testing.T) {
	t.Parallel()
	template := newProject(t, generating())
	clone, other := cloned(t, template), cloned(t, template)
	must(t, clone.write(nil, tree{".git/info/exclude": "*_templ.go\n"}))
	must(t, other.write(nil, tree{".git/info/exclude": "*_templ.go\n"}))
	other.do(t, "rm", "--quiet", "--cached", "views/a_templ.go")
	other.do(t, "commit", "--quiet", "-m", "Generated files stay here")
	version := template.commit(t, generating().with("views/b.templ", "package views\n", "views/b_templ.go",
		"package views\n"), "Another view")
	for at, want := range map[folder]string{clone: "views/a_templ.go\nviews/b_templ.go", other: ""} {
		_, err := at.update(t, version)
		must(t, err)
		if got := at.do(t, "ls-files", "*_templ.go"); got != want {
			t.Errorf("git has %q, want %q", got, want)
		}
	}
}
