package main

import (
	"context"
	"errors"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A proof shows that parts come off: without a set of them, in a copy, the rest builds and nothing is left
// behind.
type proof struct {
	before tree
	list   partList
	copy   folder // the same for all sets, so that they share what Go compiled
}

func newProof(t *testing.T, root folder) proof {
	t.Helper()
	p := proof{before: root.tree(t), copy: folder(filepath.Join(t.TempDir(), "copy"))}
	var err error
	p.list, err = readParts(p.before[partsFile])
	must(t, err)
	return p
}

// sets returns what is removed together: every part, or every two, with the parts that need them.
func (list partList) sets(pairs bool) (sets [][]string) {
	for i, a := range list.names() {
		if !pairs {
			sets = append(sets, list.with(a))
			continue
		}
		for _, b := range list.names()[i+1:] {
			sets = append(sets, list.with(a, b))
		}
	}
	slices.SortStableFunc(sets, slices.Compare)
	return slices.CompactFunc(sets, slices.Equal)
}

// with adds to names the parts that need one of them, directly or through others, in the order of the list.
func (list partList) with(names ...string) []string {
	all := slices.Clone(names)
	for {
		i := slices.IndexFunc(list, func(p part) bool {
			return !slices.Contains(all, p.name) && slices.ContainsFunc(p.needs,
				func(n string) bool { return slices.Contains(all, n) })
		})
		if i < 0 {
			break
		}
		all = append(all, list[i].name)
	}
	slices.SortFunc(all, func(a, b string) int { return list.index(a) - list.index(b) })
	return all
}

// without takes a set of parts out of the copy and runs the tests of packages there. A fresh project has no migrations
// of these parts.
func (p proof) without(ctx context.Context, set []string, fresh bool, packages string) error {
	if err := os.RemoveAll(string(p.copy)); err != nil {
		return err
	}
	if err := p.copy.write(nil, p.before); err != nil {
		return err
	}
	if _, err := p.copy.git(ctx, "init", "--quiet"); err != nil { // so that read knows what is ignored
		return err
	}
	applied := tree{}
	if !fresh {
		applied = p.before.only(p.list.migrationsOf(set))
	}
	after, err := render(p.before, removal{parts: set, has: applied})
	if err != nil {
		return err
	}
	files := applied.names()
	slices.Reverse(files) // as drop does
	for name, next := range successors(p.before, files, time.Now(), "drop_") {
		if after[next], err = swapped(name, applied[name]); err != nil {
			return err
		}
	}
	if err := p.copy.write(p.before, after); err != nil {
		return err
	}
	if err := settle(ctx, p.copy, p.before); err != nil {
		return err
	}
	if after, err = p.copy.read(ctx); err != nil {
		return err
	}
	list, err := leftovers(after)
	if err != nil {
		return err
	}
	list = append(list, gained(p.before[accessFile], after[accessFile])...)
	if list = append(list, orphans(p.before, after)...); len(list) > 0 {
		return errors.New(strings.Join(list, "\n"))
	}
	_, err = p.copy.run(ctx, "go", "test", packages)
	return err
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

func TestOrphans(t *testing.T) {
	before := tree{"a/a.go": "", "a/testdata/x": "", "b/b.go": "", "b/x": "", "c/x": ""}
	if got := orphans(before, before.with("a/a.go", "")); len(got) != 1 || !strings.HasPrefix(got[0], "a/testdata/x: ") {
		t.Errorf("got %q", got)
	}
}

func TestSets(t *testing.T) {
	list, err := readParts(sample()[partsFile])
	must(t, err)
	each := [][]string{{"audit", "chain"}, {"chain"}, {"foyer"}, {"keys"}}
	if got := list.sets(false); !slices.EqualFunc(got, each, slices.Equal) {
		t.Errorf("each: %v", got)
	}
	pairs := [][]string{{"audit", "chain"}, {"audit", "chain", "foyer"}, {"audit", "chain", "keys"},
		{"chain", "foyer"}, {"chain", "keys"}, {"keys", "foyer"}}
	if got := list.sets(true); !slices.EqualFunc(got, pairs, slices.Equal) {
		t.Errorf("pairs: %v", got)
	}
}

// TestProof: a part that comes off passes; one that leaves something behind, is needed, or fails a test does not.
func TestProof(t *testing.T) {
	t.Parallel()
	clean := sample().with("internal/walls_test.go", "package internal\n", "web/page.go",
		"package web\n\nvar page = `page trail card` + `scroll`\n\nvar _ = page\n")
	prove := func(files tree) error {
		return newProof(t, newProject(t, files)).without(t.Context(), []string{"keys"}, false, "./internal")
	}
	must(t, prove(clean))
	refused(t, prove(clean.with("web/mine.go",
		"package web\n\nimport \"example.com/sample/internal/keys\"\n\nvar _ = keys.Route\n")), "web/mine.go:3")
	refused(t, prove(clean.with("internal/keys/testdata/key", "x")),
		"internal/keys/testdata/key: the package that it lay in is gone")
	refused(t, prove(clean.edit(t, "static/app.css", ".card", ".old")), `static/app.css: no page uses "old"`)
	refused(t, prove(clean.with("internal/walls_test.go",
		"package internal\n\nimport \"testing\"\n\nfunc TestWall(t *testing.T) { t.Fatal(\"it fell\") }\n")), "it fell")
}
