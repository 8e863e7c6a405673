package main

import "testing"

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
		{"both dropped", "\nrequire a.com/a v1.0.0 // indirect\n", "\nrequire b.com/b v1.0.0\n", "", "\nrequire b.com/b v1.0.0\n"},
		{"dropped", "\nrequire a.com/a v1.0.0 // indirect\n",
			"\nrequire b.com/b v1.0.0\n\nrequire a.com/a v1.0.0 // indirect\n", "", "\nrequire b.com/b v1.0.0\n"},
		{"a part came back", "\nrequire a.com/a v1.0.0\n", "", "\nrequire a.com/a v1.0.0\n", "\nrequire a.com/a v1.0.0\n"},
		{"a tool and a replacement", "\ntool (\n\ta.com/a\n\tb.com/b\n)\n", "\ntool (\n\ta.com/a\n\tb.com/b\n\tc.com/c\n)\n",
			"\ntool (\n\ta.com/a\n\td.com/d\n)\n\nreplace x.com/x => y.com/y v1.0.0\n",
			"\ntool (\n\ta.com/a\n\tc.com/c\n)\n\nreplace x.com/x => y.com/y v1.0.0\n\ntool d.com/d\n"},
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
