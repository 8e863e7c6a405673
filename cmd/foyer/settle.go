package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
)

// accessFile is the table of who may open what.
const accessFile = "web/testdata/access.golden"

// settle makes a folder whole whose files were edited: it tidies them, generates what is generated, and refuses what does
// not compile. Before is the tree that the folder held earlier.
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
	checks := [][]string{{"vet", "./..."}}
	if slices.ContainsFunc(after.names(), func(name string) bool { return inlined.MatchString(after[name]) }) {
		checks = [][]string{{"fix", "-inline", "./..."}, {"vet", "./..."}}
	}
	for _, args := range checks {
		if _, err := f.run(ctx, "go", args...); err != nil {
			return errors.New(faults(err.Error()))
		}
	}
	// After vet, because tidy looks in the network for a package that left.
	if _, err := f.run(ctx, "go", "mod", "tidy"); err != nil {
		return err
	}
	if !maps.Equal(before.below("internal/auth/"), after.below("internal/auth/")) {
		if err := f.settleSurface(ctx); err != nil {
			return err
		}
	}
	return f.settleAccess(ctx, before)
}

// inlined finds a helper that got a new name: go fix lets callers of the old one call the new one.
var inlined = regexp.MustCompile(`(?m)^//go:fix inline$`)

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

// gained returns the lines that the table of who may open what has and had not, each with its route.
func gained(was, is string) (lines []string) {
	var old []string
	for i, table := range []string{was, is} {
		route := ""
		for line := range strings.Lines(table) {
			if line = strings.TrimRight(line, "\r\n"); !strings.HasPrefix(line, " ") {
				route = line
			} else {
				line = route + line
			}
			if i == 0 {
				old = append(old, line)
			} else if !slices.Contains(old, line) {
				lines = append(lines, line)
			}
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
