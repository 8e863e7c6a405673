//go:build prove

package main

import "testing"

// proveRenamed gives a copy of the template the names of harborCRM for prove. The copy is the template again
// when it is renamed back.
func proveRenamed(t *testing.T, prove func(dir folder)) {
	files := headOf(t)
	dir := newProject(t, files)
	lendModules(t, dir)
	before := dir.treeID(t)
	_, err := dir.verb(t, "rename", harborCRM.Module, harborCRM.Name)
	must(t, err)
	nameless(t, dir.tree(t))
	_, err = dir.run(t.Context(), "go", "tool", "templ", "generate")
	if must(t, err); dir.do(t, "status", "--porcelain") != "" {
		t.Error("templ generates other code than rename:\n" + dir.do(t, "diff"))
	}
	prove(dir)
	from, err := namesOf(files)
	must(t, err)
	_, err = dir.verb(t, "rename", from.Module, from.Name)
	if must(t, err); dir.treeID(t) != before {
		t.Error("renamed back, the template is another tree:\n" + dir.do(t, "diff", "HEAD~2"))
	}
}

// TestRenameInShort: under other names the template compiles and has its own name nowhere; renamed back it is the same.
func TestRenameInShort(t *testing.T) { proveRenamed(t, func(folder) {}) }

// TestStarterRename: under other names all tests of the template pass, also on PostgreSQL, in a browser and with npm
// where they are found.
func TestStarterRename(t *testing.T) {
	proveRenamed(t, func(dir folder) {
		for _, args := range [][]string{{"build", "./..."}, {"vet", "./..."}, {"test", "-timeout=40m", "./..."}} {
			out, err := dir.run(t.Context(), "go", args...)
			must(t, err)
			t.Logf("go %s\n%s", args[0], out)
		}
	})
}
