package main

import (
	"os"
	"testing"

	"golang.org/x/mod/modfile"
)

func TestMergeModule(t *testing.T) {
	const head = "module example.com/app\n\ngo 1.25\n"
	for _, row := range []struct{ what, base, ours, theirs, want string }{
		{"neighbours", "\nrequire (\n\ta.com/a v1.0.0\n\tb.com/b v1.0.0\n)\n",
			"\nrequire (\n\ta.com/a v1.0.0\n\ta.com/mine v1.0.0\n\tb.com/b v1.0.0\n)\n",
			"\nrequire (\n\ta.com/a v1.1.0\n\tb.com/b v1.0.0\n)\n",
			"\nrequire (\n\ta.com/a v1.1.0\n\ta.com/mine v1.0.0\n\tb.com/b v1.0.0\n)\n"},
		{"the higher version", "\nrequire a.com/a v1.0.0\n", "\nrequire a.com/a v1.9.0\n", "\nrequire a.com/a v1.1.0\n",
			"\nrequire a.com/a v1.9.0\n"},
		{"a lower version", "\nrequire a.com/a v1.9.0\n", "\nrequire (\n\ta.com/a v1.9.0\n\tb.com/b v1.0.0\n)\n",
			"\nrequire a.com/a v1.1.0\n", "\nrequire (\n\ta.com/a v1.1.0\n\tb.com/b v1.0.0\n)\n"},
		{"both added", "", "\nrequire a.com/a v1.0.0\n", "\nrequire a.com/a v1.1.0\n", "\nrequire a.com/a v1.1.0\n"},
		{"both dropped", "\nrequire a.com/a v1.0.0 // indirect\n", "\nrequire b.com/b v1.0.0\n", "",
			"\nrequire b.com/b v1.0.0\n"},
		{"dropped", "\nrequire a.com/a v1.0.0 // indirect\n",
			"\nrequire b.com/b v1.0.0\n\nrequire a.com/a v1.0.0 // indirect\n", "", "\nrequire b.com/b v1.0.0\n"},
		{"a part came back", "\nrequire a.com/a v1.0.0\n", "", "\nrequire a.com/a v1.0.0\n", "\nrequire a.com/a v1.0.0\n"},
		{"tools", "\ntool (\n\ta.com/a\n\tb.com/b\n)\n", "\ntool (\n\ta.com/a\n\tb.com/b\n\tc.com/c\n)\n",
			"\ntool (\n\ta.com/a\n\td.com/d\n)\n", "\ntool (\n\ta.com/a\n\tc.com/c\n\td.com/d\n)\n"},
		{"what only the project has", "", "\nreplace x.com/x => ../x\n", "\nrequire a.com/a v1.0.0\n",
			"\nreplace x.com/x => ../x\n\nrequire a.com/a v1.0.0\n"},
	} {
		got, err := mergeModule("go.mod", head+row.base, head+row.ours, head+row.theirs)
		must(t, err)
		if got != head+row.want {
			t.Errorf("%s: got\n%s\nwant\n%s", row.what, got, head+row.want)
		}
	}
	got, err := mergeModule("tools.mod", head, "module m\n\ngo 1.24\n", "module example.com/app\n\ngo 1.26\n")
	if must(t, err); got != "module m\n\ngo 1.26\n" {
		t.Errorf("got %q", got)
	}
	got, err = mergeModule("tools.mod", head+"\nrequire a.com/a v1.0.0\n", head, head+"\nrequire a.com/a v1.0.0\n")
	if must(t, err); got != head {
		t.Errorf("a tool that the project dropped came back: %q", got)
	}
	_, err = mergeModule("go.mod", head, "module m\nrequire x\n", head+"\n")
	refused(t, err, "go.mod:2")
}

// TestModulesMerge: the template's modules have nothing that mergeModule does not merge.
func TestModulesMerge(t *testing.T) {
	root := template(t)
	for _, name := range []string{"go.mod", "tools.mod"} {
		text, err := os.ReadFile(root.path(name))
		must(t, err)
		f, err := modfile.Parse(name, text, nil)
		must(t, err)
		if f.Go == nil || f.Toolchain != nil ||
			len(f.Godebug)+len(f.Ignore)+len(f.Exclude)+len(f.Replace)+len(f.Retract) > 0 {
			t.Errorf("%s has lines other than module, go, require and tool", name)
		}
	}
}

func TestMergeSums(t *testing.T) {
	const a, b, c = "a.com/a v1.2.0 h1:x\na.com/a v1.2.0/go.mod h1:y\n", "a.com/a v1.10.0 h1:z\n", "b.com/b v1.0.0 h1:u\n"
	for _, row := range []struct{ base, ours, theirs, want string }{
		{a, a, b, b}, {a, a + c, a + b, a + b + c}, {"", "", a, a}, {a, "", a, a},
	} {
		if got := mergeSums(row.base, row.ours, row.theirs); got != row.want {
			t.Errorf("got %q, want %q", got, row.want)
		}
	}
}
