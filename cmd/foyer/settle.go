package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
)

// accessFile is the table of who may open what.
const accessFile = "web/testdata/access.golden"

// settle finishes a folder whose files were cut: it tidies them, generates what is generated, and refuses what does not
// compile or opens a door. Before is the tree that the folder held earlier.
func settle(ctx context.Context, f folder, before tree) error {
	cut, err := f.read(ctx)
	if err != nil {
		return err
	}
	after := maps.Clone(cut)
	if err := checkMarkers(after); err != nil {
		return err
	}
	if err := tidy(before, after); err != nil {
		return err
	}
	if err := f.write(cut, after); err != nil {
		return err
	}
	if templatesDiffer(before, after) {
		if _, err := f.run(ctx, "go", "tool", "templ", "generate"); err != nil {
			return err
		}
	}
	if _, err := f.run(ctx, "go", "vet", "./..."); err != nil {
		return errors.New(faults(err.Error()))
	}
	// After vet, because tidy looks in the network for a package that left.
	if _, err := f.run(ctx, "go", "mod", "tidy"); err != nil {
		return err
	}
	if err := f.settleSurface(ctx); err != nil {
		return err
	}
	return f.settleAccess(ctx, before)
}

// surfaceTest writes the list of what internal/auth exports.
const (
	surfaceTest = "internal/auth/surface_test.go"
	surfaceFile = "internal/auth/testdata/surface.golden"
)

// settleSurface writes that list anew, unless its test is gone.
func (f folder) settleSurface(ctx context.Context) error {
	if _, err := os.Stat(f.path(surfaceTest)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	out, err := f.run(ctx, "go", "test", "./"+path.Dir(surfaceTest), "-run", "TestSurface$", "-count=1", "-update")
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// settleAccess writes the table of who may open what anew.
func (f folder) settleAccess(ctx context.Context, before tree) error {
	if _, ok := before[accessFile]; !ok {
		return nil
	}
	if out, err := f.run(ctx, "go", "test", "./web", "-run", "TestAccess$", "-count=1", "-update"); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// gained returns the lines of is that was lacks.
func gained(was, is string) (lines []string) {
	old := strings.Split(was, "\n")
	for line := range strings.SplitSeq(is, "\n") {
		if !slices.Contains(old, line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// checkMarkers refuses markers that are wrong, or that name a part which t does not have.
func checkMarkers(t tree) error {
	text, ok := t[partsFile]
	if !ok {
		return nil // without the tool, markers are comments
	}
	list, err := readParts(text)
	if err != nil {
		return err
	}
	own := map[string]bool{}
	for _, name := range list.filesOf([]string{toolPart}) {
		own[name] = true
	}
	for _, name := range t.names() {
		if own[name] {
			continue
		}
		if _, err := spansOf(name, t[name], list.has); err != nil {
			return err
		}
	}
	return nil
}

func templatesDiffer(before, after tree) bool {
	for name, text := range after {
		if strings.HasSuffix(name, ".templ") && before[name] != text {
			return true
		}
	}
	return false
}

// faults returns the lines of the compiler's or vet's output that name a file and a line.
func faults(output string) string {
	var list []string
	for line := range strings.Lines(output) {
		line = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(line), "vet: "), "./")
		if name, _, ok := strings.Cut(line, ".go:"); ok && !strings.Contains(name, " ") {
			list = append(list, line)
		}
	}
	if list == nil {
		return output
	}
	return strings.Join(list, "\n")
}
