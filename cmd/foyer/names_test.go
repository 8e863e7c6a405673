package main

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// foyer is a small template with its names where a template has them, and beside each place one that is alike.
func foyer() tree {
	return tree{
		"go.mod":                     "module example.com/foyer\n\nrequire example.com/foyer-tools v1.0.0\n",
		"tools.mod":                  "module example.com/foyer/tools\n",
		"LICENSE":                    "Copyright The Foyer authors, https://example.com/foyer\n",
		"icon.png":                   "\x89PNG\x00example.com/foyer",
		"web/web.go":                 "package web\n\nimport (\n\t\"example.com/foyer/views\" // of example.com/foyer\n\t\"example.com/foyerx\"\n\t\"github.com/a-h/templ\" // draws\n)\n",
		nameFile:                     "package web\n\n// Foyer is this app.\nconst (\n\tAppName      = \"Foyer\" // in pages\n\tCookiePrefix = \"foyer\" // of cookies\n)\n",
		"README.md":                  "# Foyer\n\nFoyer's cookies are `foyer.x`, `__Host-foyer.x`. Foyers, foyer-x, x/foyer stay.\n`go run ./cmd/foyer`, https://example.com/foyer. `file:data/foyer.db` .foyer\n<!-- part:foyer -->\ngo run ./cmd/foyer rename github.com/acme/harbor \"Harbor CRM\"\n",
		".env.example":               "DATABASE_URL=file:data/foyer.db # end:foyer\nMAIL_FROM=Foyer <hello@app.example>\n",
		"cmd/foyer/foyer_test.go":    "package main\n\nconst other = \"example.com/foyer, github.com/acme/harbor\"\n",
		"cmd/foyer/_new/README.md":   "# Foyer\n",
		"cmd/foyer/_example/ship.go": "package ships\n\nimport _ \"example.com/foyer/views\"\n",
		"page.templ":                 "package views\n\nimport \"example.com/foyer/static\"\n\nvar Foyer = \"foyer, /data/foyer.db-wal, mydata/foyer.dbx\"\n",
	}
}

var harborCRM = names{"github.com/acme/harbor", "Harbor CRM", "harbor-crm"}

func TestRenamed(t *testing.T) {
	t.Parallel()
	from, err := namesOf(foyer())
	if must(t, err); from != (names{"example.com/foyer", "Foyer", "foyer"}) {
		t.Errorf("names %q", from)
	}
	got, err := renamed(foyer(), harborCRM)
	must(t, err)
	want := foyer().with(
		"go.mod", "module github.com/acme/harbor\n\nrequire example.com/foyer-tools v1.0.0\n",
		"tools.mod", "module github.com/acme/harbor/tools\n",
		"web/web.go", "package web\n\nimport (\n\t\"example.com/foyerx\"\n\t\"github.com/a-h/templ\"         // draws\n\t\"github.com/acme/harbor/views\" // of github.com/acme/harbor\n)\n",
		nameFile, "package web\n\n// Foyer is this app.\nconst (\n\tAppName      = \"Harbor CRM\" // in pages\n\tCookiePrefix = \"harbor-crm\" // of cookies\n)\n",
		"README.md", "# Harbor CRM\n\nHarbor CRM's cookies are `harbor-crm.x`, `__Host-harbor-crm.x`. Foyers, foyer-x, x/foyer stay.\n`go run ./cmd/foyer`, https://github.com/acme/harbor. `file:data/harbor-crm.db` .foyer\n<!-- part:foyer -->\ngo run ./cmd/foyer rename github.com/acme/harbor \"Harbor CRM\"\n",
		".env.example", "DATABASE_URL=file:data/harbor-crm.db # end:foyer\nMAIL_FROM=Harbor CRM <hello@app.example>\n",
		"cmd/foyer/_new/README.md", "# Harbor CRM\n",
		"cmd/foyer/_example/ship.go", "package ships\n\nimport _ \"github.com/acme/harbor/views\"\n",
		"page.templ", "package views\n\nimport \"github.com/acme/harbor/static\"\n\nvar Foyer = \"foyer, /data/harbor-crm.db-wal, mydata/foyer.dbx\"\n",
	)
	for _, name := range want.names() {
		if got[name] != want[name] {
			t.Errorf("%s:\n%s\nwant\n%s", name, got[name], want[name])
		}
	}
	back, err := renamed(got, from)
	if must(t, err); !maps.Equal(back, foyer()) {
		t.Errorf("renamed back: %q", back)
	}
}

func TestNamesOfRefuses(t *testing.T) {
	t.Parallel()
	for want, files := range map[string]tree{
		"go.mod has no module path": foyer().with("go.mod", "go 1.26\n"),
		nameFile + " lacks AppName": foyer().with(nameFile, ""),
		"or CookiePrefix":           foyer().edit(t, nameFile, `"foyer"`, "prefix"),
	} {
		_, err := renamed(files, harborCRM)
		refused(t, err, want)
	}
}

