package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// namedSample is the sample with a licence and words in README that are names of the app.
func namedSample() tree {
	return sample().with("LICENSE", "Copyright The Sample authors, example.com/sample\n",
		"README.md", sample()["README.md"]+"\nSample keeps `sample.session` and file:data/sample.db.\n")
}

func (f folder) treeID(t *testing.T) string { return f.do(t, "rev-parse", "HEAD^{tree}") }

// TestRename: a clone gets its names and a record of what it grew from, in one commit. Back under the template's names it
// is the tree that it was.
func TestRename(t *testing.T) {
	t.Parallel()
	template := newProject(t, namedSample())
	clone := folder(t.TempDir())
	clone.do(t, "clone", "--quiet", string(template), ".")
	clone.do(t, "config", "user.name", "Ada")
	clone.do(t, "config", "user.email", "ada@example.com")
	clone.do(t, "config", "commit.gpgSign", "false")
	version := clone.do(t, "rev-parse", "HEAD")
	mine := namedSample().with("web/mine.go", "package web\n\nimport _ \"example.com/sample/internal/keys\"\n")
	head := clone.commit(t, mine, "The clone's own")
	before := clone.treeID(t)
	dry, err := clone.verb(t, "rename", "github.com/acme/harbor", "Harbor CRM", "--dry-run")
	if must(t, err); !strings.Contains(dry, "+module github.com/acme/harbor\n") {
		t.Errorf("a dry run prints %q", dry)
	}
	clone.untouched(t, head)

	out, err := clone.verb(t, "rename", "github.com/acme/harbor", "Harbor CRM")
	must(t, err)
	if !strings.HasPrefix(out, "Renamed to Harbor CRM; git revert ") || clone.do(t, "rev-parse", "HEAD^") != head {
		t.Errorf("printed %q", out)
	}
	clone.untouched(t, clone.do(t, "rev-parse", "HEAD"))
	got, want := clone.tree(t), project{Upstream: "example.com/sample", Source: string(template), Version: version,
		names: harborCRM}
	render, err := renamed(namedSample(), harborCRM)
	must(t, err)
	want.Base = render.id()
	render[projectFile] = want.text()
	render["web/mine.go"] = "package web\n\nimport _ \"github.com/acme/harbor/internal/keys\"\n"
	if !maps.Equal(got, render) {
		t.Errorf("%s\n%s", got[projectFile], got["README.md"])
	}
	if got["LICENSE"] != mine["LICENSE"] || !strings.Contains(got["README.md"], "Harbor CRM keeps `harbor-crm.session`") {
		t.Errorf("%s\n%s", got["LICENSE"], got["README.md"])
	}

	_, err = clone.verb(t, "rename", "example.com/sample", "Sample")
	if must(t, err); clone.treeID(t) != before {
		t.Error("renamed back, the clone is another tree")
	}
	_, err = clone.verb(t, "rename", "example.com/sample", "Sample")
	refused(t, err, "this changes nothing")
}

// TestRenameAgain: a second rename updates the recorded ids of generated files without edits, and the recorded lines.
func TestRenameAgain(t *testing.T) {
	t.Parallel()
	dir := grown(t, namedSample(), "keys")
	mine := dir.tree(t)
	mine["web/reports.go"] = "package web\n\nimport _ \"example.com/sample/internal/audit\"\n"
	mine["web/bills.go"] = "package web\n\nimport _ \"example.com/sample/internal/audit/chain\"\n"
	p := dir.state(t)
	p.Generated = []generated{{
		Command: []string{"page", "reports"},
		Files:   map[string]string{"web/reports.go": blobID(mine["web/reports.go"]), "web/bills.go": "edited since"},
		Lines:   map[string][]string{"web/routes.go": {`"example.com/sample/internal/keys"`}},
	}}
	mine[projectFile] = p.text()
	dir.commit(t, mine, "The clone's own")
	rename := func(args ...string) project {
		t.Helper()
		_, err := dir.verb(t, append([]string{"rename"}, args...)...)
		must(t, err)
		return dir.state(t)
	}
	anchor := rename("a.b/anchor/v2", "Anchor", "--prefix", "anch")
	if anchor.names != (names{"a.b/anchor/v2", "Anchor", "anch"}) || anchor.Base == "" || anchor.Version != p.Version {
		t.Errorf("state %+v", anchor)
	}
	made, text := anchor.Generated[0], dir.tree(t)["web/reports.go"]
	if !strings.Contains(text, "a.b/anchor/v2/internal/audit") || made.Files["web/reports.go"] != blobID(text) ||
		made.Files["web/bills.go"] != "edited since" ||
		!slices.Equal(made.Lines["web/routes.go"], []string{`"a.b/anchor/v2/internal/keys"`}) {
		t.Errorf("generated %+v", made)
	}
	first := dir.treeID(t)
	rename(harborCRM.Module, harborCRM.Name)
	if rename("a.b/anchor/v2", "Anchor", "--prefix", "anch"); dir.treeID(t) != first {
		t.Error("renamed back, the project is another tree")
	}
	if home := rename("example.com/sample", "Sample"); home.Without["keys"] != never || home.names.Name != "Sample" {
		t.Errorf("under the template's names the state is %+v", home)
	}
	_, err := dir.verb(t, "rename", "a.b/c", "Anchor", "--base", "HEAD")
	refused(t, err, ".foyer names the version of the template")
}

