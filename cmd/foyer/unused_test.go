package main

import (
	"slices"
	"strings"
	"testing"
)

// TestDropUnused: what only removed code used goes, with its comment and what it used itself; all else stays.
func TestDropUnused(t *testing.T) {
	before := tree{
		"web/a.go": "package web\n\nfunc Page() { part(); shared() }\n\nfunc shared() {}\n\nfunc seam() {} // for clones\n\n" +
			"type rig struct{}\n\nfunc (r *rig) open() { r.deep() }\n\nfunc (r *rig) deep() {}\n\nfunc (r *rig) stay() {}\n\n" +
			"// Rig is made.\nfunc Rig() { new(rig).stay() }\n\nvar (\n\tfirst = 1\n\tboth  = 2\n)\n",
		"web/part.go": "package web\n\nfunc part() { _ = 1; helper(); new(rig).open(); odd(); println(first, both); drawn(); box{}.Hit() }\n",
		"web/helpers.go": "package web\n\n// helper helps.\nfunc helper() { further() }\n\nfunc further() {}\n\n" +
			"func odd() { even() }\n\nfunc even() { odd() }\n\nfunc drawn() {}\n\nvar _ = both\n\nfunc init() {}\n",
		"web/box.go":       "package web\n\ntype box struct{}\n\nfunc (box) Hit() { box{}.own() }\n\nfunc (box) own() {}\n",
		"web/a_test.go":    "package web_test\n\nfunc helper() {}\n\nfunc TestA() { helper() }\n",
		"web/page.templ":   "package web\n\ntempl Drawn() {\n\t{ drawn() }\n}\n",
		"api/untouched.go": "package api\n\nfunc unused() {}\n",
	}
	after := before.with("web/part.go", "").edit(t, "web/a.go", "part(); ", "")
	dropUnused(before, after)
	tidy(before, after)
	want := map[string]string{
		"web/a.go": "package web\n\nfunc Page() { shared() }\n\nfunc shared() {}\n\nfunc seam() {} // for clones\n\n" +
			"type rig struct{}\n\nfunc (r *rig) stay() {}\n\n// Rig is made.\nfunc Rig() { new(rig).stay() }\n\nvar (\n\tboth = 2\n)\n",
		"web/helpers.go": "package web\n\nfunc drawn() {}\n\nvar _ = both\n\nfunc init() {}\n",
	}
	for _, name := range []string{"web/a_test.go", "web/page.templ", "api/untouched.go"} {
		want[name] = before[name]
	}
	for name := range want {
		if after[name] != want[name] {
			t.Errorf("%s:\n%s\nwant:\n%s", name, after[name], want[name])
		}
	}
	if names := after.names(); len(names) != len(want) || slices.Contains(names, "web/box.go") {
		t.Errorf("these stay: %q", names)
	}
}

// TestDropUnusedKeepsMarkers: a marker that stands on the comment of what goes stays.
func TestDropUnusedKeepsMarkers(t *testing.T) {
	before := tree{
		"web/a.go": "package web\n\n// part:keys\n// helper helps.\nfunc helper() {}\n\nfunc Keys() {}\n\n// end:keys\n",
		"web/b.go": "package web\n\nfunc Gone() { helper() }\n",
	}
	after := before.with("web/b.go", "")
	dropUnused(before, after)
	if got := after["web/a.go"]; strings.Contains(got, "func helper") || !strings.Contains(got, "// part:keys\n") {
		t.Errorf("got:\n%s", got)
	}
}

// TestPlacesStay: what page and feature add to is there without any part, even where nothing reads it then.
func TestPlacesStay(t *testing.T) {
	files := template(t).tree(t)
	list, err := readParts(files[partsFile])
	must(t, err)
	after := rendered(t, files, removal{parts: list.names()})
	for _, example := range []string{"page", "feature"} {
		for _, s := range readSplices(files[exampleDir+example+"/"+splicesFile]) {
			if s.place == importPlace || after[s.file] == "" {
				continue
			}
			if _, err := insert(s.file, after[s.file], s.place, []string{"\t// here"}); err != nil {
				t.Errorf("%s: %v", example, err)
			}
		}
	}
}
