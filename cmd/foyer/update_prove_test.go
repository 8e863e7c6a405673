//go:build prove

package main

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A release is a commit of the template: places where one text takes the place of another. An old text of "" adds a
// file, a new one of "" deletes it.
type release struct {
	what   string
	places []place
	moves  [2]string // a file or folder, from and to; imports and walls follow
}

type place struct{ file, old, new string }

var releases = []release{
	{what: "a handler has another name", places: []place{
		{"web/routes.go", `public.GET("/", s.showHome)`, `public.GET("/", s.showFront)`},
		{"web/home.go", "func (s *Server) showHome(", "func (s *Server) showFront("},
		{"web/doors_test.go", "s.showHome", "s.showFront"},
	}},
	{what: "a handler beside the line of a part", places: []place{
		{"web/routes.go", `admin.GET("/admin", s.showAdmin)`, `admin.GET("/admin", s.showOverview)`},
		{"web/admin_overview.go", "func (s *Server) showAdmin(", "func (s *Server) showOverview("},
	}},
	{what: "the line of a part that is gone", places: []place{
		{"web/routes.go", "s.showAudit) ", "s.showTrail) "},
		{"web/admin_audit.go", "func (s *Server) showAudit(", "func (s *Server) showTrail("},
	}},
	{what: "the line of a part that stays", places: []place{
		{"web/routes.go", `"/api/service/whoami", s.whoami)`, `"/api/service/whoami", s.whoAmI)`},
		{"web/api_service.go", "func (s *Server) whoami(", "func (s *Server) whoAmI("},
		{"web/api_service_internal_test.go", "s.whoami(", "s.whoAmI("},
	}},
	{what: "a folder moves", moves: [2]string{"internal/origins", "internal/net/origins"}},
	{what: "a file moves and changes", moves: [2]string{"web/slash.go", "web/trailing.go"}, places: []place{
		{"web/trailing.go", "trimSlash redirects /login/, as people type it,",
			"trimSlash redirects /login/, which people type,"},
	}},
	{what: "a migration", places: []place{
		{"migrations/0099_notes.sql", "",
			"-- +goose Up\nCREATE TABLE notes (id TEXT PRIMARY KEY);\n\n-- +goose Down\nDROP TABLE notes;\n"},
		{"internal/wallgorm_test.go", "\t\"mails\",\n", "\t\"mails\", \"notes\",\n"},
	}},
	{what: "a field of the configuration", places: []place{
		{"internal/config/config.go", "type Config struct {\n",
			"type Config struct {\n\tMotto             string   // below the name\n"},
		{"internal/config/config.go", "\tc := Config{\n", "\tc := Config{\n\t\tMotto:             getenv(\"MOTTO\"),\n"},
		{".env.example", "# host:port to listen on\n", "# stands below the name\nMOTTO=\n\n# host:port to listen on\n"},
	}},
	{what: "a route with a page", places: []place{
		{"web/routes.go", "\tanyone.GET(\"/nav\"", "\tanyone.GET(\"/about\", s.show(views.About()))\n\tanyone.GET(\"/nav\""},
		{"views/about.templ", "", "package views\n\n// About says what this is.\ntempl About() {\n" +
			"\t@appLayout(Head{Title: \"About\"}) {\n" +
			"\t\t<p>What this is.</p>\n\t}\n}\n"},
	}},
	{what: "a message", places: []place{{"web/flash.go",
		"\t\"verified\":         {Message: \"Your address is confirmed.\"},\n",
		"\t\"verified\":         {Message: \"Your address is confirmed.\"},\n" +
			"\t\"noted\":            {Message: \"Noted.\"},\n"}}},
	{what: "a dependency is raised", places: []place{
		{"go.mod", "github.com/mattn/go-colorable v0.1.13", "github.com/mattn/go-colorable v0.1.14"},
		{"go.sum", "github.com/mattn/go-colorable v0.1.13 h1:",
			"github.com/mattn/go-colorable v0.1.14 h1:9A9LHSqF/7dyVVX6g0U9cwm9pG3kP9gSzcuIPHPsaIE=\n" +
				"github.com/mattn/go-colorable v0.1.14/go.mod h1:6LmQG8QLFO4G5z1gPvYEzlUgJ2wF+stgPZH1UqBm1s8=\n" +
				"github.com/mattn/go-colorable v0.1.13 h1:"},
	}},
	{what: "a page, and so generated code", places: []place{
		{"views/dashboard.templ", "Using it does not extend it", "Even if you use it"}}},
	{what: "a new file of a part that is gone", places: []place{
		{"internal/audit/later.go", "", "package audit\n\n// Later is when.\nconst Later = \"later\"\n"},
		{partsFile, "\tinternal/audit/list.go\n", "\tinternal/audit/later.go\n\tinternal/audit/list.go\n"},
	}},
	{what: "a new file of a part that stays", places: []place{
		{"internal/servicetoken/later.go", "", "package servicetoken\n\n// Later is when.\nconst Later = \"later\"\n"},
		{partsFile, "\tinternal/servicetoken/keys.go\n",
			"\tinternal/servicetoken/keys.go\n\tinternal/servicetoken/later.go\n"},
	}},
	{what: "a helper has another name", places: []place{
		{"web/respond.go", "// show answers every request", "//go:fix inline\nfunc (s *Server) show(page templ.Component) " +
			"echo.HandlerFunc { return s.fixed(page) }\n\n// fixed answers every request"},
		{"web/respond.go", "\nfunc (s *Server) show(page templ.Component) echo.HandlerFunc {\n",
			"\nfunc (s *Server) fixed(page templ.Component) echo.HandlerFunc {\n"},
		{"web/routes.go", `s.show(views.Appearance())`, `s.fixed(views.Appearance())`},
	}},
	{what: "a door", places: []place{
		{"web/door.go", "admin, freshAdmin, dev door\n", "admin, freshAdmin, dev, staff door\n"},
		{"web/door.go", "\t\tdev:        s.door(", "\t\tstaff:      s.door(\"staff\", private, stored, isUser, " +
			"s.requireRole(\"staff\")),\n\t\tdev:        s.door("},
	}},
	{what: "what auth exports, and so its golden list", places: []place{{"internal/auth/later.go", "",
		"package auth\n\n// Later is when.\nfunc (a *Auth) Later() string { return \"later\" }\n"}}},
	{what: "a style", places: []place{{"static/app.css", "input, select, textarea { font: inherit; color: inherit; }",
		"input, select, textarea { font: inherit; color: inherit; letter-spacing: inherit; }"}}},
	{what: "a comment", places: []place{{"web/door.go", "// door registers routes behind its guards.",
		"// A door registers routes behind its guards."}}},
	{what: "a task", places: []place{{"Taskfile.yml", "desc: Run the tests", "desc: Run all tests"}}},
	{what: "a command", places: []place{{"cmd/server/commands.go", `"print method, path and door of every route"`,
		`"print method, path and door of all routes"`}}},
	{what: "a test goes", places: []place{{"web/slash_test.go", "package web_test\n", ""}}},
	{what: "a test comes", places: []place{{"web/about_test.go", "",
		"package web_test\n\nimport \"testing\"\n\nfunc TestAbout(t *testing.T) { t.Parallel() }\n"}}},
	{what: "an upgrade note", places: []place{{upgradingFile, "## First version",
		"## Next\n\nSay what this is.\n\n## First version"}}},
}

