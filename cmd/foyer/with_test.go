package main

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
)

// grown commits a project that has .foyer, of a template that is files; its parts in without are left out.
func grown(t *testing.T, files tree, without ...string) folder {
	t.Helper()
	dir := newProject(t, files)
	p := project{Upstream: "example.com/sample", Version: dir.do(t, "rev-parse", "HEAD"), Without: map[string]string{},
		names: names{"example.com/sample", "Sample", "sample"}}
	for _, name := range without {
		p.Without[name] = never
	}
	mine, err := renderProject(files, p, nil)
	must(t, err)
	mine[projectFile] = p.text()
	mine["README.md"] = "# Mine\n"
	dir.commit(t, mine, "The project")
	return dir
}

func (f folder) verb(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), string(f), args, &out)
	return out.String(), err
}

func (f folder) state(t *testing.T) project {
	t.Helper()
	p, _, err := readProject(f.tree(t))
	must(t, err)
	return p
}

// TestWithAndBack: what a project had and got back is as it was, with the clone's own lines; its tables go and come by
// migrations of their own.
func TestWithAndBack(t *testing.T) {
	t.Parallel()
	project := grown(t, sample())
	before := project.tree(t).edit(t, "web/routes.go", "\t\t\"Home\",\n", "\t\t\"Home\", \"Auditors\",\n").
		with("web/mine.go", "package web\n\nvar mine = `card`\n")
	project.commit(t, before, "The clone's own")
	_, err := project.verb(t, "without", "audit", "chain")
	must(t, err)
	gone := project.tree(t)
	if gone["static/app.css"] != ".page { color: red }\n.card { margin: 0 }\n" || gone["README.md"] != "# Mine\n" {
		t.Errorf("%q, %q", gone["static/app.css"], gone["README.md"])
	}
	drop := project.state(t).Without["audit"]
	if !strings.HasSuffix(drop, "_drop_audit.sql") || project.state(t).Without["chain"] != never {
		t.Errorf("state: %v", project.state(t).Without)
	}
	out, err := project.verb(t, "with", "chain")
	must(t, err)
	if !strings.HasPrefix(out, "With chain, audit; git revert ") {
		t.Errorf("printed %q", out)
	}
	after := project.tree(t)
	var again string
	for name := range after {
		if strings.HasSuffix(name, "_audit.sql") && name != "migrations/0004_audit.sql" && name != "migrations/"+drop {
			again = name
		}
	}
	if again <= "migrations/"+drop || after[again] != after["migrations/0004_audit.sql"] {
		t.Errorf("%s after %s: %q", again, drop, after[again])
	}
	if len(project.state(t).Without) > 0 || project.state(t).Base == "" {
		t.Errorf("state: %+v", project.state(t))
	}
	for _, name := range []string{again, "migrations/" + drop, projectFile} {
		delete(after, name)
	}
	delete(before, projectFile)
	if !maps.Equal(before, after) {
		t.Errorf("another tree: %v", differ(before, after))
	}
}

// differ returns the names of files that are not the same in both trees.
func differ(a, b tree) []string {
	var names []string
	for _, name := range slices.Compact(slices.Sorted(slices.Values(append(a.names(), b.names()...)))) {
		if a[name] != b[name] {
			names = append(names, name)
		}
	}
	return names
}

// TestWithNever: a part that never was there comes as the template has it, under its own number; styles of it that the
// clone has already, or names, conflict with nothing.
func TestWithNever(t *testing.T) {
	t.Parallel()
	project := grown(t, sample(), "audit", "chain", "keys")
	mine := project.tree(t)
	if mine["migrations/0004_audit.sql"] != "" {
		t.Error("a part that never was there has a migration")
	}
	project.commit(t, mine.with("web/mine.go", "package web\n\nvar mine = `trail` + `card`\n"), "Mine")
	_, err := project.verb(t, "with", "audit")
	must(t, err)
	got := project.tree(t)
	if got["migrations/0004_audit.sql"] != sample()["migrations/0004_audit.sql"] ||
		got["static/app.css"] != sample()["static/app.css"] ||
		strings.Contains(got["web/routes.go"], "keys") || !strings.Contains(got["web/routes.go"],
		"audit.Route, // part:audit") {
		t.Errorf("got %v", differ(got, sample()))
	}
	if !slices.Equal(project.state(t).out(), []string{"chain", "keys"}) {
		t.Errorf("out: %v", project.state(t).out())
	}
}

func TestWithRefuses(t *testing.T) {
	t.Parallel()
	project := grown(t, sample(), "keys")
	head := project.do(t, "rev-parse", "HEAD")
	for _, row := range []struct{ part, want string }{
		{"audit", "this project does not lack audit; it lacks: keys"},
		{"mail", "this project does not lack mail; it lacks: keys"},
	} {
		_, err := project.verb(t, "with", row.part)
		refused(t, err, row.want)
		project.untouched(t, head)
	}
	head = project.commit(t, project.tree(t).edit(t, "web/routes.go", "\t\t\"GET /about\",\n", "\t\t\"GET /more\",\n"),
		"Mine")
	_, err := project.verb(t, "with", "keys", "--fresh")
	refused(t, err, errUsage.Error())
	_, err = project.verb(t, "with", "keys")
	refused(t, err, "does not fit the return of keys:\nboth change these lines:\n", `web/routes.go:15: "GET /more",`)
	project.untouched(t, head)
	_, err = newProject(t, sample()).verb(t, "with", "keys")
	refused(t, err, "this project does not lack keys; it lacks: no part")
}
