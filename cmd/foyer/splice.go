package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strings"
)

// importPlace is the place of imports.
const importPlace = "import"

// insert puts lines at the end of the function, struct or list that place names in a Go file, or imports them if place
// is importPlace. It finds the place in the syntax tree and edits the text, so that comments stay where they are.
func insert(name, text, place string, lines []string) (string, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, text, parser.ParseComments)
	if err != nil {
		return "", err
	}
	offset := func(p token.Pos) int { return fset.Position(p).Offset }
	if place == importPlace {
		return importAll(text, file, offset, lines), nil
	}
	end, last := endOf(file, place)
	if !end.IsValid() {
		return "", fmt.Errorf("%s has no %s, to which this adds: %s", name, place, strings.TrimSpace(lines[0]))
	}
	before, after := text[:offset(end)], text[offset(end):]
	if last.IsValid() && !strings.Contains(before[offset(last):], ",") {
		before = before[:offset(last)] + "," + before[offset(last):]
	}
	if line := before[strings.LastIndex(before, "\n")+1:]; strings.TrimSpace(line) != "" {
		before += "\n"
	}
	return formatted(before + strings.Join(lines, "\n") + "\n" + after), nil
}

// endOf returns where the content of a declaration ends: before its closing brace, or before the return that ends a
// function. last is the end of the last element of a list.
func endOf(file *ast.File, name string) (end, last token.Pos) {
	var declared any
	if object := file.Scope.Lookup(name); object != nil {
		declared = object.Decl
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == name && declared == nil {
			declared = f // a method, which no scope has
		}
	}
	switch d := declared.(type) {
	case *ast.FuncDecl:
		if d.Body == nil {
			break
		}
		end = d.Body.Rbrace
		if n := len(d.Body.List); n > 0 {
			if r, ok := d.Body.List[n-1].(*ast.ReturnStmt); ok {
				end = r.Pos()
			}
		}
	case *ast.TypeSpec:
		if t, ok := d.Type.(*ast.StructType); ok {
			end = t.Fields.Closing
		}
	case *ast.ValueSpec:
		if len(d.Values) != 1 {
			break
		}
		if list, ok := d.Values[0].(*ast.CompositeLit); ok {
			end = list.Rbrace
			if n := len(list.Elts); n > 0 {
				last = list.Elts[n-1].End()
			}
		}
	}
	return end, last
}

// importAll adds the imports that file lacks: below the imports that are not of the standard library.
func importAll(text string, file *ast.File, offset func(token.Pos) int, paths []string) string {
	paths = slices.DeleteFunc(slices.Clone(paths), func(p string) bool {
		return slices.ContainsFunc(file.Imports, func(s *ast.ImportSpec) bool { return s.Path.Value == strings.TrimSpace(p) })
	})
	if len(paths) == 0 {
		return text
	}
	lines := "\n" + strings.Join(paths, "\n")
	if len(file.Imports) == 0 {
		at := offset(file.Name.End())
		return formatted(text[:at] + "\n\nimport (" + lines + "\n)" + text[at:])
	}
	last := file.Imports[len(file.Imports)-1]
	if !strings.Contains(last.Path.Value, ".") {
		lines = "\n" + lines // the standard library is a group of its own
	}
	from, to := offset(last.Pos()), offset(last.End())
	alone := func(d ast.Decl) bool { return d.End() == last.End() } // without parentheses
	if slices.ContainsFunc(file.Decls, alone) {
		return formatted(text[:from] + "(\n" + text[from:to] + lines + "\n)" + text[to:])
	}
	return formatted(text[:to] + lines + text[to:])
}

// importOfOne matches what importAll made of an import without parentheses, when its own lines are gone again.
var importOfOne = regexp.MustCompile(`(?m)^import \(\n\t("[^"]+")\n\)$`)

// removeLines takes out lines that insert put in, and the imports that nothing uses without them. It refuses if one of
// the lines is not there any more.
func removeLines(name, text string, lines []string) (string, error) {
	rest := slices.Clone(lines)
	var kept []string
	cut := false // whether lines after the last one of kept are gone
	for line := range strings.SplitSeq(text, "\n") {
		if i := slices.IndexFunc(rest, func(l string) bool { return alike(l, line) }); i >= 0 {
			rest, cut = slices.Delete(rest, i, i+1), true
			continue
		}
		if n := len(kept); cut && strings.HasPrefix(line, "}") && strings.HasSuffix(kept[n-1], "{") {
			kept[n-1] += line // as a declaration is written that is empty
			continue
		}
		kept, cut = append(kept, line), false
	}
	if len(rest) > 0 {
		return "", fmt.Errorf("%s was changed: it lacks the line %s", name, strings.TrimSpace(rest[0]))
	}
	dropped := dropImports(name, text, strings.Join(kept, "\n"))
	return formatted(importOfOne.ReplaceAllString(dropped, "import $1")), nil
}

// alike reports whether two lines differ in spaces alone, which gofmt changes when neighbours come and go.
func alike(a, b string) bool { return slices.Equal(strings.Fields(a), strings.Fields(b)) }
