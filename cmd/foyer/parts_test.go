package main

import (
	"slices"
	"strings"
	"testing"
)

func TestReadParts(t *testing.T) {
	list, err := readParts(sample()[partsFile])
	must(t, err)
	if got := strings.Join(list.names(), " "); got != "audit chain keys foyer" {
		t.Errorf("parts: %s", got)
	}
	if p := list[1]; p.about != "Seals the trail." || !slices.Equal(p.needs, []string{"audit"}) ||
		!slices.Equal(p.files, []string{"internal/audit/chain/chain.go"}) {
		t.Errorf("chain: %+v", p)
	}
}

func TestFaultyParts(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"audit\n", "parts.txt:1: a part begins with its name and a sentence"},
		{"Audit: X.\n", "parts.txt:1: a part begins with"},
		{"\n\taudit.go\n", "parts.txt:2: this line belongs to no part"},
		{"a: X.\n\na: Y.\n", "parts.txt:3: the part a is described twice"},
		{"a: X.\n\tweb/*.go\n", "parts.txt:2: \"web/*.go\" is no path of one file"},
		{"a: X.\n\tweb/\n", "parts.txt:2: \"web/\" is no path"},
		{"a: X.\n\t../secret\n", "is no path"},
		{"a: X.\n\t/etc/passwd\n", "is no path"},
		{"a: X.\n\tweb/a.go web/b.go\n", "is no path"},
		{"a: X.\n\tneeds b\n", "a needs b, which is no part"},
	} {
		_, err := readParts(row.text)
		refused(t, err, row.want)
	}
}

func TestDependents(t *testing.T) {
	list, err := readParts("a: A.\nb: B.\n\tneeds a\nc: C.\n\tneeds b\nd: D.\n")
	must(t, err)
	must(t, list.check([]string{"d"}))
	must(t, list.check([]string{"c", "b", "a"}))
	refused(t, list.check([]string{"a"}), "b needs a: name both, or keep a")
	refused(t, list.check([]string{"a", "b"}), "c needs b")
	refused(t, list.check([]string{"e"}), "there is no part e; parts: a b c d")
	if got := list.with("a"); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("a goes with %v", got)
	}
	if got := list.with("d", "c"); !slices.Equal(got, []string{"c", "d"}) {
		t.Errorf("d and c go with %v", got)
	}
}

func TestFilesOf(t *testing.T) {
	list := partList{{name: "a", files: []string{"views/a.templ", "web/a.go"}}, {name: "b", files: []string{"web/b.go"}}}
	if got := list.filesOf([]string{"a"}); !slices.Equal(got, []string{"views/a.templ", "views/a_templ.go", "web/a.go"}) {
		t.Errorf("files of a: %v", got)
	}
}

// TestPartsWithout: a part leaves the list with its files, those that it shares with another part included.
func TestPartsWithout(t *testing.T) {
	got := partsWithout("# Head: kept.\n\na: A.\n\tx\n\ty\n\nb: B.\n\ty\n\tz\n", []string{"a"}, []string{"x", "y"})
	if want := "# Head: kept.\n\nb: B.\n\tz\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := partsWithout("# Head.\n\na: A.\n\tx\n", []string{"a"}, []string{"x"}); got != "# Head.\n" {
		t.Errorf("of one part: %q", got)
	}
}
