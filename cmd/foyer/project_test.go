package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestProjectFile(t *testing.T) {
	t.Parallel()
	files := tree{}
	if _, ok, err := readProject(files); ok || err != nil {
		t.Errorf("the template: %t, %v", ok, err)
	}
	want := project{
		Upstream: "example.com/foyer", Version: "v1.2.3",
		names:     names{"example.com/harbor", "Harbor CRM", "harbor-crm"},
		Without:   map[string]string{"bench": never, "audit": "20260131120000_drop_audit.sql"},
		Generated: []generated{{Command: []string{"page", "reports"}, Files: map[string]string{"web/reports.go": "abc"}}},
	}
	files[projectFile] = want.text()
	got, ok, err := readProject(files)
	if must(t, err); !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if !slices.Equal(got.out(), []string{"audit", "bench"}) {
		t.Errorf("out: %v", got.out())
	}
	_, _, err = readProject(tree{projectFile: "{"})
	refused(t, err, projectFile+": ")
}

// TestChangeForPrograms: --json prints the same with and without a commit, and files that hold scripts stay executable.
func TestChangeForPrograms(t *testing.T) {
	t.Parallel()
	project := newProject(t, sample().with(".ci/run", "#!/bin/sh\n"))
	if mode := project.do(t, "ls-files", "-s", ".ci/run"); mode[:6] != "100755" {
		t.Errorf("a script has the mode %s", mode)
	}
	head := project.do(t, "rev-parse", "HEAD")
	reported := func(args ...string) (r report) {
		t.Helper()
		var out bytes.Buffer
		args = append([]string{"without", "keys", "--json", "--base", head}, args...)
		must(t, run(t.Context(), string(project), args, &out))
		must(t, json.Unmarshal(out.Bytes(), &r))
		return r
	}
	dry := reported("--dry-run")
	if dry.Diff == "" || dry.Commit != "" || dry.Message != "Without keys" ||
		!slices.Contains(dry.Files, "internal/keys/keys.go") {
		t.Errorf("a dry run reports %+v", dry)
	}
	project.untouched(t, head)
	must(t, os.Chmod(project.path(".ci/run"), 0o644))
	project.do(t, "update-index", "--chmod=-x", ".ci/run")
	project.do(t, "commit", "--quiet", "-m", "No script of mine")
	done := reported()
	if mode := project.do(t, "ls-files", "-s", ".ci/run"); mode[:6] != "100644" {
		t.Errorf("another file has the mode %s now", mode)
	}
	if done.Commit != project.do(t, "rev-parse", "HEAD") || !slices.Equal(done.Files, dry.Files) || done.Diff != "" {
		t.Errorf("a change reports %+v", done)
	}
}

// TestChangeNamesFiles: a report has the names of files as they are.
func TestChangeNamesFiles(t *testing.T) {
	t.Parallel()
	project, out := newProject(t, sample()), bytes.Buffer{}
	c := change{json: true, out: &out}
	must(t, c.run(t.Context(), project, func(work folder, _ tree) (string, error) {
		return "Mine", work.add(t.Context(), tree{"a b.txt": "a\n", "über.txt": "u\n"})
	}))
	var r report
	if must(t, json.Unmarshal(out.Bytes(), &r)); !slices.Equal(r.Files, []string{"a b.txt", "über.txt"}) {
		t.Errorf("reported %q", r.Files)
	}
}

// ofBranches begins a hook of git that goes on where a branch is to move. It uses what sh has itself, because a machine
// may have nothing else.
const ofBranches = `#!/bin/sh
branch=
while read -r old new ref; do
	case $ref in refs/heads/*) branch=$ref ;; esac
done
[ "$branch" ] || exit 0
`

