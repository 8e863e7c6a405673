package main

import (
	"slices"
	"strings"
	"testing"
)

func known(part string) bool { return slices.Contains([]string{"audit", "admin"}, part) }

// cutFor returns the text that stays without audit.
func cutFor(name, text string, f fate) (string, error) {
	spans, err := spansOf(name, text, known)
	if err != nil {
		return "", err
	}
	return cut(text, spans, func(s span, _ []string) fate {
		if slices.Contains(s.parts, "audit") {
			return f
		}
		return stays
	}), nil
}

func TestCut(t *testing.T) {
	for _, row := range []struct{ what, file, text, want string }{
		{"a line of Go", "a.go", "x\ny, // part:audit\nz\n", "x\nz\n"},
		{"a line after a reason", "a.go", "y, // because // part:audit\nz\n", "z\n"},
		{"a block", "a.go", "x\n\t// part:audit\n\ty\n\t// end:audit\nz\n", "x\nz\n"},
		{"another part's lines", "a.go", "x // part:admin\n// part:admin\ny\n// end:admin\n",
			"x // part:admin\n// part:admin\ny\n// end:admin\n"},
		{"a line of two parts", "a.go", "x // part:admin,audit\ny\n", "y\n"},
		{"a block in a block", "a.go", "// part:audit\nx\n// part:admin\ny\n// end:admin\n// end:audit\nz\n", "z\n"},
		{"a block in another part's block", "a.go", "// part:admin\nx\n// part:audit\ny\n// end:audit\n// end:admin\n",
			"// part:admin\nx\n// end:admin\n"},
		{"generated Go", "a_templ.go", "y, // part:audit\n", "y, // part:audit\n"},
		{"templ", "a.templ", "<p>x</p>\n<p>y</p> // part:audit\n", "<p>x</p>\n"},
		{"styles", "a.css", ".x {}\n.y {} /* part:audit */\n/* part:audit */\n.z {}\n/* end:audit */\n", ".x {}\n"},
		{"a script", "a.js", "x()\ny() // part:audit\n", "x()\n"},
		{"icons", "a.svg", "<symbol id=\"x\"/> <!-- part:audit -->\n</svg>\n", "</svg>\n"},
		{"the environment", ".env.example", "X=1\nY=2 # part:audit\n# part:audit\n# Z=3\n# end:audit\n", "X=1\n"},
		{"YAML", "a.yml", "x: 1\ny: 2 # part:audit\n", "x: 1\n"},
		{"a script without an extension", ".ci/check", "x\ny # part:audit\n", "x\n"},
		{"a table in Markdown", "a.md", "| x | 1 |\n| y | 2 <!-- part:audit --> |\n| z | 3 |\n", "| x | 1 |\n| z | 3 |\n"},
		{"a section of Markdown", "a.md", "x\n\n<!-- part:audit -->\n## y\n\ny\n<!-- end:audit -->\n\nz\n", "x\n\nz\n"},
		{"blank lines around", "a.go", "x\n\ny // part:audit\n\nz\n", "x\n\nz\n"},
		{"blank lines elsewhere", "a.md", "x\n\n\nz\n", "x\n\n\nz\n"},
		{"no newline at the end", "a.go", "x\ny // part:audit", "x\n"},
		{"Windows", "a.go", "x\r\ny // part:audit\r\nz\r\n", "x\r\nz\r\n"},
		{"prose", "a.go", "// part: the first\n// a part:audit is a word here\n",
			"// part: the first\n// a part:audit is a word here\n"},
		{"a file of another kind", "a.sql", "-- part:audit\n", "-- part:audit\n"},
	} {
		t.Run(row.what, func(t *testing.T) {
			got, err := cutFor(row.file, row.text, goes)
			must(t, err)
			if got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
			if again, err := cutFor(row.file, got, goes); err != nil || again != got {
				t.Errorf("cut again: %q, %v", again, err)
			}
		})
	}
}

