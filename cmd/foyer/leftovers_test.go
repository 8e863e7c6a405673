package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestLeftovers(t *testing.T) {
	// Its pages name all styles and icons of the sample.
	clean := sample().with("web/page.go", "package web\n\nvar page = `page trail card` + `scroll`\n")
	for _, row := range []struct {
		what  string
		files tree
		want  []string
	}{
		{"nothing", clean, nil},
		{"a style", clean.edit(t, "static/app.css", ".page {", ".old, .page { background: url(a.b) } /* .note */ .page {"),
			[]string{`static/app.css: no page uses "old"`}},
		{"an icon", clean.edit(t, "static/icons.svg", "id=\"page\"", "id=\"star\""),
			[]string{`static/icons.svg: no page uses "star"`}},
		{"a message", clean.with("web/flash.go", "package web\n\nvar flashes = map[string]views.Flash{\n\t\"saved\": {},\n\t\"lost\": {},\n}\n\nvar _ = \"saved\"\n"),
			[]string{`web/flash.go: no page says "lost"`}},
		{"a path in README", clean.edit(t, "README.md", "| the routes",
			"`web/old.go`, `./cmd/old`, not `./internal/...` or `text/html` | the routes").edit(t, "README.md", "End.",
			"Make `web/mine.go`."),
			[]string{"README.md:5: web/old.go does not exist", "README.md:5: cmd/old does not exist"}},
		{"a file that no part lists", clean.with("internal/audit/new.go", "package audit\n", "internal/audit/old.go",
			"package audit\n").edit(t, partsFile, "\tweb/audit.go\n", "\tweb/audit.go\n\tinternal/audit/old.go\n"),
			[]string{partsFile + ": internal/audit/new.go belongs to no part, but most of its folder does"}},
		{"a file of a part", clean.with("web/audit.go", ""), []string{partsFile + ": web/audit.go does not exist"}},
	} {
		t.Run(row.what, func(t *testing.T) {
			got, err := leftovers(row.files)
			must(t, err)
			if !slices.Equal(got, row.want) {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
	_, err := leftovers(clean.edit(t, "web/routes.go", "part:keys", "part:kyes"))
	refused(t, err, "web/routes.go:17")
}

func TestOrphans(t *testing.T) {
	before := tree{"a/a.go": "", "a/testdata/x": "", "b/b.go": "", "b/x": "", "c/x": ""}
	if got := orphans(before, before.with("a/a.go", "")); len(got) != 1 || !strings.HasPrefix(got[0], "a/testdata/x: ") {
		t.Errorf("got %q", got)
	}
}

func TestGained(t *testing.T) {
	for _, row := range []struct{ was, is, want string }{
		{"a\nb\nc\n", "a\nb\nc\n", ""},
		{"a\nb\nc\n", "a\nc\n", ""},
		{"a\nb\nc\n", "a\nB\nc\n", "B"},
		{"a\nb\n", "a\nb\nd\n", "d"},
		{"a\nb\n", "b\nc\na\nd\n", "c d"},
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

func TestSets(t *testing.T) {
	list, err := readParts(sample()[partsFile])
	must(t, err)
	names := func(sets [][]string) (out []string) {
		for _, set := range sets {
			out = append(out, strings.Join(set, "+"))
		}
		return out
	}
	if got := names(proof{list: list}.sets(nil, false)); !slices.Equal(got,
		[]string{"audit+chain", "chain", "foyer", "keys"}) {
		t.Errorf("each: %v", got)
	}
	if got := names(proof{list: list}.sets(nil, true)); len(got) != 9 || !slices.Contains(got, "keys+foyer") {
		t.Errorf("pairs: %v", got)
	}
	if got := names(proof{list: list}.sets([]string{"keys"}, false)); !slices.Equal(got, []string{"keys"}) {
		t.Errorf("one: %v", got)
	}
}

// TestProve: a part that comes off is proved; one that leaves something behind, or is needed, is not.
func TestProve(t *testing.T) {
	t.Parallel()
	clean := sample().with("internal/walls_test.go", "package internal\n", "web/page.go",
		"package web\n\nvar page = `page trail card` + `scroll`\n\nvar _ = page\n")
	prove := func(files tree, part string) (string, error) {
		var out bytes.Buffer
		err := run(t.Context(), string(newProject(t, files)), []string{"prove", part}, &out)
		return out.String(), err
	}
	out, err := prove(clean, "keys")
	must(t, err)
	if !strings.HasPrefix(out, "without keys: ") {
		t.Errorf("printed %q", out)
	}
	_, err = prove(clean.with("web/mine.go", "package web\n\nimport \"example.com/sample/internal/keys\"\n\nvar _ = keys.Route\n"), "keys")
	refused(t, err, "without keys: web/mine.go:3")
	_, err = prove(clean.with("internal/keys/testdata/key", "x"), "keys")
	refused(t, err, "internal/keys/testdata/key: the package that it lay in is gone")
	_, err = prove(clean.with("web/audit.go", ""), "keys")
	refused(t, err, "web/audit.go does not exist")
}

func TestVerbs(t *testing.T) {
	var out bytes.Buffer
	must(t, run(t.Context(), ".", []string{"help"}, &out))
	refused(t, run(t.Context(), ".", []string{"dance"}, &out), "unknown verb")
	for _, v := range verbs {
		if !strings.Contains(out.String(), "\n  "+v.name+" ") {
			t.Errorf("help does not name %s:\n%s", v.name, out.String())
		}
	}
	project := newProject(t, sample())
	out.Reset()
	must(t, run(t.Context(), string(project), []string{"parts"}, &out))
	if !strings.Contains(out.String(), "chain          Seals the trail.\n               needs audit\n") {
		t.Errorf("parts printed %q", out.String())
	}
}
