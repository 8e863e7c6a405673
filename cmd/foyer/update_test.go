package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// update runs the second half of the verb, as the tool of the new version does.
func (f folder) update(t *testing.T, to string, args ...string) (string, error) {
	t.Helper()
	return f.verb(t, append([]string{"update", "--self", "--to", to}, args...)...)
}

// template commits a tree as the next version of the template in the project's own repository.
func (f folder) template(t *testing.T, files tree) string {
	t.Helper()
	was := f.tree(t)
	f.do(t, "checkout", "--quiet", "--detach", f.state(t).Version)
	id := f.commit(t, files, "The template goes on")
	f.do(t, "checkout", "--quiet", "-")
	if !maps.Equal(f.tree(t), was) {
		t.Fatal("the project changed")
	}
	return id
}

// TestUpdate: a project gets what changed in what it has, and keeps what is its own.
func TestUpdate(t *testing.T) {
	t.Parallel()
	first := sample().with("web/help/help.go",
		"package help\n\n// Lines are the lines that help a reader.\nconst Line = `one`\n", "views/old.templ", "old",
		"views/old_templ.go", "package views\n", "views/views.go", "package views\n", "web/helper.go",
		"package web\n\nfunc oldName(a, b string) string { return a + b }\n", upgradingFile,
		"# Upgrading\n\n## one\n\nOne.\n")
	project := grown(t, first, "audit", "chain")
	mine := project.tree(t).with("web/mine.go", "package web\n\nvar _ = oldName(`a`, `b`)\n",
		"web/help/mine.go", "package help\n\nconst mine = 1\n", "views/old_templ.go", "package views // generated anew\n",
		"go.mod", "module example.com/sample\n\ngo 1.25\n",
	).edit(t, "web/routes.go", "\t\t\"Home\",\n", "\t\t\"Home\", \"Ships\",\n")
	p := project.state(t)
	p.Generated = []generated{{Command: []string{"page"}, Lines: map[string][]string{"web/help/mine.go": {"x"}},
		Files: map[string]string{"web/mine.go": blobID(mine["web/mine.go"]), "web/routes.go": "edited since",
			"web/help/mine.go": blobID(mine["web/help/mine.go"])}}}
	mine[projectFile] = p.text()
	head := project.commit(t, mine, "The clone's own")
	second := first.with("web/help/help.go", "", "web/manual/help.go",
		"package help\n\n// Lines are the lines that help a reader.\nconst Line = `two`\n",
		"views/old.templ", "", "views/old_templ.go", "", "README.md", "# Other\n", ".github/x.yml", "x\n",
		"internal/audit/more.go", "package audit\n", "migrations/0009_more.sql", "x\n", "migrations/0010_ships.sql", "x\n",
		"internal/report/report.go", "package report\n",
		"web/helper.go", "package web\n\n//go:fix inline\nfunc oldName(a, b string) string { return newName(b, a) }\n\n"+
			"func newName(b, a string) string { return a + b }\n",
		upgradingFile, "# Upgrading\n\n## two\n\nCall Ada.\n\n## one\n\nOne.\n",
	).edit(t, "web/routes.go", "\"Audit: \"", "\"Trail: \"").edit(t, "web/routes.go", "\t\t\"Settings\",\n",
		"\t\t\"Settings\",\n\t\t\"Help\",\n").edit(t, partsFile, "\tmigrations/0004_audit.sql\n",
		"\tinternal/audit/more.go\n\tmigrations/0004_audit.sql\n\tmigrations/0009_more.sql\n").edit(t, partsFile, "\nkeys: ",
		"\nreport: Reports.\n\tneeds audit\n\tinternal/report/report.go\n\nkeys: ")
	version := project.template(t, second)
	dry, err := project.update(t, version, "--dry-run")
	must(t, err)
	if !strings.HasPrefix(dry, "## two\n\nCall Ada.\n\ndiff --git ") ||
		!strings.Contains(dry, "+\t\t\"Help\",") || !strings.Contains(dry, "rename from web/help/mine.go") {
		t.Errorf("a dry run prints\n%s", dry)
	}
	project.untouched(t, head)
	out, err := project.update(t, version)
	must(t, err)
	if !strings.HasPrefix(out, "Updated to "+version+"; git revert ") || !strings.Contains(out, "## two\n\nCall Ada.") ||
		strings.Contains(out, "## one") || strings.Contains(out, "renders") {
		t.Errorf("printed %q", out)
	}
	got := project.tree(t)
	for name, want := range map[string]string{
		"README.md": "# Mine\n", ".github/x.yml": "", "internal/audit/more.go": "", "migrations/0009_more.sql": "",
		"internal/report/report.go": "", "migrations/0010_ships.sql": "x\n", "views/old_templ.go": "",
		"web/manual/mine.go": "package help\n\nconst mine = 1\n", "web/help/mine.go": "",
		"web/mine.go": "package web\n\nvar _ = newName(`b`, `a`)\n", "go.mod": "module example.com/sample\n\ngo 1.25\n",
	} {
		if got[name] != want {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
	for _, want := range []string{"\"Home\", \"Ships\",", "\t\t\"Settings\",\n\t\t\"Help\",\n"} {
		if !strings.Contains(got["web/routes.go"], want) || strings.Contains(got["web/routes.go"], "Trail") {
			t.Errorf("%q is not in\n%s", want, got["web/routes.go"])
		}
	}
	p = project.state(t)
	if p.Version != version || !slices.Equal(p.out(), []string{"audit", "chain", "report"}) {
		t.Errorf("state: %+v", p)
	}
	files := map[string]string{"web/mine.go": blobID(got["web/mine.go"]), "web/routes.go": "edited since",
		"web/manual/mine.go": blobID(got["web/manual/mine.go"])}
	if !maps.Equal(p.Generated[0].Files, files) || p.Generated[0].Lines["web/manual/mine.go"] == nil {
		t.Errorf("generated: %v", p.Generated)
	}
	out, err = project.update(t, project.template(t, second.with("last.txt", "x\n")))
	must(t, err)
	if strings.Contains(out, "renders") || project.tree(t)["last.txt"] != "x\n" {
		t.Errorf("printed %q", out)
	}
}

// TestUpdateDropped: a part that was dropped gets no migration meanwhile; when it comes back, it comes whole.
func TestUpdateDropped(t *testing.T) {
	t.Parallel()
	project := grown(t, sample())
	_, err := project.verb(t, "without", "audit", "chain")
	must(t, err)
	version := project.template(t, sample().with("migrations/0009_more.sql",
		"-- +goose Up\nx\n-- +goose Down\ny\n").edit(t,
		partsFile, "\tmigrations/0004_audit.sql\n", "\tmigrations/0004_audit.sql\n\tmigrations/0009_more.sql\n"))
	_, err = project.update(t, version)
	must(t, err)
	if got := project.tree(t); got["migrations/0009_more.sql"] != "" || got["migrations/0004_audit.sql"] == "" {
		t.Errorf("migrations: %v", got.names())
	}
	_, err = project.verb(t, "with", "audit")
	must(t, err)
	if project.tree(t)["migrations/0009_more.sql"] != "" {
		t.Error("a migration came under a number that is passed")
	}
	_, err = project.verb(t, "without", "audit")
	must(t, err)
	var list []string
	for name := range project.tree(t) {
		if isMigration(name) {
			list = append(list, number.ReplaceAllString(strings.TrimPrefix(name, "migrations/"), ""))
		}
	}
	slices.Sort(list)
	if !slices.Equal(list, []string{"audit.sql", "audit.sql", "drop_audit.sql", "drop_audit.sql", "drop_more.sql",
		"more.sql"}) {
		t.Errorf("migrations: %v", list)
	}
}

// TestUpdateVendor: a project that keeps its dependencies in git gets those of an update, whatever git ignores.
func TestUpdateVendor(t *testing.T) {
	t.Parallel()
	const module = "module example.com/sample\n\ngo 1.24\n\n" +
		"require example.com/a v0.0.0\n\nreplace example.com/a => ./a\n"
	first := sample().with("go.mod", module, "a/go.mod", "module example.com/a\n", "a/a.go", "package a\n",
		"web/a.go", "package web\n\nimport _ \"example.com/a\"\n", ".gitignore", "b/\n")
	template := newProject(t, first)
	project := cloned(t, template)
	_, err := project.run(t.Context(), "go", "mod", "vendor")
	must(t, err)
	project.commit(t, project.tree(t), "What it depends on")
	version := template.commit(t, first.with("go.mod", strings.ReplaceAll(module, "example.com/a v0.0.0\n",
		"(\n\texample.com/a v0.0.0\n\texample.com/b v0.0.0\n)\n")+"\nreplace example.com/b => ./other\n",
		"other/go.mod", "module example.com/b\n", "other/b.go", "package b\n", "web/a.go",
		"package web\n\nimport (\n\t_ \"example.com/a\"\n\t_ \"example.com/b\"\n)\n"), "Needs more")
	_, err = project.update(t, version)
	must(t, err)
	if got := project.do(t, "ls-files", "vendor"); !strings.Contains(got, "vendor/example.com/b/b.go") {
		t.Errorf("git has\n%s", got)
	}
}

func TestUpdateRefuses(t *testing.T) {
	t.Parallel()
	project := grown(t, sample().with("notes.txt", "one\n"), "keys")
	project.commit(t, project.tree(t).edit(t, "web/routes.go", "\t\t\"Home\",\n", "\t\t\"Start\",\n").
		edit(t, "internal/audit/audit.go", "a trail", "the trail").with("notes.txt", ""), "Mine")
	head := project.do(t, "rev-parse", "HEAD")
	version := project.template(t, sample().with("internal/audit/audit.go", "", "notes.txt", "two\n").edit(t, partsFile,
		"\tinternal/audit/audit.go\n", "").edit(t, "web/routes.go", "\t\t\"Home\",\n", "\t\t\"Front\",\n"))
	_, err := project.update(t, version)
	refused(t, err, "nothing was changed, because this project does not fit the update to "+version,
		":\nboth change these lines:\n",
		`web/routes.go:32: "Start",`, "internal/audit/audit.go:1: // Package audit keeps the trail.",
		"notes.txt: this project deleted it")
	project.untouched(t, head)
	_, err = project.update(t, version, "--keep-conflicts", "--dry-run")
	refused(t, err, "not all of it fits")
	project.untouched(t, head)
	out, err := project.update(t, version, "--keep-conflicts")
	refused(t, err, "not all of it fits: resolve what is named above")
	staged, diff := project.do(t, "diff", "--cached", "--name-only"), project.do(t, "diff")
	if strings.Contains(staged, "web/routes.go") || !strings.Contains(staged, projectFile) ||
		!strings.Contains(diff, "+<<<<<<< ") || !strings.Contains(diff, "+two") {
		t.Errorf("staged:\n%s\nthe difference:\n%s", staged, diff)
	}
	if !strings.Contains(out, "git reset --hard takes it back") || !strings.Contains(out, `web/routes.go:32: "Start",`) ||
		!strings.Contains(project.tree(t)["web/routes.go"], "<<<<<<< ") || project.state(t).Version != version {
		t.Errorf("printed %q; the project is at %s, and routes are\n%s", out, project.state(t).Version,
			project.tree(t)["web/routes.go"])
	}
	if !strings.Contains(out, "go test ./web ./internal/auth -update") { // else go test ./... fails
		t.Errorf("printed %q", out)
	}
	project.do(t, "reset", "--quiet", "--hard")
	project.untouched(t, head)
	version = project.template(t, sample().with("migrations/0004_audit.sql", "").edit(t, partsFile,
		"\tmigrations/0004_audit.sql\n", ""))
	_, err = project.update(t, version)
	refused(t, err, version+" lacks migrations/0004_audit.sql")
	version = project.template(t, sample().with("web/routes.go", "package web\n", "web/mine.go", "package web\n"))
	_, err = project.update(t, version)
	refused(t, err, "web/routes.go")
	project.untouched(t, head)
}

// TestUpdateSquashed: the history of a project may begin anywhere, because the template comes from its source.
func TestUpdateSquashed(t *testing.T) {
	t.Parallel()
	template := newProject(t, sample())
	p := project{Upstream: "example.com/sample", Source: string(template), Version: template.do(t, "rev-parse", "HEAD"),
		Base: "of another tool", names: names{"example.com/sample", "Sample", "sample"}}
	mine := sample()
	mine[projectFile] = p.text()
	origin := newProject(t, mine)
	origin.commit(t, mine.with("web/mine.go", "package web\n"), "Mine")
	version := template.commit(t, sample().edit(t, "web/routes.go", "\"GET /about\"", "\"GET /imprint\""), "Later")
	for _, args := range [][]string{{"clone", "--quiet", "--depth=1", "file://" + string(origin), "."},
		{"-c", "init.defaultBranch=main", "init", "--quiet"}} {
		clone := folder(t.TempDir())
		clone.do(t, args...)
		clone.do(t, "config", "user.name", "Ada")
		clone.do(t, "config", "user.email", "ada@example.com")
		if args[0] != "clone" {
			clone.commit(t, mine.with("web/mine.go", "package web\n"), "All at once")
		}
		out, err := clone.update(t, version)
		must(t, err)
		if !strings.Contains(out, "The tool renders "+p.Version+" otherwise") ||
			!strings.Contains(clone.tree(t)["web/routes.go"], "/imprint") || clone.tree(t)["web/mine.go"] == "" {
			t.Errorf("printed %q", out)
		}
	}
}

// TestUpdateStarts: the verb finds the newest version and lets its tool do the rest.
func TestUpdateStarts(t *testing.T) {
	t.Parallel()
	const tool = "package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\nfunc main() {\n\tfmt.Println(os.Args[1:])\n" +
		"\tif len(os.Args) > 7 {\n" +
		"\t\tfmt.Fprintln(os.Stderr, \"foyer: refused\")\n\t\tos.Exit(1)\n\t}\n}\n"
	template := newProject(t, sample().with("cmd/foyer/main.go", tool))
	first := template.do(t, "rev-parse", "HEAD")
	p := project{Upstream: "example.com/sample", Source: string(template), Version: first}
	mine := sample()
	mine[projectFile] = p.text()
	clone := newProject(t, mine)
	says := func(want string, args ...string) {
		t.Helper()
		out, err := clone.verb(t, append([]string{"update"}, args...)...)
		must(t, err)
		if strings.TrimSpace(out) != want {
			t.Errorf("update %s: %q, want %q", args, out, want)
		}
	}
	says("Nothing to update: this project has " + first)
	second := template.commit(t, sample().with("cmd/foyer/main.go", tool, "x.txt", "x\n"), "Later")
	says("[update --self --to " + second + "]")
	says("[update --dry-run --self --to "+second+"]", "--dry-run")
	for _, tag := range []string{"v1.2.0", "v1.10.0", "v2.0.0-rc.1", "vast"} {
		template.do(t, "tag", tag)
	}
	says("[update --to v1.2.0 --self --to v1.2.0]", "--to", "v1.2.0")
	_, err := clone.verb(t, "update", "--to=v1.2.0", "--dry-run", "--json", "--no-commit")
	refused(t, err, "refused")
	if err.Error() != "refused" {
		t.Errorf("the tool's error: %q", err)
	}
	p.Version = "v1.2.0"
	mine[projectFile] = p.text()
	clone.commit(t, mine, "At a tag")
	says("[update --self --to v1.10.0]")
	says("Nothing to update: this project has v1.2.0", "--to", "v1.2.0")
	branch := template.do(t, "symbolic-ref", "HEAD")
	for _, to := range []string{"HEAD", branch, strings.TrimPrefix(branch, "refs/heads/")} {
		says("[update --to "+to+" --self --to "+second+"]", "--to", to)
	}
	says("[update --to refs/tags/v1.10.0 --self --to v1.10.0]", "--to", "refs/tags/v1.10.0")
	p.Version = "v1.11.0"
	mine[projectFile] = p.text()
	clone.commit(t, mine, "At a later tag")
	says("Nothing to update: this project has v1.11.0")
	_, err = clone.verb(t, "update", "--to", "v1.10.0")
	refused(t, err, "this project has v1.11.0, and an update never goes back to v1.10.0")
	p.Version = second
	mine[projectFile] = p.text()
	clone.commit(t, mine, "At a commit")
	side := template.do(t, "commit-tree", second+"^{tree}", "-p", first, "-m", "Another line")
	template.do(t, "update-ref", "refs/heads/side", side)
	for _, to := range []string{first, first[:10]} {
		_, err = clone.verb(t, "update", "--to", to)
		refused(t, err, "this project has "+second+", and an update never goes back to "+to)
	}
	says("[update --to side --self --to "+side+"]", "--to", "side")
	says("[update --to v1.2.0 --self --to v1.2.0]", "--to", "v1.2.0") // a tag of the same commit
	_, err = clone.verb(t, "update", "--to", "v9")
	refused(t, err, "the template example.com/sample v9 was not found")
	_, err = clone.verb(t, "update", "v9")
	refused(t, err, "unknown verb or argument")
}

// onWrite is called when something is printed.
type onWrite func()

func (f onWrite) Write(text []byte) (int, error) {
	f()
	return len(text), nil
}

// TestUpdateInterrupted: after Ctrl-C the verb says how the tool that it runs has ended.
func TestUpdateInterrupted(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("a test cannot send the signal of Ctrl-C there")
	}
	const tool = "package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n\t\"os/signal\"\n)\n\nfunc main() {\n" +
		"\tc := make(chan os.Signal, 1)\n\tsignal.Notify(c, os.Interrupt)\n\tfmt.Println(\"begun\")\n\t<-c\n" +
		"\tif len(os.Args) > 5 {\n\t\tfmt.Fprintln(os.Stderr, \"foyer: by half\")\n\t\tos.Exit(1)\n\t}\n}\n"
	template := newProject(t, sample())
	mine := sample()
	p := project{Upstream: "example.com/sample", Source: string(template), Version: template.do(t, "rev-parse", "HEAD")}
	mine[projectFile] = p.text()
	clone := newProject(t, mine)
	template.commit(t, sample().with("cmd/foyer/main.go", tool), "Later")
	for _, row := range []struct{ flag, want string }{{"--json=0", "by half"}, {"", "<nil>"}} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		err := ended(ctx, run(ctx, string(clone), strings.Fields("update "+row.flag), onWrite(cancel)))
		if ctx.Err() == nil || fmt.Sprint(err) != row.want {
			t.Errorf("update %s: %v, want %s", row.flag, err, row.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	refused(t, ended(ctx, run(ctx, string(clone), []string{"update"}, io.Discard)), "interrupted; nothing was changed")
}

// TestUpdateOfModule: without a source, the module proxy knows the versions.
func TestUpdateOfModule(t *testing.T) {
	proxy(t, newProject(t, sample()), "v0.1.0")
	p := project{Upstream: "example.com/sample", Version: "v0.1.0"}
	mine := sample().with("go.mod", "module example.com/harbor\n\ngo 1.24\n")
	mine[projectFile] = p.text()
	clone := newProject(t, mine)
	for _, args := range [][]string{{"update"}, {"update", "--to", "v0.1.0", "--dry-run"}} {
		out, err := clone.verb(t, args...)
		must(t, err)
		if out != "Nothing to update: this project has v0.1.0\n" {
			t.Errorf("%s: %q", args, out)
		}
	}
	_, err := clone.verb(t, "update", "--to", "v0.2.0")
	refused(t, err, "versions of example.com/sample were not found: ", "v0.2.0")
	p.Source = string(clone) + "/nothing"
	mine[projectFile] = p.text()
	clone.commit(t, mine, "Another source")
	_, err = clone.verb(t, "update")
	refused(t, err, "versions of example.com/sample were not found: fatal: ")
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than a line: %q", err)
	}
}