func TestNamesCheck(t *testing.T) {
	t.Parallel()
	for _, n := range []names{
		harborCRM, {"example.com/foyer", "Foyer", "foyer"}, {"a.b/c/v2", "Café 3.0-β+x!", "ca"},
		{"a.b/c", strings.Repeat("é", 50), strings.Repeat("a", 20)},
	} {
		if err := n.check(); err != nil {
			t.Errorf("%q: %v", n, err)
		}
	}
	for want, list := range map[string][]names{
		"module path": {{"", "A", "ab"}, {"harbor", "A", "ab"}, {"a.b/c d", "A", "ab"}, {"a.b/../c", "A", "ab"}},
		"the name": {
			{"a.b/c", "", "ab"}, {"a.b/c", " A", "ab"}, {"a.b/c", "A  B", "ab"}, {"a.b/c", "A\nB", "ab"},
			{"a.b/c", "A&B", "ab"}, {"a.b/c", `A"`, "ab"}, {"a.b/c", "2026", "ab"}, {"a.b/c", strings.Repeat("é", 51), "ab"},
		},
		"the prefix": {
			{"a.b/c", "A", ""}, {"a.b/c", "A", "a"}, {"a.b/c", "A", "Ab"}, {"a.b/c", "A", "a b"}, {"a.b/c", "A", "-ab"},
			{"a.b/c", "A", "a=b"}, {"a.b/c", "A", "__host"}, {"a.b/c", "A", "con"}, {"a.b/c", "A", strings.Repeat("a", 21)},
		},
	} {
		for _, n := range list {
			refused(t, n.check(), want)
		}
	}
}

func TestNamesComplete(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ given, want names }{
		{names{Module: "github.com/acme/harbor"}, names{"github.com/acme/harbor", "Harbor", "harbor"}},
		{names{Module: "a.b/harbor-tools/v2"}, names{"a.b/harbor-tools/v2", "Harbor tools", "harbor-tools"}},
		{names{Module: "a.b/my_app"}, names{"a.b/my_app", "My app", "my-app"}},
		{names{Module: "a.b/my__app~"}, names{"a.b/my__app~", "My app", "my-app"}},
		{names{Module: "harbor.io"}, names{"harbor.io", "Harbor.io", "harbor-io"}},
		{names{Module: "a.b/_"}, names{"a.b/_", "App", "app"}},
		{names{Module: "a.b/x", Name: "Harbor CRM 2.0!"}, names{"a.b/x", "Harbor CRM 2.0!", "harbor-crm-2-0"}},
		{names{Module: "a.b/x", Name: "Harbor", Prefix: "crm"}, names{"a.b/x", "Harbor", "crm"}},
	} {
		if got := row.given.complete(); got != row.want {
			t.Errorf("%q: %q, want %q", row.given, got, row.want)
		}
		must(t, row.want.check())
	}
}

// toolWords have the name of the tool, which every project keeps.
var toolWords = strings.NewReplacer("cmd/foyer", "", "part:foyer", "", "end:foyer", "", projectFile, "")

// nameless expects that only the tool and LICENSE have the template's name.
func nameless(t *testing.T, files tree) {
	t.Helper()
	for _, name := range files.names() {
		if name == "LICENSE" || name == projectFile || strings.HasPrefix(name, "cmd/foyer/") {
			continue
		}
		for i, line := range strings.Split(files[name], "\n") {
			if strings.Contains(strings.ToLower(toolWords.Replace(line)), "foyer") {
				t.Errorf("%s:%d has the template's name: %s", name, i+1, strings.TrimSpace(line))
			}
		}
	}
}

// TestNoNameIsLeft: the template has its names where rename finds them, so that no other file has a name to change.
func TestNoNameIsLeft(t *testing.T) {
	t.Parallel()
	files := template(t).tree(t)
	after, err := renamed(files, harborCRM)
	must(t, err)
	nameless(t, after)
	from, err := namesOf(files)
	must(t, err)
	must(t, step{mine: files, after: after}.restorable(from))
}

// FuzzRenamed: a rename to names that the template does not have takes its names away, and renaming back restores it.
func FuzzRenamed(f *testing.F) {
	f.Add("a.b/harbor", "Harbor CRM", "harbor-crm", " Foyer foyer.x ")
	f.Add("a.b/c", "Anchor", "anch", "`foyer`Foyer\"example.com/foyer\"")
	f.Add("example.com/foyer-x/v2", "Foyer 2", "foyer2", "__Host-foyer, 9foyer, éFoyer, Foyeré, foyer\n")
	f.Fuzz(func(t *testing.T, module, name, prefix, text string) {
		to := names{module, name, prefix}
		files := foyer().with("README.md", "# Foyer\n"+text)
		if to.check() != nil || strings.Contains(text, "\x00") {
			return // rename refuses such names, and leaves such files as they are
		}
		all := strings.Join(slices.Collect(maps.Values(files)), "\n")
		for _, pair := range [][2]string{{all, module}, {all, name}, {all, prefix}, {name, prefix}, {module, prefix},
			{module, name}} {
			if strings.Contains(pair[0], pair[1]) {
				return // rename refuses what it could not take back
			}
		}
		from, err := namesOf(files)
		must(t, err)
		after, err := renamed(files, to)
		must(t, err)
		if got, err := namesOf(after); err != nil || got != to {
			t.Fatalf("names %q, %v", got, err)
		}
		back, err := renamed(after, from)
		if must(t, err); !maps.Equal(back, files) {
			t.Errorf("%q came back as\n%q", files["README.md"], back["README.md"])
		}
	})
}
