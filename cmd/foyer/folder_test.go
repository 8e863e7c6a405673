package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestLinks: links and nested repositories of a clone stay as they are, and no verb writes through a link.
func TestLinks(t *testing.T) {
	t.Parallel()
	clone := cloned(t, newProject(t, sample().with("docs/a.md", "A of example.com/sample\n")))
	outside := folder(t.TempDir())
	must(t, outside.write(nil, tree{"notes.md": "Sample, example.com/sample\n", "docs/a.md": "mine\n"}))
	link := func(to, name string) {
		t.Helper()
		if err := os.Symlink(filepath.FromSlash(to), clone.path(name)); err != nil {
			t.Skip(err) // Windows lets only some people make links
		}
	}
	link(outside.path("notes.md"), "NOTES.md")
	link("web", "pages")
	clone.do(t, "add", "--all")
	head := clone.do(t, "rev-parse", "HEAD")
	clone.do(t, "update-index", "--add", "--cacheinfo", "160000,"+head+",other")
	clone.do(t, "commit", "--quiet", "-m", "The clone's own")
	must(t, os.MkdirAll(clone.path("other"), 0o755))
	for _, args := range [][]string{{"rename", "a.b/anchor", "Anchor"}, {"without", "keys"}} {
		_, err := clone.verb(t, args...)
		must(t, err)
	}
	if mode := clone.do(t, "ls-files", "--stage", "other"); mode == "" {
		t.Error("the nested repository is gone")
	}

	must(t, os.RemoveAll(clone.path("docs")))
	link(outside.path("docs"), "docs")
	clone.do(t, "add", "--all")
	clone.do(t, "commit", "--quiet", "-m", "Docs are elsewhere")
	_, err := clone.verb(t, "with", "keys")
	must(t, err)
	for _, name := range []string{"pages", "docs", "NOTES.md"} {
		if to, err := os.Readlink(clone.path(name)); err != nil {
			t.Errorf("%s leads to %q, %v", name, to, err)
		}
	}
	for name, text := range map[string]string{"notes.md": "Sample, example.com/sample\n", "docs/a.md": "mine\n"} {
		if got, err := os.ReadFile(outside.path(name)); string(got) != text {
			t.Errorf("%s outside is %q, %v", name, got, err)
		}
	}
}

// TestEnvironment: git gets what a person set for it, but not where a hook that calls a verb runs.
func TestEnvironment(t *testing.T) {
	project := newProject(t, sample())
	t.Setenv("GIT_AUTHOR_NAME", "Grace")
	t.Setenv("GIT_CONFIG_COUNT", "1")
	t.Setenv("GIT_CONFIG_KEY_0", "user.email")
	t.Setenv("GIT_CONFIG_VALUE_0", "grace@example.com")
	t.Setenv("GIT_DIR", t.TempDir())
	t.Setenv("GIT_INDEX_FILE", "nothing")
	_, err := project.verb(t, "without", "keys")
	must(t, err)
	if author := project.do(t, "log", "-1", "--format=%an %ae"); author != "Grace grace@example.com" {
		t.Errorf("the author is %s", author)
	}
}

// hostile are settings of a person that change what git prints and does.
const hostile = `[core]
	quotePath = true
	autocrlf = true
	safecrlf = true
	abbrev = 40
	pager = nothing
[color]
	ui = always
[column]
	ui = always
[diff]
	external = nothing
	noprefix = true
	mnemonicPrefix = true
	renames = false
	context = 0
	relative = true
	submodule = log
[diff "go"]
	textconv = nothing
	command = nothing
[status]
	branch = true
	short = true
[log]
	showSignature = true
	follow = true
[merge]
	ff = false
	verifySignatures = true
	conflictStyle = merge
	renames = false
	directoryRenames = false
[rerere]
	enabled = true
	autoUpdate = true
[commit]
	cleanup = strip
	verbose = true
	template = /nothing
[init]
	defaultBranch = a-b
[submodule]
	recurse = true
`

var ids = regexp.MustCompile(`[0-9a-f]{7,}`)

// TestSettings: the settings of a person change nothing of what the verbs do and print. It is not parallel, because git
// finds the settings by the environment.
func TestSettings(t *testing.T) {
	files := workshop().with(".gitattributes", "* text=auto eol=lf\n*.go diff=go\n")
	settings := folder(t.TempDir())
	must(t, settings.write(nil, tree{"none": "", "hostile": hostile}))
	projects := []folder{newProject(t, files), newProject(t, files)}
	same := func(what string, does func(project folder) string) {
		t.Helper()
		var said [2]string
		for i, name := range []string{"none", "hostile"} {
			t.Setenv("GIT_CONFIG_GLOBAL", settings.path(name))
			said[i] = ids.ReplaceAllString(does(projects[i]), "id")
		}
		if said[0] != said[1] {
			t.Errorf("%s: with settings of a person it is\n%s\nwithout\n%s", what, said[1], said[0])
		}
	}
	same("a change", func(project folder) string {
		var out bytes.Buffer
		err := change{json: true, out: &out}.run(t.Context(), project, func(work folder, mine tree) (string, error) {
			return "Mine\n\n# A line", work.write(mine, mine.with("web/audit.go", "", "web/ö.go", mine["web/audit.go"]))
		})
		if !strings.Contains(out.String(), `"web/audit.go","web/ö.go"`) {
			t.Errorf("reported %s", out.String())
		}
		return fmt.Sprint(out.String(), project.do(t, "cat-file", "commit", "HEAD"), err)
	})
	for _, line := range []string{"page reports --dry-run", "page reports", "page reports --undo --json"} {
		same(line, func(project folder) string {
			out, err := project.verb(t, strings.Fields(line)...)
			return fmt.Sprint(out, err, project.do(t, "status", "--porcelain"))
		})
	}
	same("a conflict", func(project folder) string {
		base := project.do(t, "rev-parse", "HEAD")
		project.commit(t, project.tree(t).edit(t, "web/routes.go", "\t\tkeys.Route,", "\t\tkeys.Route + \"\","), "Mine")
		_, err := project.verb(t, "without", "keys", "--base", base)
		recorded, _ := os.ReadDir(project.path(".git/rr-cache"))
		return fmt.Sprint(base, err, len(recorded))
	})
}

// TestNeighbours: a project may need a folder beside it, or lie in a workspace, or where nothing can be made beside it.
func TestNeighbours(t *testing.T) {
	t.Parallel()
	files := sample().with("go.mod", "module example.com/sample\n\ngo 1.24\n\nrequire example.com/x v0.0.0\n\n"+
		"replace example.com/x => ../x\n", "web/x.go", "package web\n\nimport _ \"example.com/x\"\n")
	project := newProject(t, files)
	beside := folder(filepath.Dir(string(project)))
	must(t, beside.write(nil, tree{"x/go.mod": "module example.com/x\n", "x/x.go": "package x\n",
		"go.work": "go 1.24\n\nuse ./project\n"}))
	_, err := project.verb(t, "without", "keys")
	must(t, err)
	project.untouched(t, project.do(t, "rev-parse", "HEAD"))
	if left := filesIn(t, string(beside)); !slices.Equal(left, []string{"go.work", "project", "x"}) {
		t.Errorf("left %q", left)
	}
	must(t, os.Chmod(string(beside), 0o500))
	defer os.Chmod(string(beside), 0o700)
	_, err = project.verb(t, "page", "reports")
	refused(t, err, "has no icon info") // so the verb got that far
}
