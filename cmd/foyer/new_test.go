package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// newTemplate commits the sample as a template that new can take.
func newTemplate(t *testing.T) folder {
	t.Helper()
	return newProject(t, sample().with(
		"README.md", "# Sample\n\n## One\n\nFirst <!-- part:keys -->\n\n<!-- part:audit -->\n## Two\n\n"+
			"A\n<!-- end:audit -->\n\n## Three\n\nLast.\n",
		stubFile, "# Sample\n\n<!-- section: One -->\n<!-- section: Three -->\nSee `cmd/foyer`.\n\n<!-- part:audit -->\nThe trail.\n<!-- end:audit -->\n\n"+
			"<!-- part:keys -->\nThe keys.\n<!-- end:keys -->\n",
		"LICENSE", "MIT License of Sample\n",
		".ci/run", "#!/bin/sh\n",
		".gitignore", "/data/\n",
	).edit(t, partsFile, "\tcmd/foyer/parts.txt\n", "\tcmd/foyer/parts.txt\n\t"+stubFile+"\n"))
}

// made calls new in the template, for a folder in parent.
func (f folder) made(t *testing.T, parent string, args ...string) (folder, string, error) {
	t.Helper()
	var out bytes.Buffer
	dir := filepath.Join(parent, "harbor")
	err := run(t.Context(), string(f), append([]string{"new", dir}, args...), &out)
	return folder(dir), out.String(), err
}

func filesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestNew: a project has the template's files under its own name, in one commit, and nothing of the template's history.
func TestNew(t *testing.T) {
	t.Parallel()
	template, parent := newTemplate(t), t.TempDir()
	must(t, template.write(nil, tree{"draft.txt": "mine", "web/audit.go": "edited"}))
	must(t, os.Mkdir(filepath.Join(parent, "harbor"), 0o700)) // an empty folder does not mind
	project, out, err := template.made(t, parent, "github.com/acme/harbor", "Harbor CRM", "--prefix", "crm")
	must(t, err)
	head := template.do(t, "rev-parse", "HEAD")
	want := "Harbor CRM: module github.com/acme/harbor, prefix crm, with every part of example.com/sample " + head + "\n" +
		"What this checkout has not committed is not in it.\n\tcd " + string(project) + "\n\tgo run ./cmd/server\n"
	if out != want {
		t.Errorf("printed %q, want %q", out, want)
	}
	got := project.tree(t)
	for name, want := range map[string]string{
		"README.md": "# Harbor CRM\n\n## One\n\nFirst\n\n## Three\n\nLast.\nSee `cmd/foyer`.\n\nThe trail.\n\n" +
			"The keys.\n",
		"LICENSE": "This project is based on Sample (example.com/sample), which has this licence:\n\n" +
			"MIT License of Sample\n",
		"web/name.go":  "package web\n\nconst (\n\tAppName      = \"Harbor CRM\"\n\tCookiePrefix = \"crm\"\n)\n",
		"web/audit.go": sample()["web/audit.go"],
		".ci/run":      "#!/bin/sh\n",
		"draft.txt":    "",
	} {
		if got[name] != want {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
	if !strings.HasPrefix(got["go.mod"], "module github.com/acme/harbor\n") {
		t.Errorf("go.mod: %s", got["go.mod"])
	}
	p, ok, err := readProject(got)
	if must(t, err); !ok || p.Upstream != "example.com/sample" || p.Source != string(template) || p.Version != head ||
		p.names != (names{"github.com/acme/harbor", "Harbor CRM", "crm"}) || len(p.Without) > 0 {
		t.Errorf("state: %+v", p)
	}
	if log := project.do(t, "log", "--format=%s"); log != "Based on example.com/sample "+head {
		t.Errorf("history: %s", log)
	}
	if mode := project.do(t, "ls-files", "--stage", ".ci/run"); mode[:6] != "100755" {
		t.Errorf("a script has the mode %s", mode)
	}
	project.untouched(t, project.do(t, "rev-parse", "HEAD"))
	if left := filesIn(t, parent); !slices.Equal(left, []string{"harbor"}) {
		t.Errorf("left: %q", left)
	}
	second, _, err := project.made(t, t.TempDir(), "example.com/second", "Second")
	must(t, err)
	if p, _, _ := readProject(second.tree(t)); p.Upstream != "example.com/sample" || p.Version != head {
		t.Errorf("what a project makes is not based on its template: %+v", p)
	}
}

// TestNewWithout: parts that a new project never had leave nothing behind, no migration either.
func TestNewWithout(t *testing.T) {
	t.Parallel()
	template := newTemplate(t)
	for _, row := range []struct {
		args []string
		gone []string
	}{
		{[]string{"--without", "audit,chain"}, []string{"audit", "chain"}},
		{[]string{"--preset", "small"}, []string{"audit", "chain", "keys"}},
		{[]string{"--preset", "small", "--with", "keys", "--without", "foyer"}, []string{"audit", "chain", "foyer"}},
	} {
		t.Run(strings.Join(row.args, " "), func(t *testing.T) {
			t.Parallel()
			project, out, err := template.made(t, t.TempDir(), append([]string{"example.com/harbor"}, row.args...)...)
			must(t, err)
			if !strings.Contains(out, ", without "+strings.Join(row.gone, ", ")+" of ") {
				t.Errorf("printed %q", out)
			}
			got := project.tree(t)
			p, _, err := readProject(got)
			must(t, err)
			if !slices.Equal(p.out(), row.gone) || p.Without["audit"] != never {
				t.Errorf("without %v", p.Without)
			}
			for name, text := range got {
				if name != projectFile && name != partsFile && name != stubFile && strings.Contains(text, "trail") {
					t.Errorf("%s has the trail", name)
				}
			}
			if readme := got["README.md"]; strings.Contains(readme, "<!--") ||
				strings.Contains(readme, "keys") == slices.Contains(row.gone, "keys") {
				t.Errorf("README: %q", readme)
			}
			if _, tool := got[partsFile]; tool == slices.Contains(row.gone, toolPart) {
				t.Errorf("the tool is there: %t", tool)
			}
			project.untouched(t, project.do(t, "rev-parse", "HEAD"))
		})
	}
}

// TestNewKeepsTemplate: a project that new made needs the template's folder no more, and a clone of it only once.
func TestNewKeepsTemplate(t *testing.T) {
	t.Parallel()
	template := newTemplate(t)
	project, _, err := template.made(t, t.TempDir(), "example.com/harbor")
	must(t, err)
	clone := folder(filepath.Join(t.TempDir(), "clone"))
	project.do(t, "clone", "--quiet", ".", string(clone))
	_, err = clone.verb(t, "without", "keys")
	must(t, err)
	must(t, os.RemoveAll(string(template)))
	second, _, err := project.made(t, t.TempDir(), "example.com/second")
	must(t, err)
	for _, made := range []folder{project, clone, second} {
		_, err := made.verb(t, "without", "audit", "chain")
		must(t, err)
		if log := made.do(t, "log", "--all", "--format=%s"); strings.Contains(log, "The template") {
			t.Errorf("the template's history came along:\n%s", log)
		}
	}
}

// TestNewThenWith: a small project that gets its parts back is the full one, but for its own README.
func TestNewThenWith(t *testing.T) {
	t.Parallel()
	template := newTemplate(t)
	full, _, err := template.made(t, t.TempDir(), "example.com/harbor")
	must(t, err)
	small, _, err := template.made(t, t.TempDir(), "example.com/harbor", "--preset", "small")
	must(t, err)
	must(t, run(t.Context(), string(small), []string{"with", "audit", "chain", "keys"}, io.Discard))
	want, got := full.tree(t), small.tree(t)
	delete(want, "README.md")
	delete(got, "README.md")
	for _, name := range slices.Concat(want.names(), got.names()) {
		if got[name] != want[name] {
			t.Errorf("%s: %q, want %q", name, got[name], want[name])
		}
	}
}

// TestNewForPrograms: a dry run says what would be made, and makes nothing.
func TestNewForPrograms(t *testing.T) {
	t.Parallel()
	template, above := newTemplate(t), t.TempDir()
	parent := filepath.Join(above, "a", "b") // it is missing
	_, out, err := template.made(t, parent, "example.com/harbor", "--without=keys", "--dry-run")
	must(t, err)
	if !strings.HasPrefix(out, "Harbor: module example.com/harbor, prefix harbor, without keys of example.com/sample ") ||
		!strings.Contains(out, "\n.ci/run\n") || strings.Contains(out, "internal/keys") {
		t.Errorf("printed %q", out)
	}
	if left := filesIn(t, above); left != nil {
		t.Errorf("left: %q", left)
	}
	template.commit(t, template.tree(t).with(accessFile, "GET /\n", "web/access_test.go", `package web

import (
	"flag"
	"os"
	"testing"
)

var _ = flag.Bool("update", false, "")

func TestAccess(*testing.T) { os.WriteFile("testdata/more.golden", nil, 0o600) }
`), "A test writes a file")
	project, out, err := template.made(t, parent, "example.com/harbor", "--json", "--without=keys")
	must(t, err)
	var r report
	must(t, json.Unmarshal([]byte(out), &r))
	if !strings.HasSuffix(r.Message, "\tcd "+string(project)+"\n\tgo run ./cmd/server") || !slices.Equal(r.Files,
		project.tree(t).names()) || r.Diff != "" || r.Commit != project.do(t, "rev-parse", "HEAD") {
		t.Errorf("reported %+v", r)
	}
}

// TestNewIsCommitted: the first commit is whole where git knows no person and ignores files everywhere.
func TestNewIsCommitted(t *testing.T) {
	template := newTemplate(t)
	home := folder(t.TempDir())
	must(t, home.write(nil, tree{
		".gitconfig": "[core]\n\texcludesFile = " + filepath.ToSlash(home.path("ignored")) +
			"\n[user]\n\tuseConfigOnly = true\n",
		"ignored": "*.go\n.*\n",
	}))
	t.Setenv("HOME", string(home))
	t.Setenv("XDG_CONFIG_HOME", string(home))
	for _, name := range []string{"EMAIL", "GIT_CONFIG_GLOBAL", "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL",
		"GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"} {
		t.Setenv(name, "")
		must(t, os.Unsetenv(name))
	}
	project, out, err := template.made(t, t.TempDir(), "example.com/harbor", "Harbor")
	must(t, err)
	if author := project.do(t, "log", "--format=%an <%ae>"); author != "Harbor <nobody@localhost>" ||
		!strings.Contains(out, "The first commit has no author") {
		t.Errorf("the author is %s, printed %q", author, out)
	}
	must(t, change{out: io.Discard}.run(t.Context(), project, func(work folder, _ tree) (string, error) {
		return "A verb commits, too", work.write(nil, tree{"mine.txt": "mine\n"})
	}))
	committed, err := project.at(t.Context(), "HEAD")
	must(t, err)
	for _, name := range []string{"web/routes.go", ".env.example", projectFile} {
		if committed[name] == "" {
			t.Errorf("%s is not committed", name)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	template := newTemplate(t)
	parent := folder(t.TempDir())
	must(t, parent.write(nil, tree{"full/x": "mine", "file": "mine"}))
	in := func(name string) string { return parent.path(name) }
	broken := template.tree(t).edit(t, "web/audit.go", "showAudit", "showAudits")
	for _, row := range []struct {
		where folder
		args  []string
		want  string
	}{
		{template, nil, "new needs a folder and a module path, such as: new ../harbor "},
		{template, []string{in("a")}, "new needs a folder and a module path, such as: "},
		{template, []string{in("a"), "example.com/ab", "A", "b"}, errUsage.Error()},
		{template, []string{in("a"), "example.com/ab", "--nonsense"}, "flag provided but not defined: -nonsense; see go run"},
		{template, []string{in("full"), "example.com/ab"}, "full is no empty folder"},
		{template, []string{in("file"), "example.com/ab"}, "file is no empty folder"},
		{template, []string{in("file/a"), "example.com/ab"}, "a is no empty folder"},
		{template, []string{template.path("b/a"), "example.com/ab"}, "lies in another git repository"},
		{template, []string{template.path("a"), "example.com/ab"}, "lies in another git repository"},
		{template, []string{in("a"), "example.com/ab", "--preset", "huge"}, "there is no preset huge"},
		{template, []string{in("a"), "example.com/ab", "--without", "mail"}, "there is no part mail; parts: audit chain"},
		{template, []string{in("a"), "example.com/ab", "--with", "audit"}, "--with audit: the preset full leaves out"},
		{template, []string{in("a"), "example.com/ab", "--preset=small", "--with", "mail"}, "--with mail: the preset small"},
		{template, []string{in("a"), "example.com/ab", "--without", "audit"}, "chain needs audit: name both, or keep audit"},
		{template, []string{in("a"), "example.com/ab", "--preset=small", "--with", "chain"}, "chain needs audit"},
		{template, []string{in("a"), "not a module"}, "not a module"},
		{template, []string{in("a"), "example.com/sample"}, "example.com/sample is the module path of the template"},
		{template, []string{in("a"), "example.com/ab", "A", "--prefix", "a b"}, "a b"},
		{parent, []string{in("a"), "example.com/ab"}, "this folder is no checkout of the template"},
		{newProject(t, sample().with(nameFile, "")), []string{in("a"), "example.com/ab"}, "web/name.go"},
		{newProject(t, broken), []string{in("a"), "example.com/ab", "--without", "foyer"}, "web/routes.go:24"},
	} {
		var out bytes.Buffer
		err := run(t.Context(), string(row.where), append([]string{"new"}, row.args...), &out)
		refused(t, err, row.want)
		if (strings.Contains(row.want, "argument") || strings.Contains(row.want, "such as")) && !errors.Is(err, errUsage) {
			t.Errorf("%q is no mistake in the call", err)
		}
		if left := filesIn(t, string(parent)); !slices.Equal(left, []string{"file", "full"}) || out.Len() > 0 {
			t.Errorf("%s: left %q, printed %q", row.want, left, out.String())
		}
	}
}

// TestNewInterrupted: Ctrl-C leaves nothing.
func TestNewInterrupted(t *testing.T) {
	t.Parallel()
	template, parent := newTemplate(t), t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			if begun, _ := filepath.Glob(filepath.Join(parent, ".foyer-new-*", "project", "go.mod")); begun != nil {
				cancel()
			}
		}
	}()
	var out bytes.Buffer
	args := []string{"new", filepath.Join(parent, "harbor"), "example.com/harbor", "--preset", "small"}
	if err := run(ctx, string(template), args, &out); err == nil || ctx.Err() == nil {
		t.Errorf("it was not interrupted: %v", err)
	}
	if left := filesIn(t, parent); left != nil || out.Len() > 0 {
		t.Errorf("left %q, printed %q", left, out.String())
	}
}

func TestAsk(t *testing.T) {
	t.Parallel()
	list, err := readParts(sample()[partsFile])
	must(t, err)
	ask := func(c creation, answers ...string) (creation, string, error) {
		var out bytes.Buffer
		p := &person{in: bufio.NewReader(strings.NewReader(strings.Join(answers, "\n") + "\n")), out: &out}
		c.ask(p, list)
		return c, out.String(), p.err
	}
	c, out, err := ask(creation{}, "../harbor", "", " Harbor CRM ", "", "", "audit, chain")
	must(t, err)
	if c.dir != "../harbor" || c.p.names != (names{"example.com/harbor", "Harbor CRM", "harbor-crm"}) ||
		c.preset != "full" || c.without != "audit, chain" {
		t.Errorf("answers %+v", c)
	}
	for _, want := range []string{"Folder: ", "Module path [example.com/harbor]: ", "[Harbor]: ",
		"  audit: The audit trail.\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("asked %q, not %q", out, want)
		}
	}
	c, out, err = ask(creation{dir: "x", preset: "small", p: project{names: names{"a.b/c", "C", "c"}}}, "")
	must(t, err)
	if gone, err := c.gone(list); strings.Contains(out, "Folder") || len(gone) != 3 || err != nil {
		t.Errorf("asked %q, leaves out %v, %v", out, gone, err)
	}
	for dir, want := range map[string]names{
		"../my app":   {"example.com/my-app", "My app", "my-app"},
		"x/My_App/":   {"example.com/my-app", "My app", "my-app"},
		"harbor/x/..": {"example.com/harbor", "Harbor", "harbor"},
		"x/船":         {"example.com/app", "App", "app"},
	} {
		c, _, err := ask(creation{dir: dir, preset: "small"}, "", "", "")
		if must(t, err); c.p.names != want {
			t.Errorf("the folder %s gets %q, want %q", dir, c.p.names, want)
		}
		must(t, c.p.names.check())
	}
	_, _, err = ask(creation{}, "")
	refused(t, err, "this question needs an answer")
}

// TestStub: README of a new project has the sections that it borrows, parses, and names only what such a project has.
func TestStub(t *testing.T) {
	t.Parallel()
	template := template(t).tree(t)
	list, err := readParts(template[partsFile])
	must(t, err)
	for _, out := range [][]string{nil, list.names()} {
		c := creation{p: project{names: names{"example.com/harbor", "Harbor CRM", "harbor"}, Without: map[string]string{}}}
		for _, name := range out {
			c.p.Without[name] = never
		}
		files, err := c.files(template)
		must(t, err)
		for _, fault := range readmeFaults(t, files) {
			t.Errorf("without %v: %s", out, fault)
		}
		readme := files["README.md"]
		if !strings.HasPrefix(readme, "# Harbor CRM\n") || strings.Contains(readme, "<!--") ||
			strings.Contains(readme, "cmd/foyer") != (out == nil) || strings.Contains(readme, "\n## Make it yours\n") {
			t.Errorf("without %v: README is %s", out, readme)
		}
		for _, m := range borrowed.FindAllStringSubmatch(template[stubFile], -1) {
			if !strings.Contains(readme, "\n## "+m[1]+"\n\n") {
				t.Errorf("without %v: README has no section %s", out, m[1])
			}
		}
	}
}
