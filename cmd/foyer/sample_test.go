package main

import (
	"maps"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// sample is a small project with three parts: audit has files, marked lines, a block, styles, an icon, a row in README
// and a migration; chain needs audit; keys is one line.
func sample() tree {
	return tree{
		"go.mod": "module example.com/sample\n\ngo 1.24\n",
		partsFile: `# The parts.

audit: The audit trail.
	migrations/0004_audit.sql
	internal/audit/audit.go
	web/audit.go

chain: Seals the trail.
	needs audit
	internal/audit/chain/chain.go

keys: Service keys.
	internal/keys/keys.go

foyer: This tool.
	cmd/foyer/parts.txt
`,
		"internal/audit/audit.go":       "// Package audit keeps a trail.\npackage audit\n\n// Route is the trail's page.\nconst Route = \"GET /audit\"\n",
		"internal/audit/chain/chain.go": "package chain\n\nimport _ \"example.com/sample/internal/audit\"\n\nconst Sealed = true\n",
		"internal/keys/keys.go":         "package keys\n\nconst Route = \"GET /keys\"\n",
		"migrations/0004_audit.sql":     "-- The trail.\n-- +goose Up\nCREATE TABLE audit (id TEXT);\n\n-- +goose Down\nDROP TABLE audit;\n",
		"web/audit.go":                  "package web\n\nfunc showAudit() string { return \"trail\" }\n",
		nameFile:                        "package web\n\nconst (\n\tAppName      = \"Sample\"\n\tCookiePrefix = \"sample\"\n)\n",
		"web/routes.go": `package web

import (
	"fmt"
	"strings"

	"example.com/sample/internal/audit"
	"example.com/sample/internal/keys"
)

// Routes lists what exists.
func Routes() []string {
	return []string{
		"GET /",
		audit.Route, // part:audit
		"GET /about",
		keys.Route, // part:keys
	}
}

// Title returns the title of a page.
func Title(name string) string {
	// part:audit
	if strings.HasPrefix(name, "audit") {
		return "Audit: " + showAudit()
	}
	// end:audit
	return fmt.Sprint(name, "page")
}

// Nav lists the entries of the navigation.
func Nav() []string {
	return []string{
		"Home",

		"Settings",
	}
}
`,
		"static/app.css":   ".page { color: red }\n/* part:audit */\n.trail { color: blue }\n.trail td { color: green }\n/* end:audit */\n.card { margin: 0 } /* part:audit */\n",
		"static/icons.svg": "<svg>\n<symbol id=\"page\"/>\n<symbol id=\"scroll\"/> <!-- part:audit -->\n</svg>\n",
		"README.md":        "# Sample\n\n| where | what |\n|---|---|\n| `web/routes.go` | the routes |\n| `internal/audit` | the trail <!-- part:audit --> |\n\nEnd.\n",
		".env.example":     "PORT=1\nAUDIT=on # part:audit\n",
	}
}

// with returns a copy of t with the given files, as pairs of name and text; a text of "" removes.
func (t tree) with(pairs ...string) tree {
	t = maps.Clone(t)
	for i := 0; i < len(pairs); i += 2 {
		if t[pairs[i]] = pairs[i+1]; pairs[i+1] == "" {
			delete(t, pairs[i])
		}
	}
	return t
}

// edit returns a copy of t in which a file has another text in place of one that it must have.
func (t tree) edit(tb testing.TB, name, old, text string) tree {
	tb.Helper()
	if !strings.Contains(t[name], old) {
		tb.Fatalf("%s does not have %q", name, old)
	}
	return t.with(name, strings.Replace(t[name], old, text, 1))
}

// newProject commits t in a repository of its own.
func newProject(t *testing.T, files tree) folder {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	dir := folder(filepath.Join(t.TempDir(), "project"))
	must(t, dir.write(nil, files))
	for _, args := range []string{"init --quiet", "config user.name Ada", "config user.email ada@example.com",
		"config commit.gpgSign false"} {
		dir.do(t, strings.Fields(args)...)
	}
	dir.commit(t, files, "The template")
	return dir
}

// commit makes the project hold files and returns the commit's id.
func (f folder) commit(t *testing.T, files tree, message string) string {
	t.Helper()
	must(t, f.write(f.tree(t), files))
	f.do(t, "add", "--all")
	f.do(t, "commit", "--quiet", "-m", message)
	return f.do(t, "rev-parse", "HEAD")
}

func (f folder) tree(t *testing.T) tree {
	t.Helper()
	files, err := f.read(t.Context())
	must(t, err)
	return files
}

func (f folder) do(t *testing.T, args ...string) string {
	t.Helper()
	out, err := f.git(t.Context(), args...)
	must(t, err)
	return out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused expects an error that has all of the words.
func refused(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", words)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error %q lacks %q", err, w)
		}
	}
}
