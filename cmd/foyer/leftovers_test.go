package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestNothingIsLeftOver: pages use all styles and icons, code all messages; parts.txt names all files of its parts, and
// README and the comments of Go only paths that exist.
func TestNothingIsLeftOver(t *testing.T) {
	files := template(t).tree(t)
	list, err := leftovers(files)
	must(t, err)
	if len(list) > 0 {
		t.Error(strings.Join(list, "\n"))
	}
}

// TestEachMarkerIsRead: files with markers of parts have a language, without which the markers would mark nothing.
func TestEachMarkerIsRead(t *testing.T) {
	marker := regexp.MustCompile(`(?:(?://|#|/\*|<!--) (?:part|end):[a-z,]+(?: \*/| -->)?)(?: \|)?\n`)
	for name, text := range template(t).tree(t) {
		if languageOf(name) == nil && !isGenerated(name) && path.Ext(name) != ".txt" && marker.MatchString(text) {
			t.Errorf("%s has markers, but no language", name)
		}
	}
}

// TestUsersCanBeMade: without any part, programs of admins make users all the same.
func TestUsersCanBeMade(t *testing.T) {
	before := template(t).tree(t)
	list, err := readParts(before[partsFile])
	must(t, err)
	after := rendered(t, before, removal{parts: list.names()})
	for name, want := range map[string]string{
		"web/routes.go":            `freshAdmin.POST("/api/admin/users", s.createUser`,
		"web/api_users.go":         "payload.JSON(",
		"web/api_users_test.go":    "func TestCreateUser(",
		"internal/payload/read.go": "func JSON(",
	} {
		if !strings.Contains(after[name], want) {
			t.Errorf("%s lacks %q", name, want)
		}
	}
}

// template returns the checkout of the template. A project that grew from it may keep what it likes.
func template(t *testing.T) folder {
	t.Helper()
	root := projectRoot(t)
	if _, err := os.Stat(root.path(projectFile)); err == nil {
		t.Skip("this is a project, not the template")
	}
	return root
}

// leftovers returns what nothing uses in a tree: each as "file: what".
func leftovers(t tree) ([]string, error) {
	list, err := unlisted(t)
	if err != nil {
		return nil, err
	}
	uses := literals{}
	uses.addTree(t)
	for _, name := range t.names() {
		if path.Dir(name) != "static" {
			continue
		}
		names := namesIn(name, t[name])
		used := uses.named(t.namesLike(name))
		for _, one := range slices.Compact(slices.Sorted(slices.Values(names))) {
			if !used[one] && !strings.HasPrefix(one, "htmx-") { // else htmx sets it
				list = append(list, fmt.Sprintf("%s: no page uses %q", name, one))
			}
		}
	}
	messages, err := unsaid(t)
	if err != nil {
		return nil, err
	}
	return slices.Concat(list, messages, deadPaths(t), deadMentions(t)), nil
}

// TestCommentsOfWhatStays: without any part, comments name only paths that are still there.
func TestCommentsOfWhatStays(t *testing.T) {
	before := template(t).tree(t)
	list, err := readParts(before[partsFile])
	must(t, err)
	if dead := deadMentions(rendered(t, before, removal{parts: list.names()})); len(dead) > 0 {
		t.Error(strings.Join(dead, "\n"))
	}
}

// mention is a path in a comment: a file of a kind that projects have, or anything below a folder at the root.
var mention = regexp.MustCompile(`[\w./-]+\.(?:css|go|js|md|mjs|svg|templ)\b|\b(?:cmd|internal|views|web)/[\w/-]+`)

// deadMentions returns the paths in comments of Go, the tool's own apart, that name no file or folder. A path begins at
// the root, in static or in the folder of its file.
func deadMentions(t tree) (list []string) {
	for _, name := range t.names() {
		if path.Ext(name) != ".go" || strings.HasPrefix(name, "cmd/foyer/") {
			continue
		}
		places := []string{".", "static", path.Dir(name)}
		fset := token.NewFileSet()
		file := fset.AddFile(name, -1, len(t[name]))
		var s scanner.Scanner
		s.Init(file, []byte(t[name]), nil, scanner.ScanComments)
		for pos, tok, text := s.Scan(); tok != token.EOF; pos, tok, text = s.Scan() {
			if tok != token.COMMENT {
				continue
			}
			for _, found := range mention.FindAllString(text, -1) {
				if !slices.ContainsFunc(places, func(dir string) bool { return t.holds(path.Join(dir, found)) }) {
					list = append(list, fmt.Sprintf("%s: %s does not exist", fset.Position(pos), found))
				}
			}
		}
	}
	return list
}

