package main

import (
	"maps"
	"strings"
	"testing"
)

func rendered(t *testing.T, files tree, r removal) tree {
	t.Helper()
	after, err := render(files, r)
	must(t, err)
	return after
}

func TestRender(t *testing.T) {
	before := sample()
	after := rendered(t, before, removal{parts: []string{"audit", "chain"}})
	for name, text := range after {
		if strings.Contains(strings.ToLower(text), "audit.") || strings.Contains(text, "part:audit") {
			t.Errorf("%s still speaks of the trail:\n%s", name, text)
		}
	}
	for _, name := range []string{"internal/audit/audit.go", "internal/audit/chain/chain.go", "web/audit.go",
		"migrations/0004_audit.sql"} {
		if _, ok := after[name]; ok {
			t.Errorf("%s is still there", name)
		}
	}
	if len(after) != len(before)-4 {
		t.Errorf("%d of %d files stay", len(after), len(before))
	}
	for name, want := range map[string]string{
		partsFile:          "# The parts.\n\nkeys: Service keys.\n\tinternal/keys/keys.go\n\nfoyer: This tool.\n\tcmd/foyer/parts.txt\n",
		"static/app.css":   ".page { color: red }\n",
		"static/icons.svg": "<svg>\n<symbol id=\"page\"/>\n</svg>\n",
		"README.md":        "# Sample\n\n| where | what |\n|---|---|\n| `web/routes.go` | the routes |\n\nEnd.\n",
		".env.example":     "PORT=1\n",
	} {
		if after[name] != want {
			t.Errorf("%s: got %q, want %q", name, after[name], want)
		}
	}
	if !strings.Contains(after["web/routes.go"], "keys.Route, // part:keys") {
		t.Errorf("keys left its marker:\n%s", after["web/routes.go"])
	}
	if !maps.Equal(before, sample()) {
		t.Error("render changed its argument")
	}
}

// TestRenderNothing: a tree without no parts is itself.
func TestRenderNothing(t *testing.T) {
	if !maps.Equal(rendered(t, sample(), removal{}), sample()) {
		t.Error("render changed a tree that nothing leaves")
	}
}

// TestRenderInTurn: parts that leave one after the other leave the same tree as parts that leave together.
func TestRenderInTurn(t *testing.T) {
	together := rendered(t, sample(), removal{parts: []string{"audit", "chain", "keys"}})
	turn := sample()
	for _, name := range []string{"chain", "keys", "audit"} {
		turn = rendered(t, turn, removal{parts: []string{name}})
	}
	if !maps.Equal(turn, together) {
		t.Errorf("in turn:\n%v\ntogether:\n%v", turn, together)
	}
}

// TestRenderEmptied: a file that declares nothing any more leaves the list of the part that has it.
func TestRenderEmptied(t *testing.T) {
	const file = "web/both_test.go"
	before := sample().edit(t, partsFile, "	internal/keys/keys.go\n", "	internal/keys/keys.go\n	"+file+"\n")
	before[file] = "package web\n\n// part:audit\n\nfunc helper() {}\n\nfunc TestAudit() { helper() }\n\n// end:audit\n"
	after := rendered(t, before, removal{parts: []string{"audit", "chain"}})
	if text, stays := after[file]; stays || strings.Contains(after[partsFile], file) {
		t.Errorf("%q\n%s", text, after[partsFile])
	}
}

// TestRenderUsedStyles: styles and icons stay, without their markers, where a page that stays uses them.
func TestRenderUsedStyles(t *testing.T) {
	gone := removal{parts: []string{"audit", "chain"}}
	after := rendered(t, sample().with("web/mine.go", "package web\n\nvar mine = `card`\n"), gone)
	if got := after["static/app.css"]; got != ".page { color: red }\n.card { margin: 0 }\n" {
		t.Errorf("a page uses card: %q", got)
	}
	gone.uses = literals{"page trail": true, "scroll": true, "lost card": true}
	after = rendered(t, sample(), gone)
	if got := after["static/app.css"]; got != ".page { color: red }\n.trail { color: blue }\n.trail td { color: green }\n" {
		t.Errorf("a clone uses trail: %q", got)
	}
	if got := after["static/icons.svg"]; !strings.Contains(got, "<symbol id=\"scroll\"/>\n") {
		t.Errorf("a clone uses scroll: %q", got)
	}
}

// TestRenderTool: markers mean nothing without the tool, so they leave with it.
func TestRenderTool(t *testing.T) {
	after := rendered(t, sample(), removal{parts: []string{"foyer"}})
	for name, text := range after {
		if strings.Contains(text, "part:") || strings.Contains(text, "end:") {
			t.Errorf("%s keeps a marker:\n%s", name, text)
		}
	}
	if _, ok := after[partsFile]; ok || !strings.Contains(after["web/routes.go"], "\t\taudit.Route,\n") {
		t.Errorf("routes:\n%s", after["web/routes.go"])
	}
}

// TestRenderToolSpeaksOfMarkers: the tool's own files hold none.
func TestRenderToolSpeaksOfMarkers(t *testing.T) {
	files := sample().edit(t, partsFile, "\tcmd/foyer/parts.txt\n", "\tcmd/foyer/parts.txt\n\tcmd/foyer/main.go\n")
	files = files.with("cmd/foyer/main.go", "package main\n\nconst example = `x // part:nothing`\n")
	if after := rendered(t, files, removal{parts: []string{"keys"}}); after["cmd/foyer/main.go"] != files["cmd/foyer/main.go"] {
		t.Error("the tool was cut")
	}
}

func TestRenderRefuses(t *testing.T) {
	for _, row := range []struct {
		what  string
		files tree
		part  string
		want  string
	}{
		{"an unknown part", sample(), "mail", "there is no part mail"},
		{"a part that another needs", sample(), "audit", "chain needs audit"},
		{"an unclosed block", sample().edit(t, "web/routes.go", "\t// end:audit\n", ""), "keys",
			"web/routes.go:23: the block part:audit is not closed"},
		{"an unknown part in a marker", sample().edit(t, "web/routes.go", "part:keys", "part:kyes"), "keys",
			"web/routes.go:17: there is no part kyes"},
		{"no list", sample().with(partsFile, ""), "keys", "there is no part keys; parts: none"},
	} {
		t.Run(row.what, func(t *testing.T) {
			_, err := render(row.files, removal{parts: []string{row.part}})
			refused(t, err, row.want)
		})
	}
}
