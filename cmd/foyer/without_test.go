package main

import (
	"bytes"
	"maps"
	"strings"
	"testing"
)

// without runs the verb in a project whose template is base.
func (f folder) without(t *testing.T, base string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), string(f), append([]string{"without", "--base", base}, args...), &out)
	return out.String(), err
}

// untouched expects that a refused call left nothing behind.
func (f folder) untouched(t *testing.T, head string) {
	t.Helper()
	if now := f.do(t, "rev-parse", "HEAD"); now != head {
		t.Errorf("HEAD is %s, was %s", now, head)
	}
	if status := f.do(t, "status", "--porcelain"); status != "" {
		t.Errorf("the work tree has changes:\n%s", status)
	}
	if list := f.do(t, "worktree", "list"); strings.Contains(list, "\n") {
		t.Errorf("a worktree is left:\n%s", list)
	}
}

// TestWithout: a clone that grew keeps what is its own, whatever its name, and one revert brings the part back.
func TestWithout(t *testing.T) {
	t.Parallel()
	project := newProject(t, sample())
	base := project.do(t, "rev-parse", "HEAD")
	clone := sample().with(
		"web/auditguide.go", "package web\n\n// Guide helps auditors.\nconst Guide = \"audit-guide-sent\"\n",
		"web/userguide.go", "package web\n\nconst card = `card`\n\nvar _ = card\n",
	).edit(t, "web/routes.go", "\t\t\"Home\",\n", "\t\t\"Home\", \"Auditors\", \"Services\",\n").
		edit(t, "web/routes.go", "\t\t\"Settings\",\n", "\t\tstrings.ToUpper(\"Settings\"),\n")
	head := project.commit(t, clone, "The clone's own")
	out, err := project.without(t, base, "audit", "chain")
	must(t, err)
	if !strings.HasPrefix(out, "Without audit, chain; git revert ") {
		t.Errorf("printed %q", out)
	}
	for _, want := range []string{" takes it back, while no database has run migrations/", "; after that see go run "} {
		if !strings.Contains(out, want) { // because the migration drops tables
			t.Errorf("printed %q without %q", out, want)
		}
	}
	got := project.tree(t)
	for _, name := range []string{"web/auditguide.go", "web/userguide.go"} {
		if got[name] != clone[name] {
			t.Errorf("%s: %q", name, got[name])
		}
	}
	routes := got["web/routes.go"]
	for _, want := range []string{`"Home", "Auditors", "Services",`, `strings.ToUpper("Settings")`, "\t\"strings\"\n",
		"keys.Route, // part:keys"} {
		if !strings.Contains(routes, want) {
			t.Errorf("%q is gone from\n%s", want, routes)
		}
	}
	if strings.Contains(routes, "internal/audit") || strings.Contains(routes, "showAudit") {
		t.Errorf("the part is still in\n%s", routes)
	}
	if css := got["static/app.css"]; css != ".page { color: red }\n.card { margin: 0 }\n" {
		t.Errorf("a page of the clone uses card: %q", css)
	}
	project.untouched(t, project.do(t, "rev-parse", "HEAD"))
	project.do(t, "revert", "--no-edit", "HEAD")
	if project.do(t, "rev-parse", "HEAD^{tree}") != project.do(t, "rev-parse", head+"^{tree}") {
		t.Error("a revert does not bring the same tree back")
	}
}

func TestWithoutRefuses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		what  string
		clone func(t *testing.T, files tree) tree
		want  []string
	}{
		{"a line inside a block", func(t *testing.T, files tree) tree {
			return files.edit(t, "web/routes.go", "\t\treturn \"Audit: \"", "\t\tprintln(1)\n\t\treturn \"Audit: \"")
		}, []string{"does not fit the removal of audit, chain", "both change these lines", "web/routes.go:25: println(1)"}},
		{"another text in a marked line", func(t *testing.T, files tree) tree {
			return files.edit(t, "web/routes.go", "audit.Route,", "audit.Route + `x`,")
		}, []string{"web/routes.go:15: audit.Route + `x`, // part:audit"}},
		{"an edited file of the part", func(t *testing.T, files tree) tree {
			return files.edit(t, "internal/audit/audit.go", "GET /audit", "GET /trail")
		}, []string{"internal/audit/audit.go:5: const Route = \"GET /trail\""}},
		{"a use of what goes", func(t *testing.T, files tree) tree {
			return files.with("web/mine.go", "package web\n\nimport \"example.com/sample/internal/audit\"\n\nconst mine = audit.Route\n")
		}, []string{"does not fit the removal of audit, chain", "web/mine.go:3"}},
		{"a marker of one's own", func(t *testing.T, files tree) tree {
			return files.with("web/mine.go", "package web\n\nconst mine = 1 // part:audit\n")
		}, []string{"web/mine.go:3: there is no part audit"}},
	} {
		t.Run(row.what, func(t *testing.T) {
			t.Parallel()
			project := newProject(t, sample())
			base := project.do(t, "rev-parse", "HEAD")
			head := project.commit(t, row.clone(t, sample()), "The clone's own")
			_, err := project.without(t, base, "audit", "chain")
			refused(t, err, append(row.want, "nothing was changed")...)
			project.untouched(t, head)
		})
	}
}

func TestWithoutArguments(t *testing.T) {
	t.Parallel()
	project := newProject(t, sample())
	head := project.do(t, "rev-parse", "HEAD")
	for _, row := range []struct {
		args []string
		want string
	}{
		{nil, "without needs parts, such as: without audit bench"},
		{[]string{"audit", "--nonsense"}, "flag provided but not defined: -nonsense"},
		{[]string{"mail"}, "there is no part mail; parts: audit chain keys foyer"},
		{[]string{"audit"}, "chain needs audit"},
	} {
		_, err := project.without(t, "HEAD", row.args...)
		refused(t, err, row.want)
		project.untouched(t, head)
	}
	must(t, project.write(nil, tree{"draft.txt": "mine"}))
	_, err := project.without(t, "HEAD", "keys")
	refused(t, err, "the work tree has changes")
}

func TestWithoutCommit(t *testing.T) {
	t.Parallel()
	project := newProject(t, sample())
	head := project.do(t, "rev-parse", "HEAD")
	out, err := project.without(t, "HEAD", "keys", "--dry-run")
	must(t, err)
	for _, want := range []string{"-\t\tkeys.Route, // part:keys", "deleted file mode",
		"-\t\"example.com/sample/internal/keys\""} {
		if !strings.Contains(out, want) {
			t.Errorf("the difference lacks %q:\n%s", want, out)
		}
	}
	project.untouched(t, head)
	_, err = project.without(t, "HEAD", "keys", "--no-commit")
	must(t, err)
	if project.do(t, "rev-parse", "HEAD") != head {
		t.Error("it made a commit")
	}
	uncommitted := project.tree(t)
	project.do(t, "reset", "--quiet", "--hard")
	_, err = project.without(t, "HEAD", "keys")
	must(t, err)
	if !maps.Equal(uncommitted, project.tree(t)) {
		t.Error("with and without a commit the trees differ")
	}
}
