package main

import (
	"go/format"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	markerLine = regexp.MustCompile(
		`(?m)^[ \t]*(//|--) (opt:[a-z]+|end:(admin|api|csv|guarded|nav|owned|shared))\n|^[ \t]*(//|--)opt:.*\n`)
	markerTail = regexp.MustCompile(`(?m)[ \t]*(//|--) opt:[a-z]+$`)
	blankLines = regexp.MustCompile(`\n\n\n+`)
	someDay    = time.Date(2126, 5, 31, 12, 0, 59, 0, time.UTC) // after every migration
)

// allFields are the example's own, as they are typed.
func allFields(t *testing.T) []field {
	t.Helper()
	var args []string
	for _, f := range exampleFields {
		args = append(args, f.forms()[0]+":"+strings.Replace(f.kind, titleKind, "string", 1))
	}
	list, err := readFields(args)
	must(t, err)
	return list
}

// TestExampleGeneratesItself: with the thing, the fields and all options of the example, its own files come out, without
// the comments that name options, those of parts apart. So what is generated is what compiles and is tested as the
// example.
func TestExampleGeneratesItself(t *testing.T) {
	t.Parallel()
	project := template(t).tree(t)
	for example, options := range map[string][]string{
		"page":    {"users", "guarded", "nav"},
		"feature": {"owned", "admin", "csv", "api", "everyone", "hasservicetoken", "hasbrowsertest"},
	} {
		o := order{example: example, many: exampleMany, one: exampleOne, fields: allFields(t), options: options}
		made, splices, err := o.files(project, someDay)
		must(t, err)
		if len(splices) == 0 {
			t.Errorf("%s: nothing is spliced", example)
		}
		want := tree{}
		for name, text := range project {
			rest, ok := strings.CutPrefix(name, exampleDir+example+"/")
			if !ok || rest == splicesFile {
				continue
			}
			text = partMarkers.Replace(strings.ReplaceAll(text, ":everyone", ":admin"))
			text = markerTail.ReplaceAllString(markerLine.ReplaceAllString(text, ""), "")
			text = strings.Trim(blankLines.ReplaceAllString(text, "\n\n"), "\n") + "\n"
			if path.Ext(name) == ".go" {
				formatted, err := format.Source([]byte(text))
				must(t, err)
				text = string(formatted)
			}
			if isMigration(rest) {
				rest = successors(project, []string{rest}, someDay, "")[rest]
			}
			want[rest] = text
		}
		if got := made.names(); !slices.Equal(got, want.names()) {
			t.Errorf("%s: files %q, want %q", example, got, want.names())
		}
		for name, text := range want {
			if strings.TrimRight(made[name], "\n") != strings.TrimRight(text, "\n") {
				t.Errorf("%s differs:\n%s\nwant\n%s", name, made[name], text)
			}
		}
	}
}

// TestFieldLinesRepeat: a feature may have no field of a kind or several, so that no line of such a field declares anything.
func TestFieldLinesRepeat(t *testing.T) {
	t.Parallel()
	for name, text := range template(t).tree(t) {
		if !strings.HasPrefix(name, exampleDir) || path.Ext(name) != ".go" {
			continue
		}
		for i, line := range strings.Split(text, "\n") {
			form := fieldForms.FindString(line)
			if form != "" && !slices.Contains(exampleFields[0].forms(), form) && strings.Contains(line, " := ") {
				t.Errorf("%s:%d: %s", name, i+1, line)
			}
		}
	}
}

