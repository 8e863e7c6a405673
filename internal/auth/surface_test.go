package auth_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const maxNames = 30

// surface lists every exported name of the package in this folder: its package-level names, and with their
// methods and fields all lines of the golden file.
func surface(t *testing.T) (names, lines []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	source := func(node any) string {
		var b bytes.Buffer
		if err := format.Node(&b, set, node); err != nil {
			t.Fatal(err)
		}
		one := strings.Join(strings.Fields(b.String()), " ")
		return strings.NewReplacer("( ", "(", ", )", ")").Replace(one) // as if written in one line
	}
	add := func(kind, name, rest string) {
		names = append(names, name)
		lines = append(lines, strings.TrimSpace(kind+" "+name+" "+rest))
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				signature := strings.TrimPrefix(source(d.Type), "func")
				switch {
				case !d.Name.IsExported():
				case d.Recv == nil:
					add("func", d.Name.Name, signature)
				default:
					if of := source(d.Recv.List[0].Type); ast.IsExported(strings.TrimPrefix(of, "*")) {
						lines = append(lines, fmt.Sprintf("method (%s) %s%s", of, d.Name.Name, signature))
					}
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch s := spec.(type) {
					case *ast.ValueSpec:
						for _, name := range s.Names {
							if name.IsExported() {
								add(d.Tok.String(), name.Name, "")
							}
						}
					case *ast.TypeSpec:
						if s.Name.IsExported() {
							add("type", s.Name.Name, kindOf(s.Type))
							lines = append(lines, members(s, source)...)
						}
					}
				}
			}
		}
	}
	slices.Sort(lines)
	return names, lines
}

func kindOf(t ast.Expr) string {
	switch t.(type) {
	case *ast.StructType:
		return "struct"
	case *ast.InterfaceType:
		return "interface"
	}
	return "other"
}

func members(s *ast.TypeSpec, source func(any) string) (lines []string) {
	var list *ast.FieldList
	kind := "field"
	switch t := s.Type.(type) {
	case *ast.StructType:
		list = t.Fields
	case *ast.InterfaceType:
		list, kind = t.Methods, "interface method"
	default:
		return nil
	}
	for _, f := range list.List {
		if len(f.Names) == 0 {
			lines = append(lines, fmt.Sprintf("embedded %s.%s", s.Name, source(f.Type)))
		}
		for _, name := range f.Names {
			if name.IsExported() {
				lines = append(lines, fmt.Sprintf("%s %s.%s %s", kind, s.Name, name, source(f.Type)))
			}
		}
	}
	return lines
}

// Whoever adds to what others can call says so here, and thinks about it once more.
func TestSurface(t *testing.T) {
	names, lines := surface(t)
	if len(names) > maxNames {
		slices.Sort(names)
		t.Errorf("%d exported names, at most %d: %v", len(names), maxNames, names)
	}
	got := strings.Join(lines, "\n") + "\n"
	const golden = "testdata/surface.golden"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the exported surface changed; go test -update rewrites %s\ngot:\n%s", golden, got)
	}
}
