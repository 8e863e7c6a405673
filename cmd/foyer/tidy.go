package main

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
)

// tidy changes what a person's editor would change when they save: it drops the imports that before needed and t no
// longer does, and formats Go. It touches only files that differ from before.
func tidy(before, t tree) error {
	for _, name := range t.names() {
		was, ok := before[name]
		if !ok || was == t[name] {
			continue
		}
		text, err := tidied(name, was, t[name])
		if err != nil {
			return err
		}
		t[name] = text
	}
	return nil
}

// tidied is tidy for the text of one file, which was another one before.
func tidied(name, was, text string) (string, error) {
	ext := path.Ext(name)
	if ext != ".go" && ext != ".templ" || strings.HasSuffix(name, "_templ.go") {
		return text, nil
	}
	text, err := dropImports(name, was, text)
	if err != nil || ext == ".templ" {
		return text, err
	}
	return formatted(name, text)
}

// formatted returns the text of a Go file as gofmt has it. Its error names file and line.
func formatted(name, text string) (string, error) {
	out, err := format.Source([]byte(text))
	if err != nil {
		return "", fmt.Errorf("%s:%w", name, err)
	}
	return string(out), nil
}

var (
	importLine  = regexp.MustCompile(`^\s*(?:import\s+)?(?:([\w.]+)\s+)?"([^"]+)"\s*(?://.*)?$`)
	declaration = regexp.MustCompile(`^(?:templ|css|script|func|type|var|const)\b`)
	emptyImport = regexp.MustCompile(`(?m)^import \(\s*\)\n*`)
	version     = regexp.MustCompile(`^v\d+$`)
	identifier  = regexp.MustCompile(`^[A-Za-z_]\w*$`)
)

// dropImports removes the imports that before used and after does not. An import that it cannot match with a use
// stays: the compiler names it.
func dropImports(name, before, after string) (string, error) {
	used, err := packagesUsed(name, before)
	if err != nil {
		return "", err
	}
	uses, err := packagesUsed(name, after)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	header := true
	for line := range strings.Lines(after) {
		header = header && !declaration.MatchString(line)
		m := importLine.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if header && m != nil {
			is := func(set map[string]bool) bool {
				return slices.ContainsFunc(packageNames(m[1], m[2]), func(n string) bool { return set[n] })
			}
			if is(used) && !is(uses) {
				continue
			}
		}
		out.WriteString(line)
	}
	return emptyImport.ReplaceAllString(out.String(), ""), nil
}

// packageNames returns the names by which a file may call an import, none for "_" and ".".
func packageNames(alias, imported string) []string {
	if alias != "" {
		return slices.DeleteFunc([]string{alias}, func(a string) bool { return a == "_" || a == "." })
	}
	base := path.Base(imported)
	if version.MatchString(base) {
		base = path.Base(path.Dir(imported))
	}
	base, _, _ = strings.Cut(base, ".") // gopkg.in/yaml.v3
	names := []string{base, strings.TrimPrefix(base, "go-"), strings.TrimSuffix(base, "-go")}
	return slices.DeleteFunc(names, func(n string) bool { return !identifier.MatchString(n) })
}

var selector = regexp.MustCompile(`\b([A-Za-z_]\w*)\.[A-Za-z_]`)

// packagesUsed returns the names before a dot in a file: in Go those that the file does not declare.
func packagesUsed(name, text string) (map[string]bool, error) {
	used := map[string]bool{}
	if path.Ext(name) == ".templ" {
		for line := range strings.Lines(text) {
			if strings.HasPrefix(strings.TrimSpace(line), "//") || importLine.MatchString(strings.TrimRight(line, "\r\n")) {
				continue
			}
			for _, m := range selector.FindAllStringSubmatch(line, -1) {
				used[m[1]] = true
			}
		}
		return used, nil
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
	if err != nil {
		return nil, err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && x.Obj == nil {
				used[x.Name] = true
			}
		}
		return true
	})
	return used, nil
}