// TestExampleOfAnotherThing: no name of the example is left, no option's comment, and every option can be left out.
func TestExampleOfAnotherThing(t *testing.T) {
	t.Parallel()
	project := template(t).tree(t)
	fields, err := readFields(strings.Fields("name:string due:date?"))
	must(t, err)
	for _, options := range [][]string{{"shared"}, {"owned"}, {"owned", "csv"}, {"shared", "api", "csv"},
		{"owned", "admin", "everyone", "api", "hasservicetoken", "hasbrowsertest"}} {
		o := order{example: "feature", many: noun{"invoice", "items"}, one: noun{"invoice", "item"}, fields: fields,
			options: options}
		made, splices, err := o.files(project, someDay)
		must(t, err)
		for _, s := range splices {
			made["spliced into "+s.file] += strings.Join(append(s.lines, ""), "\n")
		}
		if !slices.Contains(options, "owned") {
			for name, text := range made {
				if strings.Contains(text, "owner") && name != "spliced into web/app_test.go" {
					t.Errorf("%s speaks of owners:\n%s", name, text)
				}
			}
		}
		for name, text := range made {
			for _, word := range append(slices.Concat(exampleMany.forms(), exampleOne.forms()), "opt:", "end:has", " a invoice") {
				if strings.Contains(text, word) {
					t.Errorf("%v: %s has %q", options, name, word)
				}
			}
			if form := fieldForms.FindString(text); form != "" {
				t.Errorf("%v: %s has the field %s", options, name, form)
			}
			for line := range strings.Lines(text) {
				if len(line) > 140 {
					t.Errorf("%s has a line of %d characters: %s", name, len(line), line)
				}
			}
		}
		if !slices.ContainsFunc(made.names(), func(name string) bool {
			return strings.HasPrefix(name, "migrations/212605311200") && strings.HasSuffix(name, "_invoice_items.sql")
		}) {
			t.Errorf("files %q", made.names())
		}
	}
}

// TestMigrationQuotes: the names of a table and its columns may be words of SQL, which are no names without quotes.
func TestMigrationQuotes(t *testing.T) {
	t.Parallel()
	fields, err := readFields([]string{"order:string", "current_user:int?"})
	must(t, err)
	for owned, want := range map[string]string{"owned": "(owner_id, created_at, id)", "shared": "(created_at, id)"} {
		o := order{example: "feature", many: noun{"table"}, one: noun{"row"}, fields: fields, options: []string{owned}}
		made, _, err := o.files(template(t).tree(t), someDay)
		must(t, err)
		for name, text := range made {
			for _, part := range []string{"CREATE TABLE \"table\" (", "\n    \"order\" ", "\n    \"current_user\" BIGINT,",
				" ON \"table\" " + want, "DROP TABLE \"table\";"} {
				if isMigration(name) && !strings.Contains(text, part) {
					t.Errorf("%s lacks %q:\n%s", name, part, text)
				}
			}
		}
	}
}

// TestFieldOfExampleName: a field has the name that was typed, also where the example's thing is called so.
func TestFieldOfExampleName(t *testing.T) {
	t.Parallel()
	fields, err := readFields(strings.Fields("name:string paper_clips:int paper_clip:string trade_name:text"))
	must(t, err)
	o := order{example: "feature", many: noun{"boxes"}, one: noun{"box"}, fields: fields, options: []string{"shared", "api"}}
	made, _, err := o.files(template(t).tree(t), someDay)
	must(t, err)
	for name, lines := range map[string][]string{
		"internal/boxes/boxes.go": {"PaperClips int64 ", "PaperClip  string ", "TradeName  string ", "type Box struct"},
		"views/boxes.go":          {`"paper_clips", Label: "Paper clips", Type: "number"`, `"paper_clip", Label: "Paper clip", Type: "text"`},
	} {
		for _, line := range lines {
			if !strings.Contains(made[name], line) {
				t.Errorf("%s lacks %q:\n%s", name, line, made[name])
			}
		}
	}
}

