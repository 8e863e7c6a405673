package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Tests write these lists anew: who may open what, and what internal/auth exports.
const (
	accessFile  = "web/testdata/access.golden"
	surfaceFile = "internal/auth/testdata/surface.golden"
	surfaceTest = "internal/auth/surface_test.go"
)

// settle makes a folder whole whose files were edited: it tidies them, generates what is generated, and refuses what
// does not compile. Before is the tree that the folder held earlier.
func settle(ctx context.Context, f folder, before tree) error {
	cut, err := f.read(ctx)
	if err != nil {
		return err
	}
	after := maps.Clone(cut)
	if err := checkMarkers(after); err != nil {
		return err
	}
	tidy(before, after)
	if err := f.write(cut, after); err != nil {
		return err
	}
	has := func(is func(name string) bool) bool { return slices.ContainsFunc(after.names(), is) }
	views := has(func(name string) bool { return path.Ext(name) == ".templ" && !strings.HasPrefix(name, exampleDir) })
	renames := has(func(name string) bool { return inlined.MatchString(after[name]) })
	exports := after[surfaceTest] != "" && !maps.Equal(before.below("internal/auth/"), after.below("internal/auth/"))
	vendored := after["vendor/modules.txt"] != ""
	for _, step := range []struct {
		needed bool
		args   string // of go
	}{
		{vendored, "mod vendor"},                       // else go refuses go.mod where it changed
		{views, "tool templ generate"},                 // always, because templ may be another one
		{renames, "fix -trimpath=false -inline ./..."}, // else go finds results of another folder in its cache
		{true, "vet ./..."},
		{true, "mod tidy"},       // before vet it would look in the network for a package that left
		{vendored, "mod vendor"}, // what tidy left
		{exports, "test ./internal/auth -run TestSurface$ -count=1 -update"},
		{after[accessFile] != "", "test ./web -run TestAccess$ -count=1 -update"},
	} {
		if !step.needed {
			continue
		}
		if _, err := f.run(ctx, "go", strings.Fields(step.args)...); err != nil {
			return fault(faults(err.Error()))
		}
	}
	// These are kept also where git ignores them. Where git has nothing that templ generates, it gets none.
	s := session{folder: f, ctx: ctx}
	if views && slices.ContainsFunc(before.names(), isGenerated) {
		s.git("add", "--force", "--all", "--", "*_templ.go")
	}
	if vendored {
		s.git("add", "--force", "--all", "--", "vendor")
	}
	return s.err
}

// fault is what go has against a tree.
type fault string

// Error implements error.
func (f fault) Error() string { return string(f) }

// explain adds to a fault of a copy of f what git ignores in f, because the copy lacks it. What verbs or the app make
// anew explains nothing.
func (f folder) explain(ctx context.Context, err error) error {
	var missing fault
	if !errors.As(err, &missing) {
		return err
	}
	ignored, _ := f.git(ctx, "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory")
	names := slices.DeleteFunc(listed(ignored), func(name string) bool {
		return name == "data/" || name == "bin/" || path.Base(name) == "node_modules" || isGenerated(name)
	})
	if len(names) == 0 {
		return err
	}
	return fmt.Errorf("%w\ngit ignores %s, so the copy in which this was tried lacks it",
		err, strings.Join(names[:min(len(names), 3)], ", "))
}

// inlined finds a helper that got a new name: go fix lets callers of the old one call the new one.
var inlined = regexp.MustCompile(`(?m)^//go:fix inline$`)

// gained returns the lines that the table of who may open what has and had not.
func gained(was, is string) []string {
	old := withRoutes(was)
	return slices.DeleteFunc(withRoutes(is), func(line string) bool { return slices.Contains(old, line) })
}

// withRoutes returns the lines of such a table, each with its route.
func withRoutes(table string) (lines []string) {
	route := ""
	for line := range strings.Lines(table) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, " ") {
			line = route + line
		} else {
			route = line
		}
		lines = append(lines, line)
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
	own := list.filesOf([]string{toolPart})
	for _, name := range t.names() {
		if slices.Contains(own, name) {
			continue
		}
		if _, err := spansOf(name, t[name], list.has); err != nil {
			return err
		}
	}
	return nil
}

// faults returns the lines of the compiler's or vet's output that name a file and a line.
func faults(output string) string {
	var list []string
	for line := range strings.Lines(output) {
		line = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(line), "vet: "), "./")
		name, _, ok := strings.Cut(line, ".go:")
		if ok && !strings.Contains(name, " ") && !slices.Contains(list, line) { // vet reads a package again with its tests
			list = append(list, line)
		}
	}
	if list == nil {
		return output
	}
	return strings.Join(list, "\n")
}