// unlisted returns the files of parts.txt that do not exist, and those that are missing in it: where a part has
// more than half of a folder, tests apart, it has all of it.
func unlisted(t tree) (list []string, err error) {
	parts, err := readParts(t[partsFile])
	if err != nil {
		return nil, err
	}
	owner := map[string]string{}
	for _, part := range parts.names() {
		for _, name := range parts.filesOf([]string{part}) {
			owner[name] = part
			if _, ok := t[name]; !ok {
				list = append(list, fmt.Sprintf("%s: %s does not exist", partsFile, name))
			}
		}
	}
	type place struct{ dir, part string }
	listed, rest := map[place]int{}, map[string][]string{}
	p, _, err := readProject(t)
	if err != nil {
		return nil, err
	}
	for _, name := range t.names() {
		dir := path.Dir(name)
		generated := slices.ContainsFunc(p.Generated, func(g generated) bool { return g.Files[name] != "" })
		switch {
		case generated: // into the folder of a part
		case owner[name] == "":
			rest[dir] = append(rest[dir], name)
		case !strings.HasSuffix(name, "_test.go"):
			listed[place{dir, owner[name]}]++
		}
	}
	for at, n := range listed {
		for _, name := range rest[at.dir] {
			if n > len(rest[at.dir]) {
				list = append(list, fmt.Sprintf("%s: %s belongs to no part, but most of its folder does", partsFile, name))
			}
		}
	}
	return list, checkMarkers(t)
}

// unsaid returns the flash messages that no code sends: the keys of maps of views.Flash that stand nowhere else.
func unsaid(t tree) (list []string, err error) {
	times := map[string]int{}
	keys := map[string]string{} // their files
	for _, name := range t.names() {
		if path.Dir(name) != "web" || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, t[name], parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
					times[text]++
				}
			case *ast.CompositeLit:
				for _, key := range flashKeys(n) {
					keys[key] = name
				}
			}
			return true
		})
	}
	for key, name := range keys {
		if times[key] < 2 {
			list = append(list, fmt.Sprintf("%s: no page says %q", name, key))
		}
	}
	slices.Sort(list)
	return list, nil
}

// flashKeys returns the keys of a literal map[string]views.Flash.
func flashKeys(n *ast.CompositeLit) (keys []string) {
	m, ok := n.Type.(*ast.MapType)
	if !ok {
		return nil
	}
	value, ok := m.Value.(*ast.SelectorExpr)
	if !ok || value.Sel.Name != "Flash" {
		return nil
	}
	for _, e := range n.Elts {
		pair, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		if key, ok := pair.Key.(*ast.BasicLit); ok {
			if text, err := strconv.Unquote(key.Value); err == nil {
				keys = append(keys, text)
			}
		}
	}
	return keys
}

// holds reports whether t has a file or folder of that path.
func (t tree) holds(name string) bool {
	if _, ok := t[name]; ok {
		return true
	}
	for file := range t {
		if strings.HasPrefix(file, name+"/") {
			return true
		}
	}
	return false
}

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
		{"a file that no part lists", clean.with("internal/audit/new.go", "package audit\n", "internal/audit/old.go",
			"package audit\n").edit(t, partsFile, "\tweb/audit.go\n", "\tweb/audit.go\n\tinternal/audit/old.go\n"),
			[]string{partsFile + ": internal/audit/new.go belongs to no part, but most of its folder does"}},
		{"a comment", clean.with("web/seen.go", "package web\n\n// seen is read in page.go, gone.go, app.css and internal/gone.\n"),
			[]string{"web/seen.go:3:1: gone.go does not exist", "web/seen.go:3:1: internal/gone does not exist"}},
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
