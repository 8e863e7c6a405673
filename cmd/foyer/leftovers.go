package main

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

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
		names := namesIn(name).all(t[name])
		used := uses.named(names)
		for _, one := range slices.Compact(slices.Sorted(slices.Values(names))) {
			if !used[one] {
				list = append(list, fmt.Sprintf("%s: no page uses %q", name, one))
			}
		}
	}
	messages, err := unsaid(t)
	if err != nil {
		return nil, err
	}
	return slices.Concat(list, messages, deadPaths(t)), nil
}

// unlisted returns the files of parts.txt that do not exist, and those that are missing in it: where parts have more
// than half of a folder, tests apart, they have all of it.
func unlisted(t tree) (list []string, err error) {
	parts, err := readParts(t[partsFile])
	if err != nil {
		return nil, err
	}
	files := map[string]bool{}
	for _, name := range parts.filesOf(parts.names()) {
		files[name] = true
		if _, ok := t[name]; !ok {
			list = append(list, fmt.Sprintf("%s: %s does not exist", partsFile, name))
		}
	}
	listed, rest := map[string]int{}, map[string][]string{}
	for _, name := range t.names() {
		dir := path.Dir(name)
		switch {
		case !files[name]:
			rest[dir] = append(rest[dir], name)
		case !strings.HasSuffix(name, "_test.go"):
			listed[dir]++
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(listed)) {
		for _, name := range rest[dir] {
			if listed[dir] > len(rest[dir]) {
				list = append(list, fmt.Sprintf("%s: %s belongs to no part, but most of its folder does", partsFile, name))
			}
		}
	}
	return list, checkMarkers(t)
}

// orphans returns the files below a folder that held Go in before and holds none in t.
func orphans(before, t tree) (list []string) {
	packages := func(t tree) map[string]bool {
		dirs := map[string]bool{}
		for name := range t {
			if path.Ext(name) == ".go" {
				dirs[path.Dir(name)] = true
			}
		}
		return dirs
	}
	was, is := packages(before), packages(t)
	for _, name := range t.names() {
		dir := path.Dir(name)
		for dir != "." && !was[dir] {
			dir = path.Dir(dir)
		}
		if dir != "." && !is[dir] {
			list = append(list, name+": the package that it lay in is gone")
		}
	}
	return list
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

var mentioned = regexp.MustCompile("`(?:\\./)?([\\w.-]+/[\\w./-]*)`")

// deadPaths returns the paths in rows of README's tables that name no file or folder of t.
func deadPaths(t tree) (list []string) {
	top := map[string]bool{"cmd": true, "internal": true, "web": true, "views": true, "static": true, "migrations": true}
	for i, line := range strings.Split(t["README.md"], "\n") {
		if !strings.HasPrefix(line, "|") {
			continue // an example may name a file that the reader is to make
		}
		for _, m := range mentioned.FindAllStringSubmatch(line, -1) {
			name := path.Clean(m[1])
			first, _, _ := strings.Cut(name, "/")
			if !top[first] || strings.HasSuffix(name, "...") || t.holds(name) {
				continue
			}
			list = append(list, fmt.Sprintf("README.md:%d: %s does not exist", i+1, name))
		}
	}
	return list
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

// deadCode returns the functions that no program of the folder reaches, views among them.
func deadCode(ctx context.Context, f folder) ([]string, error) {
	programs, err := f.run(ctx, "go", "list", "-f", `{{if eq .Name "main"}}{{.ImportPath}}{{end}}`, "./...")
	if err != nil {
		return nil, err
	}
	out, err := f.run(ctx, "go", append([]string{"tool", "-modfile=tools.mod", "deadcode"},
		strings.Fields(programs)...)...)
	if err != nil {
		return nil, err
	}
	return strings.FieldsFunc(out, func(r rune) bool { return r == '\n' }), nil
}