// interrupted is a context that ends when a script has made the file begun. Then it makes the file over, for which the
// script waits.
func interrupted(t *testing.T, begun, over string) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	go func() {
		for ; ctx.Err() == nil; time.Sleep(time.Millisecond) { // a file is all there is to see
			if _, err := os.Stat(begun); err == nil {
				cancel()
			}
		}
		os.WriteFile(over, nil, 0o600) // if it fails, the script goes on by itself
	}()
	return ctx
}

// TestChangeInterrupted: Ctrl-C while the project takes the result over changes nothing any more.
func TestChangeInterrupted(t *testing.T) {
	t.Parallel()
	for _, flags := range []change{{}, {noCommit: true}} {
		project := newProject(t, sample())
		head := project.do(t, "rev-parse", "HEAD")
		begun, over := project.path(".git/begun"), project.path(".git/over")
		const wait = ": > .git/begun\ni=0\nwhile [ ! -e .git/over ] && [ $i -lt 1000000 ]; do i=$((i + 1)); done\n"
		must(t, project.write(nil, tree{
			".git/hooks/reference-transaction": ofBranches + wait,
			".git/slow":                        "#!/bin/sh\n" + wait + "while read -r line; do echo \"$line\"; done\n",
			".git/info/attributes":             "*.txt filter=slow\n",
		}))
		ctx := interrupted(t, begun, over)
		flags.out = io.Discard
		err := flags.run(ctx, project, func(work folder, _ tree) (string, error) {
			err := work.add(ctx, tree{"a.txt": "a\n", "b/b.go": "package b\n"})
			_, slow := project.git(ctx, "config", "filter.slow.smudge", project.path(".git/slow"))
			return "Mine", errors.Join(err, slow)
		})
		must(t, err)
		if ctx.Err() == nil {
			t.Error("it was not interrupted")
		}
		if moved := project.do(t, "rev-parse", "HEAD") != head; moved == flags.noCommit {
			t.Errorf("HEAD moved: %t", moved)
		}
		want := map[bool]string{true: "A  a.txt\nA  b/b.go"}[flags.noCommit]
		if status := project.do(t, "status", "--porcelain"); status != want {
			t.Errorf("the work tree has\n%s", status)
		}
	}
}

// TestChangeMeanwhile: work that went on in the project while a verb ran is kept, and nothing is taken over.
func TestChangeMeanwhile(t *testing.T) {
	t.Parallel()
	for _, c := range []change{{out: io.Discard}, {out: io.Discard, noCommit: true}} {
		project := newProject(t, sample())
		var head string
		during := func(work func()) error {
			return c.run(t.Context(), project, func(beside folder, _ tree) (string, error) {
				work()
				return "Mine", beside.add(t.Context(), tree{"mine.txt": "mine\n"})
			})
		}
		err := during(func() { head = project.commit(t, sample().with("b.txt", "b\n"), "Meanwhile") })
		refused(t, err, "the project was changed meanwhile, so nothing was taken over")
		project.untouched(t, head)
		err = during(func() { must(t, project.write(nil, tree{"b.txt": "better\n"})) })
		refused(t, err, "the project was changed meanwhile, so nothing was taken over")
		if status := project.do(t, "status", "--porcelain"); strings.TrimSpace(status) != "M b.txt" {
			t.Errorf("the work tree has\n%s", status)
		}
	}
}

// TestChangeLacksIgnored: where go misses a file that git ignores, the error says so.
func TestChangeLacksIgnored(t *testing.T) {
	t.Parallel()
	project := newProject(t, sample().with(".gitignore", "/dist\n/data\n*_templ.go\nnode_modules\n",
		"front/front.go", "package front\n\nimport \"example.com/sample/dist\"\n\nvar _ = dist.Page\n"))
	must(t, project.write(nil, tree{
		"dist/dist.go": "package dist\n\nconst Page = 1\n", "data/app.db": "", "web/a_templ.go": "package web\n",
		"web/node_modules/a.js": "",
	}))
	head := project.do(t, "rev-parse", "HEAD")
	_, err := project.verb(t, "without", "keys", "--base", head)
	refused(t, err, "front/front.go:3:8: ", "git ignores dist/, so the copy in which this was tried lacks it")
	project.untouched(t, head)
}

