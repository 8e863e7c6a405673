package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// dropUnused removes from t, which was before, the unexported declarations that nothing uses any more: helpers of what
// left. It goes by names, so that a name which means two things in a package may stay. A file that declares nothing any
// more goes, too.
func dropUnused(before, t tree) {
	packages := map[string]bool{}
	for _, name := range before.names() {
		if before[name] != t[name] && !strings.HasPrefix(name, exampleDir) {
			packages[path.Dir(name)+" "+packageOf(before[name])] = true
		}
	}
	for p := range packages {
		readDefinitions(t, p).drop(t, readDefinitions(before, p))
	}
}

var packageClause = regexp.MustCompile(`(?m)^package (\w+)`)

func packageOf(text string) string {
	if m := packageClause.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// A definition is a declaration at the top of a file, with its comment.
type definition struct {
	name     string // of a method with a dot before it; "" for one that always stays
	of       string // the type of a method
	uses     map[string]bool
	file     string
	from, to int // bytes
}

// exported reports whether other packages may use d.
func (d definition) exported() bool { return ast.IsExported(strings.TrimPrefix(d.name, ".")) }

// definitions are those of a package, tests among them.
type definitions struct {
	list []definition
	uses map[string]bool // names that its templates and all definitions use, apart from their own
}

var (
	word       = regexp.MustCompile(`[A-Za-z_]\w*`)
	emptyGroup = regexp.MustCompile(`(?m)^(?:var|type) \(\s*\)\n*`)
)

func readDefinitions(t tree, packageID string) definitions {
	d := definitions{uses: map[string]bool{}}
	for _, name := range t.names() {
		switch {
		case isGenerated(name) || path.Dir(name)+" "+packageOf(t[name]) != packageID:
		case path.Ext(name) == ".templ":
			for _, w := range word.FindAllString(t[name], -1) {
				d.uses[w], d.uses["."+w] = true, true
			}
		case path.Ext(name) == ".go":
			d.read(name, t[name])
		}
	}
	return d
}

// read adds the definitions of a file. What does not parse has none: go vet names the line.
func (d *definitions) read(name, text string) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, text, parser.ParseComments)
	if err != nil {
		return
	}
	add := func(one definition, node ast.Node, doc *ast.CommentGroup) {
		offset := func(p token.Pos) int { return fset.Position(p).Offset }
		one.file, one.from, one.to = name, offset(node.Pos()), offset(node.End())
		if doc != nil && !slices.ContainsFunc(doc.List, isMarker) {
			one.from = offset(doc.Pos())
		}
		rest, _, _ := strings.Cut(text[one.to:], "\n")
		one.to += len(rest)
		if one.name == "_" || one.name == "init" {
			one.name = ""
		}
		one.uses = namesUsed(file, node)
		delete(one.uses, one.name)
		delete(one.uses, one.of)
		d.list = append(d.list, one)
	}
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			one := definition{name: decl.Name.Name}
			if decl.Recv != nil {
				one = definition{name: "." + one.name, of: word.FindString(text[decl.Recv.List[0].Type.Pos()-file.FileStart:])}
			}
			add(one, decl, decl.Doc)
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				node, doc, one := ast.Node(spec), (*ast.CommentGroup)(nil), definition{}
				switch s := spec.(type) {
				case *ast.ImportSpec:
					continue
				case *ast.TypeSpec:
					one.name, doc = s.Name.Name, s.Doc
				case *ast.ValueSpec:
					doc = s.Doc
					if len(s.Names) == 1 && (len(decl.Specs) == 1 || decl.Tok == token.VAR) { // constants may count lines
						one.name = s.Names[0].Name
					}
				}
				if len(decl.Specs) == 1 {
					node, doc = decl, decl.Doc
				}
				add(one, node, doc)
			}
		}
	}
}

func isMarker(c *ast.Comment) bool { return slashes.exact.MatchString(c.Text) }

// namesUsed returns the names in a node of file that are declared at the top of it or in another file, and those of
// methods and fields with a dot before them.
func namesUsed(file *ast.File, node ast.Node) map[string]bool {
	used := map[string]bool{}
	passed := map[*ast.Ident]bool{} // those of selectors and functions, which Inspect meets as identifiers, too
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			used["."+n.Sel.Name], passed[n.Sel] = true, true
		case *ast.FuncDecl:
			passed[n.Name] = true
		case *ast.InterfaceType:
			for _, method := range n.Methods.List {
				for _, id := range method.Names {
					used["."+id.Name] = true
				}
			}
		case *ast.Ident:
			if !passed[n] && (n.Obj == nil || n.Obj == file.Scope.Lookup(n.Name)) {
				used[n.Name] = true
			}
		}
		return true
	})
	return used
}

// drop removes from t what was used and is not.
func (d definitions) drop(t tree, was definitions) {
	used, wasUsed := maps.Clone(d.uses), maps.Clone(was.uses)
	for _, one := range was.list {
		maps.Copy(wasUsed, one.uses)
	}
	types, live := map[string]bool{}, make([]bool, len(d.list))
	for found := true; found; {
		found = false
		for i, one := range d.list {
			root := one.name == "" || one.exported() || !wasUsed[one.name]
			if live[i] || !root && !used[one.name] || one.of != "" && !types[one.of] {
				continue
			}
			live[i], types[one.name], found = true, true, true
			maps.Copy(used, one.uses)
		}
	}
	stays := map[string]bool{}
	for i, one := range slices.Backward(d.list) {
		if live[i] {
			stays[one.file] = true
			continue
		}
		text := t[one.file]
		t[one.file] = emptyGroup.ReplaceAllString(text[:one.from]+strings.TrimLeft(text[one.to:], "\n"), "")
	}
	for _, one := range d.list {
		if !stays[one.file] {
			delete(t, one.file)
		}
	}
}
