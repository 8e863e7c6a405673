package main

import (
	"maps"
	"strings"
	"testing"
)

// cloned is a clone of a template, as a person makes it who does not call new.
func cloned(t *testing.T, template folder) folder {
	t.Helper()
	clone := folder(t.TempDir())
	clone.do(t, "clone", "--quiet", string(template), ".")
	clone.do(t, "config", "user.name", "Ada")
	clone.do(t, "config", "user.email", "ada@example.com")
	clone.do(t, "config", "commit.gpgSign", "false")
	return clone
}

// TestCloneKeepsItsOwn: in a clone that has no .foyer, without refuses to take lines that the clone wrote.
func TestCloneKeepsItsOwn(t *testing.T) {
	t.Parallel()
	clone := cloned(t, newProject(t, sample()))
	mine := sample().edit(t, "web/routes.go", "\t\treturn \"Audit: \"", "\t\tprintln(1)\n\t\treturn \"Audit: \"")
	head := clone.commit(t, mine, "The clone's own")
	_, err := clone.verb(t, "without", "audit", "chain")
	refused(t, err, "web/routes.go:25: println(1)")
	clone.untouched(t, head)
}

// TestCloneAsksForBase: where a clone's own commits cannot be told from those of the template, the verbs ask which
// commit is of the template.
func TestCloneAsksForBase(t *testing.T) {
	t.Parallel()
	template := newProject(t, sample())
	clone := cloned(t, template)
	base := clone.do(t, "rev-parse", "HEAD")
	clone.do(t, "remote", "rename", "origin", "upstream")
	head := clone.commit(t, sample().with("web/mine.go", "package web\n"), "The clone's own")
	for _, line := range []string{"rename a.b/anchor Anchor", "without keys", "with keys", "update"} {
		_, err := clone.verb(t, strings.Fields(line)...)
		refused(t, err, "--base")
		clone.untouched(t, head)
	}
	for _, line := range []string{"without keys --base " + base, "with keys", "rename a.b/anchor Anchor"} {
		_, err := clone.verb(t, strings.Fields(line)...)
		must(t, err)
		if p := clone.state(t); p.Version != base || p.Source != "" {
			t.Errorf("%s: state %+v", line, p)
		}
	}
	_, err := clone.verb(t, "without", "keys", "--base", base)
	refused(t, err, ".foyer names the version of the template")

	clone = cloned(t, template)
	clone.do(t, "remote", "set-url", "origin", string(clone.bare(t)))
	head = clone.commit(t, sample().edit(t, "internal/keys/keys.go", "GET /keys", "GET /locks"), "The clone's own")
	clone.do(t, "push", "--quiet", "origin", "HEAD")
	_, err = clone.verb(t, "without", "keys")
	refused(t, err, "--base")
	clone.untouched(t, head)
	_, err = clone.verb(t, "without", "keys", "--base", base)
	refused(t, err, "internal/keys/keys.go:3: const Route = \"GET /locks\"")
	_, err = clone.verb(t, "without", "chain", "--base", base)
	if must(t, err); clone.state(t).Source != "" {
		t.Errorf("updates would come from the clone's own origin: %+v", clone.state(t))
	}
}

// TestCloneGoesOn: after any verb a clone knows what it does without, and takes part in updates. Its README loses and
// gets what belongs to parts as long as it has markers.
func TestCloneGoesOn(t *testing.T) {
	t.Parallel()
	files := sample().edit(t, "README.md", "\n\nEnd.", "\n| `cmd/foyer` | the tool <!-- part:foyer --> |\n\nEnd.")
	template := newProject(t, files)
	clone := cloned(t, template)
	before := clone.tree(t)
	for _, line := range []string{"without keys", "rename a.b/anchor Anchor", "without audit chain"} {
		_, err := clone.verb(t, strings.Fields(line)...)
		must(t, err)
	}
	if p := clone.state(t); strings.Join(p.out(), " ") != "audit chain keys" || p.Source != string(template) {
		t.Errorf("state %+v", p)
	}
	if readme := clone.tree(t)["README.md"]; strings.Contains(readme, "audit") {
		t.Errorf("README: %s", readme)
	}
	version := template.commit(t, files.edit(t, "web/routes.go", "\"GET /about\"", "\"GET /imprint\""), "Later")
	_, err := clone.update(t, version)
	must(t, err)
	for _, line := range []string{"with chain keys", "rename example.com/sample Sample"} {
		_, err := clone.verb(t, strings.Fields(line)...)
		must(t, err)
	}
	got := clone.tree(t)
	for name := range got {
		if isMigration(name) && before[name] == "" {
			delete(got, name)
		}
	}
	delete(got, projectFile)
	if want := template.tree(t); !maps.Equal(got, want) {
		t.Errorf("another tree: %v\n%s\n%s", differ(got, want), got["README.md"], want["README.md"])
	}
	fresh := cloned(t, newProject(t, sample()))
	out, err := fresh.verb(t, "update")
	if must(t, err); !strings.HasPrefix(out, "Nothing to update") {
		t.Errorf("printed %q", out)
	}
}

// TestCloneIgnores: what the template has in a folder that the clone ignores comes and goes all the same.
func TestCloneIgnores(t *testing.T) {
	t.Parallel()
	template := newProject(t, sample())
	clone := cloned(t, template)
	must(t, clone.write(nil, tree{".git/info/exclude": "keys/\n.foyer\n"}))
	version := template.commit(t, sample().with("internal/keys/later.go", "package keys\n"), "Later")
	_, err := clone.update(t, version)
	must(t, err)
	if got := clone.tree(t); got["internal/keys/later.go"] == "" || clone.state(t).Version != version {
		t.Errorf("the update brings %q", got.names())
	}
	_, err = clone.verb(t, "without", "keys")
	must(t, err)
	if got := clone.tree(t); got["internal/keys/keys.go"] != "" {
		t.Errorf("the removal leaves %q", got.names())
	}
}