// of returns files after the commit.
func (r release) of(t *testing.T, files tree) tree {
	t.Helper()
	after := maps.Clone(files)
	if from, to := r.moves[0], r.moves[1]; from != "" {
		words := strings.NewReplacer(`/`+from+`"`, `/`+to+`"`, `"`+from+`"`, `"`+to+`"`, `"`+from+`/`, `"`+to+`/`)
		for name, text := range files {
			delete(after, name)
			if rest, ok := strings.CutPrefix(name, from); ok && (rest == "" || rest[0] == '/') {
				name = to + rest
			}
			after[name] = words.Replace(text)
		}
	}
	for _, p := range r.places {
		switch {
		case p.old == "":
			after[p.file] = p.new
		case p.new == "":
			delete(after, p.file)
		default:
			after = after.edit(t, p.file, p.old, p.new)
		}
	}
	return after
}

// TestReleasesInShort: every commit finds the lines that it changes.
func TestReleasesInShort(t *testing.T) {
	files := headOf(t)
	for _, r := range releases {
		files = r.of(t, files)
	}
}

// clash returns files, a project's, with an edit of the same lines as the commit; false if none conflicts, because the
// file is made anew or only moves.
func (r release) clash(t *testing.T, files tree) (tree, string, bool) {
	if len(r.places) == 0 || derived(r.places[0].file, "") {
		return nil, "", false
	}
	p := r.places[0]
	if p.file == r.moves[1] {
		p.file = r.moves[0]
	}
	if p.old == "" {
		return files.with(p.file, "mine\n"), p.file, true
	}
	return files.edit(t, p.file, strings.TrimSuffix(p.old, "\n"), "mine"), p.file, true
}

