package main

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// workshop is a project whose example of a page is small: a file, a migration and a line in a list.
func workshop() tree {
	t := sample()
	t[iconsFile] = "<svg>\n<symbol id=\"info\"/>\n<symbol id=\"inbox\"/>\n</svg>\n"
	t["web/app.go"] = "package web\n\nvar appNav = []string{}\n"
	maps.Copy(t, tree{
		exampleDir + "page/web/paper_clips.go":                        "package web\n\nconst paperClips = \"Paper clips\"\n",
		exampleDir + "page/migrations/00000000000000_paper_clips.sql": "-- +goose Up\nCREATE TABLE paper_clips (id TEXT);\n\n-- +goose Down\nDROP TABLE paper_clips;\n",
		exampleDir + "page/splices.txt":                               "web/app.go appNav\n\tpaperClips,\n",
		deployDir + "container/Containerfile":                         "FROM scratch\n",
		deployDir + "container/.dockerignore":                         ".git\n",
	})
	own := "\n\tcmd/foyer/_example/page/splices.txt\n\tcmd/foyer/_example/page/web/paper_clips.go\n" +
		"\tcmd/foyer/_example/page/migrations/00000000000000_paper_clips.sql\n" +
		"\tcmd/foyer/_deploy/container/Containerfile\n\tcmd/foyer/_deploy/container/.dockerignore\n"
	t[partsFile] = strings.Replace(t[partsFile], "\n\tcmd/foyer/parts.txt\n", own+"\tcmd/foyer/parts.txt\n", 1)
	return t
}

// TestUndo: what was made goes, in any order, and the tree is as it was.
func TestUndo(t *testing.T) {
	t.Parallel()
	project := newProject(t, workshop())
	before := project.tree(t)
	for _, name := range []string{"reports", "sales_charts"} {
		_, err := project.verb(t, "page", name)
		must(t, err)
	}
	after := project.tree(t)
	if after["web/app.go"] != "package web\n\nvar appNav = []string{\n\treports,\n\tsalesCharts,\n}\n" ||
		after["web/sales_charts.go"] != "package web\n\nconst salesCharts = \"Sales charts\"\n" {
		t.Errorf("%s\n%s", after["web/app.go"], after["web/sales_charts.go"])
	}
	_, err := project.verb(t, "page", "reports")
	refused(t, err, "web/reports.go exists already")
	for _, name := range []string{"reports", "sales_charts"} {
		out, err := project.verb(t, "page", name, "--undo")
		if must(t, err); !strings.Contains(out, "\n\nA database that has run the migration keeps its table: ") {
			t.Errorf("printed %q", out)
		}
	}
	if got := project.tree(t); !maps.Equal(got, before) {
		t.Errorf("files %q, want %q\n%s", got.names(), before.names(), got["web/app.go"])
	}
	_, err = project.verb(t, "page", "reports", "--undo")
	refused(t, err, ".foyer knows of no page reports")
}

// TestUndoRefuses: what a person changed since stays, and so does all else.
func TestUndoRefuses(t *testing.T) {
	t.Parallel()
	project := newProject(t, workshop())
	_, err := project.verb(t, "page", "reports")
	must(t, err)
	made := project.tree(t)
	migration := slices.Collect(maps.Keys(made.below("migrations/2")))[0]
	for words, changed := range map[string]tree{
		"web/reports.go was changed since":                   made.edit(t, "web/reports.go", "Reports", "My reports"),
		"_reports.sql was changed since it was made":         made.with(migration, ""),
		"web/app.go was changed: it lacks the line reports,": made.edit(t, "web/app.go", "\treports,", "\treports + \"\","),
		"web/b.go:3:": made.with("web/b.go", "package web\n\nvar b = reports\n"),
	} {
		project.commit(t, changed, "Changed")
		_, err := project.verb(t, "page", "reports", "--undo")
		refused(t, err, words)
		if got := project.tree(t); !maps.Equal(got, changed) || project.do(t, "status", "--porcelain") != "" {
			t.Errorf("%s: the project was changed", words)
		}
	}
	// A file that is gone already stops nothing.
	project.commit(t, made.with("web/reports.go", "", "web/other.go", "package web\n\nconst reports = 1\n"), "Elsewhere")
	_, err = project.verb(t, "page", "reports", "--undo")
	must(t, err)
}

// TestUndoOfSharedMigration: a migration that others have stays, and a new one takes it back. Then the name is free again.
func TestUndoOfSharedMigration(t *testing.T) {
	for _, merged := range []bool{false, true} {
		t.Run(map[bool]string{true: "by a merge"}[merged], func(t *testing.T) { undoShared(t, merged) })
	}
}