func TestBare(t *testing.T) {
	for _, row := range []struct{ file, text, want string }{
		{"a.go", "x, // part:audit\ny, // because // part:audit\n", "x,\ny, // because\n"},
		{"a.go", "// part:audit\nx\n// end:audit\n", "x\n"},
		{"a.css", ".x {} /* part:audit */\r\n", ".x {}\r\n"},
		{"a.md", "| x | 1 <!-- part:audit --> |\n", "| x | 1 |\n"},
		{"a.go", "x // part:admin\n", "x // part:admin\n"},
	} {
		got, err := cutFor(row.file, row.text, bare)
		must(t, err)
		if got != row.want {
			t.Errorf("%q: got %q, want %q", row.text, got, row.want)
		}
	}
}

func TestFaultyMarkers(t *testing.T) {
	for _, row := range []struct{ what, file, text, want string }{
		{"an unknown part", "a.go", "x\ny // part:auditt\n", "a.go:2: there is no part auditt"},
		{"an unknown part beside a known one", "a.go", "y // part:audit,x\n", "a.go:1: there is no part x"},
		{"an unclosed block", "a.go", "x\n// part:audit\ny\n", "a.go:2: the block part:audit is not closed"},
		{"an end without a block", "a.go", "x\n// end:audit\n", "a.go:2: end:audit ends no block"},
		{"an end of another block", "a.go", "// part:audit\n// end:admin\n", "a.go:2: end:admin ends no block"},
		{"blocks that cross", "a.go", "// part:audit\n// part:admin\n// end:audit\n// end:admin\n",
			"a.go:3: end:audit ends no block"},
		{"an end after code", "a.go", "// part:audit\ny // end:audit\n", "a.go:2: end:audit belongs on a line of its own"},
		{"a line that opens something", "a.go", "if x { // part:audit\n}\n",
			"a.go:1: a marker at the end of a line marks this line alone"},
		{"a raw string", "a.go", "package a\nvar x = `\ny // part:audit\n`\n", "a.go:3: a marker in a string"},
		{"a block in a raw string", "a.go", "package a\nvar x = `\n// part:audit\n`\n", "a.go:3: a marker in a string"},
		{"no space", "a.go", "y //part:audit\n", "a.go:1: a marker is"},
		{"a space too many", "a.css", "y /* part: audit */\n", "a.css:1: a marker is \"/* part:audit\""},
		{"words after it", "a.go", "y // part:audit because\n", "a.go:1: a marker is"},
	} {
		t.Run(row.what, func(t *testing.T) {
			_, err := spansOf(row.file, row.text, known)
			refused(t, err, row.want)
		})
	}
}

// FuzzCut: whatever a file holds, what stays is a part of its lines in their order, and has no marker of what left.
func FuzzCut(f *testing.F) {
	for _, text := range sample() {
		f.Add("a.go", text)
	}
	f.Add("a.md", "| y | 2 <!-- part:audit --> |\n")
	f.Add("a.css", "/* part:audit */\n\n/* part:admin */\nx /* end:admin */\n/* end:audit */")
	f.Add("x", "# part:audit\n\r\n# end:audit\n\n\n")
	f.Fuzz(func(t *testing.T, name, text string) {
		got, err := cutFor(name, text, goes)
		if err != nil {
			return
		}
		rest := strings.SplitAfter(text, "\n")
		for line := range strings.Lines(got) {
			i := slices.Index(rest, line)
			if i < 0 {
				t.Fatalf("%q is not in the rest of %q", line, text)
			}
			rest = rest[i+1:]
		}
		spans, err := spansOf(name, got, known)
		if err != nil {
			t.Fatalf("%q became %q: %v", text, got, err)
		}
		for _, s := range spans {
			if slices.Contains(s.parts, "audit") {
				t.Fatalf("%q became %q, where %v stays", text, got, s)
			}
		}
	})
}