// TestReleasesClash: an edit of the lines that a commit of the template changes is a conflict that names the file.
func TestReleasesClash(t *testing.T) {
	files := headOf(t)
	root := newProject(t, files)
	for _, r := range releases {
		t.Run(r.what, func(t *testing.T) {
			mine, file, ok := r.clash(t, files)
			if !ok {
				mine = files
			}
			head := root.commit(t, mine, r.what)
			err := root.merge(t.Context(), mine, files, r.of(t, files), derived)
			if ok {
				refused(t, err, "both change these lines:\n"+file)
			} else {
				must(t, err)
			}
			root.do(t, "reset", "--quiet", "--hard", head)
			root.do(t, "clean", "--quiet", "-d", "--force")
		})
	}
}

func headOf(t *testing.T) tree {
	t.Helper()
	files, err := template(t).at(t.Context(), "HEAD")
	must(t, err)
	return files
}

// ships makes a template of files and a project of it with other names and a page of its own, without some parts.
func ships(t *testing.T, files tree, settled bool, without ...string) (template, project folder) {
	t.Helper()
	template = newProject(t, files)
	state := asProject(string(template), template.do(t, "rev-parse", "HEAD"), without)
	mine, err := renderProject(files, state, nil)
	must(t, err)
	mine[projectFile] = state.text()
	project = newProject(t, mine)
	mine = mine.with("README.md", "# Harbor\n",
		"internal/origins/ships.go", "package origins\n\n// Ships is the path of ships.\nconst Ships = \"/ships\"\n",
		"migrations/20260101000000_ships.sql",
		"-- +goose Up\nCREATE TABLE ships (id TEXT PRIMARY KEY);\n\n-- +goose Down\nDROP TABLE ships;\n",
		"views/ships.templ", "package views\n\n// Ships lists ships.\ntempl Ships() {\n\t@appLayout(Head{Title: \"Ships\"}) {\n"+
			"\t\t<p>None yet.</p>\n\t}\n}\n").
		edit(t, "web/app.go", "(on doors) {}", "(on doors) {\n\ton.user.GET(\"/ships\", s.show(views.Ships()))\n}").
		edit(t, "web/app.go", "Icon: \"gauge\"},\n",
			"Icon: \"gauge\"},\n\t{Href: \"/ships\", Label: \"Ships\", Icon: \"gauge\"},\n")
	was := project.tree(t)
	must(t, project.write(was, mine))
	if settled {
		must(t, settle(t.Context(), project, was))
	}
	project.commit(t, project.tree(t), "Ships")
	return template, project
}

// TestUpdateInShort: a renamed project without a part takes over a few commits.
func TestUpdateInShort(t *testing.T) {
	files := headOf(t)
	template, project := ships(t, files, false, "bench", "browsertest")
	for _, r := range releases {
		switch r.what {
		case "a helper has another name", "a folder moves", "a route with a page", "a migration":
			files = r.of(t, files)
		}
	}
	version := template.commit(t, files, "Later")
	out, err := project.update(t, version)
	must(t, err)
	updated(t, project.tree(t), out)
}

// updated expects what the releases bring, beside what the project has of its own.
func updated(t *testing.T, got tree, out string) {
	t.Helper()
	for _, want := range []place{
		{file: "web/app.go", new: "s.fixed(views.Ships())"}, {file: "internal/net/origins/ships.go", new: "const Ships"},
		{file: "README.md", new: "# Harbor\n"}, {file: "migrations/0099_notes.sql", new: "notes"},
		{file: accessFile, new: "GET  /about (anyone)"}, {file: accessFile, new: "GET  /ships (user)"},
		{file: "views/about_templ.go", new: "func About()"}, {file: projectFile, old: "internal/origins"},
	} {
		if !strings.Contains(got[want.file], want.new) {
			t.Errorf("%s lacks %q", want.file, want.new)
		}
	}
	if !strings.Contains(out, "Who may open what:\nGET  /about (anyone)") {
		t.Errorf("printed %q", out)
	}
}

