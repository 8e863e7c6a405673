//go:build prove

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// TestPartsComeOff: each part comes off alone, with what needs it.
func TestPartsComeOff(t *testing.T) {
	root := template(t)
	deadCode(t, root)
	p := newProof(t, root)
	p.each(t, p.list.sets(false))
}

// TestNoPartIsLeft: without any part, as a new project may begin, all tests pass and nothing is left that nothing uses.
func TestNoPartIsLeft(t *testing.T) {
	p := newProof(t, template(t))
	must(t, p.without(t.Context(), p.list.names(), true, "./..."))
	deadCode(t, p.copy)
	staticCheck(t, p.copy)
}

// TestEachPartTested: without each part, with what needs it, all tests pass and staticcheck finds nothing.
func TestEachPartTested(t *testing.T) {
	p := newProof(t, template(t))
	goAlone(t)
	for _, set := range p.list.sets(false) {
		t.Run(strings.Join(set, "+"), func(t *testing.T) {
			must(t, p.without(t.Context(), set, false, "./..."))
			staticCheck(t, p.copy)
		})
	}
}

// TestPairsComeOff: every two parts come off together, with what needs them.
func TestPairsComeOff(t *testing.T) {
	p := newProof(t, template(t))
	p.each(t, p.list.sets(true))
}

// each takes the sets off, in as many copies as run in parallel, and lets the walls look at what is left.
func (p proof) each(t *testing.T, sets [][]string) {
	t.Setenv("GOFLAGS", "-trimpath") // without paths in what is compiled, all copies share it
	free := make(chan folder, runtime.GOMAXPROCS(0))
	for range cap(free) {
		free <- folder(filepath.Join(t.TempDir(), "copy"))
	}
	for _, set := range sets {
		t.Run(strings.Join(set, "+"), func(t *testing.T) {
			t.Parallel()
			p := p
			p.copy = <-free
			defer func() { free <- p.copy }()
			must(t, p.without(t.Context(), set, false, "./internal"))
		})
	}
}

// staticCheck refuses what .ci/check would.
func staticCheck(t *testing.T, f folder) {
	t.Helper()
	_, err := f.run(t.Context(), "go", "tool", "-modfile=tools.mod", "staticcheck", "-tags", "prove", "./...")
	must(t, err)
}

// goAlone leaves of this machine's programs only go, git and sh, so that tests which need others skip.
func goAlone(t *testing.T) {
	t.Helper()
	bin := t.TempDir()
	for _, name := range []string{"go", "git", "sh"} {
		program, err := exec.LookPath(name)
		must(t, err)
		must(t, os.Symlink(program, filepath.Join(bin, name)))
	}
	t.Setenv("PATH", bin)
	t.Setenv("CI", "")
	t.Setenv("TEST_DATABASE_URL", ":") // no URL: PostgreSQL would be found without PATH
}

// blocks are what features are made of. The template has no feature that would use them.
var blocks = regexp.MustCompile(`^(internal/list/|internal/text/|views/words\.go|web/readjson\.go)`)

// deadCode refuses functions that no program of the folder reaches, views among them.
func deadCode(t *testing.T, f folder) {
	t.Helper()
	programs, err := f.run(t.Context(), "go", "list", "-f", `{{if eq .Name "main"}}{{.ImportPath}}{{end}}`, "./...")
	must(t, err)
	args := append([]string{"tool", "-modfile=tools.mod", "deadcode"}, strings.Fields(programs)...)
	out, err := f.run(t.Context(), "go", args...)
	must(t, err)
	for line := range strings.Lines(out) {
		if !blocks.MatchString(line) {
			t.Error(line)
		}
	}
}