// TestArticle: a word that sounds as if it began with a vowel follows "an".
func TestArticle(t *testing.T) {
	t.Parallel()
	for _, want := range []string{"a clip", "an item", "an umbrella", "an upload", "an urgent case", "a user", "a unit",
		"a usage report", "a url", "an up vote", "a euro", "an event", "an hour", "a house"} {
		article, one, _ := strings.Cut(want, " ")
		o := order{many: exampleMany, one: strings.Fields(one)}
		if got := o.renamed(" a paper clip"); got != " "+article+" "+one {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestClashes: nothing that exists is overwritten or declared twice.
func TestClashes(t *testing.T) {
	t.Parallel()
	project := template(t).tree(t)
	fields, err := readFields([]string{"name:string"})
	must(t, err)
	check := func(many string, t tree) (tree, error) {
		n := noun(strings.Split(many, "_"))
		o := order{example: "feature", many: n, one: n.singular(), fields: fields, options: []string{"owned", "hasbrowsertest"}}
		made, _, err := o.files(project, someDay)
		if err != nil {
			return nil, err
		}
		return made, o.clashes(t, made)
	}
	for many, words := range map[string]string{
		"users": "already: choose another name", "sessions": "has Sessions already", "forms": "web/forms.go exists already",
		"settings":  "has settingsLayout already",
		"stores":    "stores.go would have Store twice, because one of them would be called store: name it by --singular",
		"roles":     "internal/auth/event/event.go has role_changed already: choose another name",
		"passwords": "has password_changed already", "strings": "imports another package strings",
		"maintenance_windows": "would not be built on every system", "load_test": "would not be built on every system",
		"aux": "would not be built on every system",
	} {
		_, err := check(many, project)
		refused(t, err, words)
	}
	made, err := check("projects", project)
	must(t, err)
	const up, down = "-- +goose Up\nCREATE TABLE projects (id TEXT);\n", "-- +goose Down\nDROP TABLE projects;\n"
	quoted := strings.NewReplacer("projects", `"projects"`)
	for words, c := range map[string]tree{
		"internal/projects/projects.go exists already":       made,
		"web/a.go has the address /projects already":         {"web/a.go": "\ton.user.GET(\"/projects/new\", s.a)\n"},
		"migrations/1_a.sql makes a table projects already":  {"migrations/1_a.sql": up + down},
		"migrations/2_a.sql makes a table projects already":  {"migrations/2_a.sql": quoted.Replace(up + down)},
		"web/a.go has projects already: choose another name": {"web/a.go": "var projects = 1\n"},
		"web/b.go has Server.showProjects already":           {"web/b.go": "func (s *Server) showProjects() {\n}\n"},
		"web/app.go has project_deleted already":             {"web/app.go": "\t\"project_deleted\": \"It went\",\n"},
		"web/flash.go has project-saved already":             {"web/flash.go": "\t\"project-saved\": {},\n"},
		"views/a.templ has Projects already":                 {"views/a.templ": "templ Projects() {\n}\n"},
		"browser/a_test.go has site.fitProjects already": {
			"internal/proofs/browser/a_test.go": "func (s *site) fitProjects(b fitted) {\n}\n"},
	} {
		_, err := check("projects", c)
		refused(t, err, words)
	}
	dropped, err := swapped("migrations/1_a.sql", up+down)
	must(t, err)
	_, err = check("projects", tree{
		"migrations/1_a.sql": up + down, "migrations/2_drop_a.sql": quoted.Replace(dropped),
		"web/a.go":      "// on.user.GET(\"/projects\", s.a)\nvar a = \"/projects\"\n",
		"web/a_test.go": "\ts.GET(\"/projects\")\n",
	})
	must(t, err)
}

// TestChoose: an option that needs another one is refused without it.
func TestChoose(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ options, parts, want, refused string }{
		{"", "", "shared", ""},
		{"owned", "", "owned", ""},
		{"admin", "admin: x.\n", "", "add --owned"},
		{"owned admin", "", "owned admin everyone", ""},
		{"owned api", "servicetoken: x.\n", "owned api hasservicetoken everyone", ""},
		{"owned api", "", "owned api", ""},
		{"api", "servicetoken: x.\n", "api hasservicetoken shared", ""},
	} {
		g := generation{order: order{options: strings.Fields(c.options)}}
		err := g.choose(tree{partsFile: c.parts})
		if c.refused != "" {
			refused(t, err, c.refused)
			continue
		}
		must(t, err)
		if got := strings.Join(g.options, " "); got != c.want {
			t.Errorf("%q with %q: %s, want %s", c.options, c.parts, got, c.want)
		}
	}
}