// TestRenameOfNew: a project that new made and that has the template's folder no more is the same one when it is renamed
// back. Its own names change nothing, even where nothing of the template is left.
func TestRenameOfNew(t *testing.T) {
	t.Parallel()
	template := newTemplate(t)
	project, _, err := template.made(t, t.TempDir(), "example.com/harbor", "Harbor")
	must(t, err)
	must(t, os.RemoveAll(string(template)))
	_, err = project.verb(t, "rename", "example.com/harbor", "Harbor")
	refused(t, err, "this changes nothing")
	before, head := project.treeID(t), project.do(t, "rev-parse", "HEAD")
	for _, args := range [][]string{{"a.b/anchor", "Anchor"}, {"example.com/harbor", "Harbor"}} {
		out, err := project.verb(t, append([]string{"rename"}, args...)...)
		must(t, err)
		if !strings.Contains(out, "\n\nWhere DATABASE_URL is not set, the database is data/"+dashed(args[1])+".db now: ") {
			t.Errorf("printed %q", out)
		}
	}
	if project.treeID(t) != before {
		t.Error("renamed back, the project is another tree:\n" + project.do(t, "diff", head))
	}
	if out, err := project.verb(t, "rename", "a.b/harbor", "Harbor", "--dry-run"); strings.Contains(out, "DATABASE") {
		t.Errorf("with the same prefix it prints %q, %v", out, err)
	}
	project.do(t, "update-ref", "-d", kept(project.state(t).Version))
	_, err = project.verb(t, "rename", "example.com/harbor", "Harbor")
	refused(t, err, "this changes nothing")
}

// TestRenameOfNoClone: without an origin the base is named, and what .foyer says of it holds without the template.
func TestRenameOfNoClone(t *testing.T) {
	t.Parallel()
	dir := newProject(t, namedSample())
	version := dir.do(t, "rev-parse", "HEAD")
	dir.commit(t, namedSample().with("web/mine.go", "package web\n"), "The clone's own")
	_, err := dir.verb(t, "rename", "a.b/anchor", "Anchor", "--base", version[:8])
	must(t, err)
	if p := dir.state(t); p.Version != version || p.Source != "" {
		t.Errorf("state %+v", p)
	}
	dir.do(t, "reset", "--quiet", "--hard", "HEAD^")
	head := dir.do(t, "rev-parse", "HEAD")
	out, err := dir.verb(t, "rename", "a.b/anchor", "Anchor", "--json", "--base", "HEAD")
	must(t, err)
	var r report
	must(t, json.Unmarshal([]byte(out), &r))
	p := dir.state(t)
	if p.Version != head || !slices.Contains(r.Files, projectFile) {
		t.Errorf("state %+v, report %+v", p, r)
	}
	p.Version = "v1.2.3" // only the module proxy has it
	mine := dir.tree(t)
	mine[projectFile] = p.text()
	dir.commit(t, mine, "Updated")
	for i, args := range [][]string{{"example.com/sample", "Sample"}, {"a.b/anchor", "Anchor"}} {
		if i == 1 {
			dir.do(t, "tag", "v1.2.3", "HEAD^^") // the clone's own, of which the module is not the template's
		}
		_, err = dir.verb(t, append([]string{"rename"}, args...)...)
		must(t, err)
		if p := dir.state(t); p.Version != "v1.2.3" || p.Base != "" || p.names.Name != args[1] {
			t.Errorf("state %+v", p)
		}
	}
}

func TestRenameRefuses(t *testing.T) {
	t.Parallel()
	harbor := []string{"github.com/acme/harbor", "Harbor CRM"}
	for _, row := range []struct {
		name, file, text string
		args             []string
		want             string
	}{
		{"no name", "", "", harbor[:1], "rename needs a module path and a name, such as: rename "},
		{"no module path", "", "", []string{"harbor", "Harbor CRM"}, "missing dot in first path element"},
		{"a name that is none", "", "", []string{harbor[0], "A\nB"}, `the name "A\nB" is not`},
		{"a name without a prefix", "", "", []string{harbor[0], "日本"}, "choose one by --prefix"},
		{"no such base", "", "", append(harbor, "--base", "v9"), "there is no commit v9"},
		{"the name is in README", "README.md", "# Sample\n\nFor every Harbor CRM.\n", harbor, "README.md:3: renaming back"},
		{"the prefix is in README", "README.md", "# Sample\n\nMy `crm`.\n", append(harbor, "--prefix", "crm"),
			"README.md:3: renaming back"},
		{"name and prefix are one word", "README.md", "# Sample\n\nIts prefix is sample.\n",
			[]string{"a.b/c", "harbor", "--prefix", "harbor"}, "README.md:3: renaming back"},
		{"the module is in use", "web/mine.go", "package web\n\nimport _ \"golang.org/x/mod/module\"\n",
			[]string{"golang.org/x/mod", "Harbor"}, "web/mine.go:3: renaming back"},
		{"no gofmt", "web/mine.go", "package web\n\nimport   \"example.com/sample/internal/keys\"\n\nvar _ = keys.Route\n", harbor,
			"web/mine.go:3: renaming back"},
		{"no Go", "web/mine.go", "package \"example.com/sample\"\n", harbor, "web/mine.go:1:9: expected 'IDENT'"},
		{"what does not compile", "web/mine.go", "package web\n\nvar _ = nothing\n", harbor, "web/mine.go:3:9: undefined"},
		{"no constants", nameFile, "package web\n", harbor, "web/name.go lacks AppName"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			files := namedSample()
			if row.file != "" {
				files[row.file] = row.text
			}
			dir := newProject(t, files)
			head := dir.do(t, "rev-parse", "HEAD")
			var out bytes.Buffer
			refused(t, run(t.Context(), string(dir), append([]string{"rename"}, row.args...), &out), row.want)
			dir.untouched(t, head)
			if out.Len() > 0 {
				t.Errorf("printed %q", out.String())
			}
		})
	}
}