func undoShared(t *testing.T, merged bool) {
	t.Parallel()
	project := newProject(t, workshop())
	_, err := project.verb(t, "page", "reports")
	must(t, err)
	if merged {
		other := project.do(t, "commit-tree", "HEAD^^{tree}", "-p", "HEAD^", "-m", "Another branch")
		both := project.do(t, "commit-tree", "HEAD^{tree}", "-p", "HEAD^", "-p", other, "-m", "A merge that adds it")
		project.do(t, "reset", "--quiet", "--hard", both)
	}
	project.do(t, "update-ref", "refs/remotes/origin/main", "HEAD")
	out, err := project.verb(t, "page", "reports", "--undo")
	if must(t, err); strings.Contains(out, "keeps its table") {
		t.Errorf("printed %q", out)
	}
	after := project.tree(t)
	var kept []string
	for _, name := range after.names() {
		if strings.HasSuffix(name, "_reports.sql") && isMigration(name) {
			kept = append(kept, name)
		}
	}
	if len(kept) != 2 || !strings.HasSuffix(kept[1], "_drop_reports.sql") ||
		!strings.Contains(after[kept[1]], "-- +goose Up\nDROP TABLE reports;") {
		t.Errorf("migrations %q\n%s", kept, after[kept[len(kept)-1]])
	}
	if _, ok := after["web/reports.go"]; ok {
		t.Error("web/reports.go is there")
	}
	_, err = project.verb(t, "page", "reports")
	must(t, err)
}

// forKeys is a project whose example of a feature has a line, a block and a file for the part keys.
func forKeys(t *testing.T) folder {
	t.Helper()
	const feature, path = exampleDir + "feature/", `"example.com/sample/internal/keys"`
	own := "\t" + feature + "web/paper_clips.go\n\t" + feature + "internal/keys/paper_clips.go\n\t" + feature + splicesFile
	return grown(t, workshop().edit(t, partsFile, "\tcmd/foyer/parts.txt", own+"\n\tcmd/foyer/parts.txt").with(
		feature+"web/paper_clips.go", "package web\n\nimport "+path+"\n\nconst paperClip = \"paper clip\"\n\n"+
			"// opt:haskeys\n\nconst paperClipKey = keys.Route\n\n// end:haskeys\n",
		feature+"internal/keys/paper_clips.go", "// opt:haskeys\n\npackage keys\n\nconst PaperClip = 1\n\n// end:haskeys\n",
		feature+splicesFile, "web/app.go appNav\n\tpaperClip,\n\tpaperClipKey, // opt:haskeys\n"))
}

