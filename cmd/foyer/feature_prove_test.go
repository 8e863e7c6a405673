//go:build prove

package main

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// lendModules lets the tests of a copy of the template use what npm ci put into this checkout, which git does not know.
func lendModules(t *testing.T, dir folder) {
	t.Helper()
	root := projectRoot(t)
	must(t, os.WriteFile(dir.path(".git/info/exclude"), []byte("node_modules\n"), 0o644)) // a link is no folder
	for _, tests := range []string{"internal/proofs/browser", "internal/auth/clienttest"} {
		modules := tests + "/node_modules"
		_, lacks := os.Stat(root.path(modules))
		if _, off := os.Stat(dir.path(tests)); lacks == nil && off == nil {
			must(t, os.Symlink(root.path(modules), dir.path(modules)))
		}
	}
}

// proveFeature makes a feature in dir, a copy of the template or a project of it, and runs tests there. Taken back, dir
// is as it was.
func proveFeature(t *testing.T, dir folder, command string, tests ...[]string) {
	t.Helper()
	lendModules(t, dir)
	before := dir.tree(t)
	args := strings.Fields(command)
	_, err := dir.verb(t, args...)
	must(t, err)
	for _, test := range tests {
		out, err := dir.run(t.Context(), "go", append([]string{"test", "-count=1"}, test...)...)
		if err != nil {
			t.Errorf("%s: %v\n%s", command, err, out)
		}
	}
	faults, err := leftovers(dir.tree(t))
	must(t, err)
	if len(faults) > 0 {
		t.Errorf("%s leaves over: %q", command, faults)
	}
	_, err = dir.verb(t, args[0], args[1], "--undo")
	must(t, err)
	if got := dir.tree(t); !maps.Equal(got, before) {
		t.Errorf("after %s --undo:\n%s", command, dir.do(t, "diff", "HEAD~2"))
	}
}

const projects = "feature projects name:string summary:text due:date? budget:int active:bool --owned --admin --csv --api"

// ofSQL are fields whose names databases reserve.
const ofSQL = " order:string set:string? user:text between:text? current_date:date current_time:date? drop:bool"

// TestFeatureInShort: the feature of README works, on every database and in a browser, and goes again.
func TestFeatureInShort(t *testing.T) {
	proveFeature(t, newProject(t, headOf(t)), projects+ofSQL, []string{"./internal/projects", "./internal"},
		[]string{"-run", "Project|TestAccess|TestStepUp|TestApp|HTML", "./web"},
		[]string{"-run", "TestProjects$", "./internal/proofs/browser"})
}

// TestStarterFeature: every test of the template passes beside a feature of each shape, and beside a page; those of a
// small project, too.
func TestStarterFeature(t *testing.T) {
	all := []string{"-timeout=40m", "./..."}
	for _, command := range []string{
		projects,
		"feature people name:string --singular human --icon info",
		"feature order_items name:string code:string? note:text? paid:int? shipped_on:date --csv --api",
		"page sales_reports --door freshAdmin --nav Sales",
		"page terms --door public",
		"page stories --door role:user",
	} {
		t.Run(command, func(t *testing.T) { proveFeature(t, newProject(t, headOf(t)), command, all) })
	}
	t.Run("in a small project", func(t *testing.T) {
		small := folder(filepath.Join(t.TempDir(), "harbor"))
		_, err := template(t).verb(t, "new", string(small), "github.com/acme/harbor", "--preset", "small")
		must(t, err)
		proveFeature(t, small, projects, all)
	})
}
