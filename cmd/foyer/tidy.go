package main

import (
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
func tidy(before, t tree) {
	for name, text := range t {
		if was, ok := before[name]; ok && was != text {
			t[name] = tidied(name, was, text)
		}
	}
}

// tidied is tidy for the text of one file, which was another one before.
func tidied(name, was, text string) string {
	switch ext := path.Ext(name); {
	case ext == ".templ":
		return dropImports(name, was, text)
	case ext == ".go" && !isGenerated(name):
		return formatted(dropImports(name, was, text))
	}
	return text
}

// formatted returns the text of a Go file as gofmt has it. What does not parse stays as it is: go vet names the line.
func formatted(text string) string {
	out, err := format.Source([]byte(text))
	if err != nil {
		return text
	}
	return string(out)
}

var (
	importLine  = regexp.MustCompile(`^\s*(?:import\s+)?(?:([\w.]+)\s+)?"([^"]+)"\s*(?://.*)?$`)
	declaration = regexp.MustCompile(`(?m)^(?:templ|css|script|func|type|var|const)\b`)
	emptyImport = regexp.MustCompile(`(?m)^import \(\s*\)\n*`)
	version     = regexp.MustCompile(`^v\d+$`)
	identifier  = regexp.MustCompile(`^[A-Za-z_]\w*$`)
)

// dropImports removes the imports that before used and after does not. An import that it cannot match with a use
// stays: the compiler names it.
func dropImports(name, before, after string) string {
	used, uses := packagesUsed(name, before), packagesUsed(name, after)
	header, body := after, ""
	if at := declaration.FindStringIndex(after); at != nil {
		header, body = after[:at[0]], after[at[0]:]
	}
	var out strings.Builder
	for line := range strings.Lines(header) {
		m := importLine.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		is := func(set map[string]bool) bool {
			return m != nil && slices.ContainsFunc(packageNames(m[1], m[2]), func(n string) bool { return set[n] })
		}
		if !is(used) || is(uses) {
			out.WriteString(line)
		}
	}
	return emptyImport.ReplaceAllString(out.String()+body, "")
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

// packagesUsed returns the names that a Go file uses and does not declare. In a template, and in Go that does not
// parse, these are the names before a dot.
func packagesUsed(name, text string) map[string]bool {
	file, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
	if err != nil {
		return namesBeforeDot(text)
	}
	used := map[string]bool{}
	for _, id := range file.Unresolved {
		used[id.Name] = true
	}
	return used
}

// namesBeforeDot returns the names before a dot, without those in comments and imports.
func namesBeforeDot(text string) map[string]bool {
	used := map[string]bool{}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "//") || importLine.MatchString(strings.TrimRight(line, "\r\n")) {
			continue
		}
		for _, m := range selector.FindAllStringSubmatch(line, -1) {
			used[m[1]] = true
		}
	}
	return used
}