// TestChangeOverwrites: a file that git ignores is not overwritten.
func TestChangeOverwrites(t *testing.T) {
	t.Parallel()
	project := newProject(t, sample().with(".gitignore", "mine.txt\n"))
	must(t, project.write(nil, tree{"mine.txt": "mine\n"}))
	head := project.do(t, "rev-parse", "HEAD")
	for _, c := range []change{{out: io.Discard}, {out: io.Discard, noCommit: true}} {
		err := c.run(t.Context(), project, func(work folder, _ tree) (string, error) {
			return "Mine", work.add(t.Context(), tree{"mine.txt": "other\n"})
		})
		refused(t, err, "mine.txt is here already, and git ignores it")
		project.untouched(t, head)
		if text, err := os.ReadFile(project.path("mine.txt")); string(text) != "mine\n" {
			t.Errorf("mine.txt is %q, %v", text, err)
		}
	}
}

// TestChangeHalfDone: where git ends while the project takes the result over, the error does not say that nothing was
// changed.
func TestChangeHalfDone(t *testing.T) {
	t.Parallel()
	project := newProject(t, sample())
	must(t, project.write(nil, tree{
		".git/hooks/reference-transaction": ofBranches + "exit 1\n",
	}))
	err := change{out: io.Discard}.run(t.Context(), project, func(work folder, _ tree) (string, error) {
		return "Mine", work.add(t.Context(), tree{"mine.txt": "mine\n"})
	})
	if refused(t, err, "git status"); !errors.Is(err, errHalfDone) {
		t.Errorf("after Ctrl-C it would say that nothing was changed: %v", err)
	}
}

// TestChangeHooks: a person's hooks run in the project alone, where git takes the commit over as by git pull.
func TestChangeHooks(t *testing.T) {
	t.Parallel()
	project := newProject(t, sample())
	const refuses = "#!/bin/sh\nexit 1\n"
	must(t, project.write(nil, tree{
		".git/hooks/post-checkout": refuses, ".git/hooks/pre-commit": refuses, ".git/hooks/prepare-commit-msg": refuses,
		".git/hooks/post-merge": "#!/bin/sh\n: > .git/merged\n",
	}))
	must(t, change{out: io.Discard}.run(t.Context(), project, func(work folder, _ tree) (string, error) {
		return "Mine", work.add(t.Context(), tree{"mine.txt": "mine\n"})
	}))
	if _, err := os.Stat(project.path(".git/merged")); err != nil {
		t.Error(err)
	}
}

// TestWorktreeInterrupted: Ctrl-C while git fills the temporary work tree, which it locks meanwhile, leaves nothing.
func TestWorktreeInterrupted(t *testing.T) {
	t.Parallel()
	project := newProject(t, sample().with("a.txt", "a\n"))
	begun, over := project.path(".git/begun"), project.path(".git/over")
	must(t, project.write(nil, tree{
		".git/slow": "#!/bin/sh\n: > '" + begun + "'\ni=0\n" +
			"while [ ! -e '" + over + "' ] && [ $i -lt 1000000 ]; do i=$((i + 1)); done\n",
		".git/info/attributes": "*.txt filter=slow\n",
	}))
	project.do(t, "config", "filter.slow.smudge", project.path(".git/slow"))
	ctx := interrupted(t, begun, over)
	_, _, err := project.worktree(ctx)
	if err == nil || ctx.Err() == nil {
		t.Errorf("it was not interrupted: %v", err)
	}
	if list := project.do(t, "worktree", "list", "--porcelain"); strings.Count(list, "worktree ") != 1 {
		t.Errorf("git knows\n%s", list)
	}
	if left := filesIn(t, filepath.Dir(string(project))); !slices.Equal(left, []string{"project"}) {
		t.Errorf("left %q", left)
	}
}