// TestMadeForParts: what a feature has for a part leaves with it, and does not come back with it. The feature can still
// be taken back.
func TestMadeForParts(t *testing.T) {
	t.Parallel()
	project := forKeys(t)
	before := project.tree(t)
	for _, name := range []string{"crates", "boxes"} {
		_, err := project.verb(t, "feature", name, "name:string")
		must(t, err)
	}
	if got := project.tree(t)["web/app.go"]; !strings.Contains(got, "\tcrateKey, // part:keys\n") {
		t.Errorf("app.go has\n%s", got)
	}
	_, err := project.verb(t, "without", "keys")
	must(t, err)
	got := project.tree(t)
	for name, want := range map[string]string{
		"internal/keys/crates.go": "", "web/crates.go": "package web\n\nconst crate = \"crate\"\n",
		"web/app.go": "package web\n\nvar appNav = []string{\n\tcrate,\n\tbox,\n}\n",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	out, err := project.verb(t, "with", "keys")
	if must(t, err); !strings.Contains(out, "\n\nCode that a feature had for it does not come back: ") {
		t.Errorf("printed %q", out)
	}
	if again := project.tree(t); again["web/app.go"] != got["web/app.go"] || again["internal/keys/crates.go"] != "" {
		t.Errorf("half a feature came back:\n%s", again["web/app.go"])
	}
	for _, name := range []string{"crates", "boxes"} {
		_, err = project.verb(t, "feature", name, "--undo")
		must(t, err)
	}
	if list := differ(before, project.tree(t)); !slices.Equal(list, []string{projectFile}) {
		t.Errorf("after --undo %q differ", list)
	}
}

// TestMadeForPartsChanged: what a person changed since stays, and stops the removal if it needs the part. Without the
// tool no marker is left.
func TestMadeForPartsChanged(t *testing.T) {
	t.Parallel()
	project := forKeys(t)
	_, err := project.verb(t, "feature", "crates", "name:string")
	must(t, err)
	made := project.tree(t)
	for want, mine := range map[string]tree{
		"web/crates.go:7: there is no part keys": made.edit(t, "web/crates.go", `"crate"`, `"box"`),
		"web/app.go:5: there is no part keys":    made.edit(t, "web/app.go", "crateKey,", "crateKey + `x`,"),
	} {
		head := project.commit(t, mine, "Mine")
		_, err = project.verb(t, "without", "keys")
		refused(t, err, "does not fit the removal of keys", want)
		project.untouched(t, head)
	}
	project.commit(t, made.edit(t, "web/app.go", "\tcrateKey, // part:keys\n", ""), "The line is gone")
	_, err = project.verb(t, "without", "keys", "--dry-run")
	must(t, err)
	project.commit(t, made, "As it was made")
	_, err = project.verb(t, "without", toolPart)
	must(t, err)
	for name, text := range project.tree(t) {
		if name != projectFile && strings.Contains(text, "part:keys") {
			t.Errorf("%s has a marker:\n%s", name, text)
		}
	}
}

// TestNewOfMade: what was made in a template is the template's in a project that comes from it.
func TestNewOfMade(t *testing.T) {
	t.Parallel()
	template := newProject(t, workshop().with("LICENSE", "MIT\n", stubFile, "# Sample\n"))
	_, err := template.verb(t, "page", "reports")
	must(t, err)
	project, _, err := template.made(t, t.TempDir(), "example.com/harbor")
	must(t, err)
	if p := project.state(t); len(p.Generated) > 0 || project.tree(t)["web/reports.go"] == "" {
		t.Errorf("state %+v", p)
	}
}

// TestPageForRoles: a page behind the door of roles, and its link, name the roles.
func TestPageForRoles(t *testing.T) {
	t.Parallel()
	project := newProject(t, workshop().with(exampleDir+"page/web/paper_clips.go", "package web\n\n"+
		"// on.user.GET and For: admins, "+"// opt:guarded\n"+"const paperClips = \"Paper clips\"\n"))
	for door, want := range map[string]string{
		"role:editor":       `// on.role("editor").GET and For: withRole("editor"),`,
		"role:editor,admin": `// on.role("editor", "admin").GET and For: withRole("editor", "admin"),`,
		"freshAdmin":        `// on.freshAdmin.GET and For: admins,`,
	} {
		_, err := project.verb(t, "page", "reports", "--door", door)
		if must(t, err); !strings.Contains(project.tree(t)["web/reports.go"], want) {
			t.Errorf("%s: %s", door, project.tree(t)["web/reports.go"])
		}
		_, err = project.verb(t, "page", "reports", "--undo")
		must(t, err)
	}
}

// TestPageRefuses: a wrong command line changes nothing, and its error is a line.
func TestPageRefuses(t *testing.T) {
	t.Parallel()
	project := newProject(t, workshop())
	for line, words := range map[string]string{
		"page reports charts":                       errUsage.Error(),
		"page reports --door back":                  "there is no door back; doors: admin anyone fresh",
		"page reports --door role:":                 "there is no door role:; doors: admin anyone fresh",
		"page reports --door role:a\")":             "there is no door role:a\"",
		"page reports --icon moon":                  "static/icons.svg has no icon moon; icons: info inbox",
		"page type":                                 "a word of Go",
		"page Reports":                              "lower-case words",
		"feature sheep name:string":                 "--singular",
		"feature projects name:string":              "cmd/foyer/_example/feature is missing",
		"feature projects name:string --admin":      "add --owned",
		"feature projects name:string --owned=no":   `invalid boolean value "no" for -owned: `,
		"page reports --dor user":                   "flag provided but not defined: -dor; see go run",
		"feature shops ok:string --owned=0 --admin": "add --owned",
		"feature projects name:string --singular=X": "one of them \"X\": write it in lower-case words",
		"feature types name:string":                 "one of them \"type\" is a word of Go: choose another; name it by --singular",
		"feature news name:string":                  "one of them \"new\" is a word of Go: choose another; name it by --singular",
		"feature projects budget:int":               "so it is a string",
	} {
		_, err := project.verb(t, strings.Fields(line)...)
		refused(t, err, words)
		if strings.Contains(err.Error(), "\n") || project.do(t, "status", "--porcelain") != "" {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// TestFeatureSaysSingular: what the tool takes for the singular is in the message, so that a wrong one is seen.
func TestFeatureSaysSingular(t *testing.T) {
	t.Parallel()
	const file = exampleDir + "feature/web/paper_clips.go"
	project := newProject(t, workshop().with(file, "package web\n\nconst paperClip = \"paper clip\"\n"))
	for line, want := range map[string]string{
		"feature shoes name:string":                 "A feature for shoes (one shoe); git revert ",
		"feature sheep name:string --singular lamb": "A feature for sheep (one lamb); git revert ",
	} {
		out, err := project.verb(t, strings.Fields(line)...)
		if must(t, err); !strings.HasPrefix(out, want) {
			t.Errorf("%s prints %q, want %q", line, out, want)
		}
	}
}

// TestMadeIsCommitted: what is made is committed, and goes again, where git ignores such files.
func TestMadeIsCommitted(t *testing.T) {
	t.Parallel()
	project := newProject(t, workshop())
	project.commit(t, workshop().with(".gitignore", "reports*\n.foyer\n.dockerignore\nContainerfile\n"), "Ignored")
	before := project.tree(t)
	_, err := project.verb(t, "page", "reports")
	must(t, err)
	for _, name := range []string{"web/reports.go", projectFile} {
		if project.tree(t)[name] == "" {
			t.Errorf("%s is not committed", name)
		}
	}
	_, err = project.verb(t, "page", "reports", "--undo")
	if must(t, err); !maps.Equal(project.tree(t), before) {
		t.Errorf("after --undo the files are %q", project.tree(t).names())
	}
	_, err = project.verb(t, "deploy", "container")
	if must(t, err); project.tree(t)["Containerfile"] == "" || project.tree(t)[".dockerignore"] == "" {
		t.Errorf("deploy committed %q", project.tree(t).names())
	}
}