// TestStarterUpdate: a project with other names, a page of its own, two features and without a part that its databases
// knew takes over more than 20 commits of the template at once. All its tests pass, and its server starts on the
// database that it had.
func TestStarterUpdate(t *testing.T) {
	files := headOf(t)
	template, project := ships(t, files, true)
	database := "file:" + filepath.ToSlash(filepath.Join(t.TempDir(), "harbor.db"))
	project.serve(t, database)
	_, err := project.verb(t, "without", "audit", "auditchain")
	must(t, err)
	for _, line := range []string{"feature sea_crates label:string weight:int? --owned",
		"feature buses name:string due:date --csv --api"} {
		_, err = project.verb(t, strings.Fields(line)...)
		must(t, err)
	}
	for _, r := range releases {
		files = r.of(t, files)
		template.commit(t, files, r.what)
	}
	out, err := project.verb(t, "update")
	must(t, err)
	updated(t, project.tree(t), out)
	if !strings.Contains(out, "## Next\n\nSay what this is.") {
		t.Errorf("printed %q", out)
	}
	got := project.tree(t)
	for name, text := range got {
		if strings.Contains(text, "part:audit") && !strings.HasPrefix(name, "cmd/foyer/") || strings.HasPrefix(name,
			"internal/audit/") {
			t.Errorf("%s came back", name)
		}
	}
	made := project.state(t).Generated
	if len(made) != 2 {
		t.Errorf(".foyer has %+v", made)
	}
	for _, g := range made {
		for name, id := range g.Files {
			if blobID(got[name]) != id {
				t.Errorf("%s: its id is not the recorded one", name)
			}
		}
	}
	if !strings.Contains(got["go.mod"], "go-colorable v0.1.14") {
		t.Error("the dependency is not raised")
	}
	project.serve(t, database)
	lendModules(t, project)
	_, err = project.run(t.Context(), "go", "test", "-timeout=40m", "./...")
	must(t, err)
	if out, err = project.verb(t, "update"); err != nil || !strings.Contains(out, "Nothing to update") {
		t.Errorf("again: %q, %v", out, err)
	}
}

// serve starts the project's server on a database, waits until it is ready, and ends it.
func (f folder) serve(t *testing.T, database string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "server.exe")
	_, err := f.run(t.Context(), "go", "build", "-o", program, "./cmd/server")
	must(t, err)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	addr := free.Addr().String()
	must(t, free.Close())
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute) // a guard against a server that hangs
	defer stop()
	server := exec.CommandContext(ctx, program)
	server.Dir = t.TempDir() // where development keeps its secrets
	server.Env = append(os.Environ(), "ADDR="+addr, "DATABASE_URL="+database)
	var printed strings.Builder
	server.Stdout, server.Stderr = &printed, &printed
	must(t, server.Start())
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	for ready := false; !ready; {
		select {
		case err := <-ended:
			t.Fatalf("the server ended: %v\n%s", err, &printed)
		case <-time.After(50 * time.Millisecond):
		}
		answer, err := http.Get(fmt.Sprintf("http://%s/readyz", addr))
		if err == nil {
			ready = answer.StatusCode == http.StatusOK
			answer.Body.Close()
		}
	}
	must(t, server.Process.Signal(os.Interrupt))
	<-ended
}

func asProject(source, version string, without []string) project {
	p := project{Upstream: "example.com/foyer", Source: source, Version: version, Without: map[string]string{},
		names: names{Module: "github.com/acme/harbor", Name: "Harbor CRM", Prefix: "harbor"}}
	for _, name := range without {
		p.Without[name] = never
	}
	return p
}

// TestStarterWithAndBack: all parts that leave a project together come back together. Only .foyer knows, and for each
// migration of theirs two more.
func TestStarterWithAndBack(t *testing.T) {
	files := headOf(t)
	_, project := ships(t, files, true)
	list, err := readParts(files[partsFile])
	must(t, err)
	parts := slices.DeleteFunc(list.names(), func(name string) bool { return name == toolPart })
	before := project.tree(t)
	_, err = project.verb(t, append([]string{"without"}, parts...)...)
	must(t, err)
	_, err = project.verb(t, append([]string{"with"}, parts...)...)
	must(t, err)
	for _, name := range differ(before, project.tree(t)) {
		if name != projectFile && (before[name] != "" || !isMigration(name)) {
			t.Errorf("%s is another one", name)
		}
	}
}
