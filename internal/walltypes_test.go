package internal

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// checker reads packages with their types. What they import comes compiled from the build cache, so that a check needs
// the go command and no network.
type checker struct {
	module   string
	fset     *token.FileSet
	compiled types.Importer
	planted  map[string]*types.Package // of proofs: on no disk, so that only a later proof can import them
}

// checked is a package with the type of every expression in it.
type checked struct {
	*types.Package
	*types.Info
	module, dir string
	fset        *token.FileSet
	files       []*ast.File
}

// listed is a package as the go command lists it.
type listed struct {
	path, compiled, dir string
	files               []string
}

// goList lists the packages of this module and all that they import.
var goList = sync.OnceValues(func() (list []listed, err error) {
	format := "{{.ImportPath}}\t{{.Export}}\t{{.Dir}}{{range .GoFiles}}\t{{.}}{{end}}"
	command := exec.Command("go", "list", "-deps", "-export", "-f", format, "./...")
	command.Dir, command.Stderr = root, os.Stderr
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	for line := range strings.Lines(string(out)) {
		part := strings.Split(strings.TrimSpace(line), "\t")
		list = append(list, listed{part[0], part[1], part[2], part[3:]})
	}
	return list, nil
})

func newChecker(t *testing.T) *checker {
	t.Helper()
	list, err := goList()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, l := range list {
		files[l.path] = l.compiled
	}
	c := &checker{module: moduleOf(t), fset: token.NewFileSet(), planted: map[string]*types.Package{}}
	c.compiled = importer.ForCompiler(c.fset, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(files[path])
	})
	return c
}

// Import implements types.Importer.
func (c *checker) Import(path string) (*types.Package, error) {
	if p := c.planted[path]; p != nil {
		return p, nil
	}
	return c.compiled.Import(path)
}

// check finds the types of the package in a folder of the module, whose files are given by name.
func (c *checker) check(dir string, texts map[string]string) (*checked, error) {
	p := &checked{module: c.module, dir: dir, fset: c.fset, Info: &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{},
		Instances: map[*ast.Ident]types.Instance{},
	}}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		file, err := parser.ParseFile(c.fset, name, texts[name], parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		p.files = append(p.files, file)
	}
	var err error
	p.Package, err = (&types.Config{Importer: c}).Check(c.module+"/"+dir, c.fset, p.files, p.Info)
	return p, err
}

// own gives the files of each package of the module, by folder.
func (c *checker) own(t *testing.T) map[string]map[string]string {
	t.Helper()
	list, err := goList()
	if err != nil {
		t.Fatal(err)
	}
	packages := map[string]map[string]string{}
	for _, l := range list {
		dir, isOwn := strings.CutPrefix(l.path, c.module+"/")
		if !isOwn {
			continue
		}
		packages[dir] = map[string]string{}
		for _, name := range l.files {
			text, err := os.ReadFile(filepath.Join(root, dir, name))
			if err != nil {
				t.Fatal(err)
			}
			packages[dir][dir+"/"+name] = string(text)
		}
	}
	return packages
}
