package internal

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gorm.io/gorm/schema"
)

// This file holds the walls of the house: which package may import which, and what may be written where. Code that
// breaks each rule proves it in wallproofs_test.go and wallgormproofs_test.go, because a rule that no test can break is
// only a custom.

const root = ".."

// helpers exist for tests and measurements: they may open databases and look behind the door.
var helpers = []string{
	"internal/auth/authtest", "internal/auth/clienttest", "internal/database/dbtest", "internal/mail/mailtest",
	"internal/servicetoken/tokentest", // part:servicetoken
	"web/webtest",
	"internal/proofs/browser",  // part:browsertest
	"internal/bench",           // part:bench
	"internal/audit/audittest", // part:audit
}

// cookieWriters may write cookies outside internal/auth. Name single files here, never a folder; a cookie that
// proves who the visitor is belongs to internal/auth alone.
var cookieWriters = []string{"web/cookies.go"}

// leaves are packages below internal/auth that it builds on. They may import leafMayImport and no more of this module.
var (
	leaves = []string{
		"internal/auth/directory", "internal/auth/event", "internal/auth/letter", "internal/auth/password",
		"internal/auth/revoke",
	}
	leafMayImport = []string{"internal/errs", "internal/id", "internal/keys", "internal/text", "internal/worker"}
)

// within reports whether dir is one of the folders or below it.
func within(dir string, folders ...string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return dir == f || strings.HasPrefix(dir, f+"/") })
}

// TestWalls holds every file of the project against the rules.
func TestWalls(t *testing.T) {
	module := moduleOf(t)
	seen := map[string]bool{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != root && (strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(d.Name(), "_") ||
				slices.Contains([]string{"node_modules", "testdata", "data", "bin"}, d.Name())) {
				return filepath.SkipDir
			}
			return nil
		}
		rel := filepath.ToSlash(strings.TrimPrefix(name, root+string(filepath.Separator)))
		if ext := path.Ext(rel); ext != ".go" && ext != ".templ" {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		seen[rel] = true
		for _, fault := range faults(t, module, rel, string(text)) {
			t.Error(fault)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"web/routes.go", "views/ui_layout.templ", "views/ui_layout_templ.go",
		"internal/auth/session.go", "internal/errs/errs.go", "cmd/server/main.go"} {
		if !seen[name] {
			t.Errorf("%s was not looked at", name)
		}
	}
}

func moduleOf(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "module "); ok {
			return strings.TrimSpace(name)
		}
	}
	t.Fatal("go.mod names no module")
	return ""
}

// TestWallsOfDatabase holds every package of the project against the rules that need types.
func TestWallsOfDatabase(t *testing.T) {
	c := newChecker(t)
	packages := c.own(t)
	for dir, texts := range packages {
		p, err := c.check(dir, texts)
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range databaseFaults(p) {
			t.Error(fault)
		}
	}
	for _, dir := range []string{"web", "views", "internal/auth", "internal/mail", "cmd/server"} {
		if len(packages[dir]) == 0 {
			t.Errorf("%s was not looked at", dir)
		}
	}
}

// TestWallsKnowAuthTables: the walls know the tables of all rows that internal/auth exports, and its hashes.
func TestWallsKnowAuthTables(t *testing.T) {
	c := newChecker(t)
	for dir := range c.own(t) {
		if !within(dir, "internal/auth") || within(dir, helpers...) {
			continue
		}
		pkg, err := c.Import(c.module + "/" + dir)
		if err != nil {
			t.Fatal(err)
		}
		p := &checked{module: c.module}
		for _, name := range pkg.Scope().Names() {
			row, ok := pkg.Scope().Lookup(name).(*types.TypeName)
			if !ok || !row.Exported() || !p.isRow(row) {
				continue
			}
			if table := (schema.NamingStrategy{}).TableName(name); !slices.Contains(authTables, table) {
				t.Errorf("%s.%s is a row: authTables lacks %s", dir, name, table)
			}
		}
	}
}

var tableChange = regexp.MustCompile(`(?im)^\s*(create|drop) table (?:if (?:not )?exists )?"?(\w+)`)

// TestWallsKnowEveryTable: each table that the template's migrations leave belongs to internal/auth or to another
// package.
func TestWallsKnowEveryTable(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(root, "migrations", "*.sql"))
	if err != nil || len(names) < 2 {
		t.Fatal(names, err)
	}
	tables, known := map[string]bool{}, slices.Concat(authTables, otherTables)
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		number, _, _ := strings.Cut(filepath.Base(name), "_")
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		for _, change := range tableChange.FindAllStringSubmatch(up, -1) {
			if strings.EqualFold(change[1], "drop") {
				delete(tables, change[2])
			} else if len(number) == len("0001") || slices.Contains(known, change[2]) { // else it is a clone's
				tables[change[2]] = true
			}
		}
	}
	for _, table := range known {
		if !tables[table] {
			t.Errorf("no migration makes %s", table)
		}
		delete(tables, table)
	}
	for table := range tables {
		t.Errorf("neither authTables nor otherTables has %s", table)
	}
}

// faults lists the rules that one file breaks, each with file and line.
func faults(t *testing.T, module, name, text string) []string {
	t.Helper()
	if strings.HasSuffix(name, ".templ") {
		return templateFaults(name, text)
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
	if err != nil {
		return []string{"cannot be parsed: " + err.Error()}
	}
	at := func(n ast.Node) string { return fmt.Sprintf("%s:%d: ", name, fset.Position(n.Pos()).Line) }
	dir := path.Dir(name)
	if strings.HasSuffix(name, "_test.go") || within(dir, helpers...) {
		return nil
	}
	var list []string
	names := map[string]string{} // of imports, to their paths
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return []string{"cannot be parsed: " + err.Error()}
		}
		names[nameOf(spec, imported)] = imported
		own, isOwn := strings.CutPrefix(imported, module+"/")
		if !isOwn {
			own = ""
		}
		if why := importFault(name, imported, own); why != "" {
			list = append(list, at(spec)+"imports "+imported+": "+why)
		}
	}
	if names["."] != "" {
		list = append(list, at(file)+"imports "+names["."]+" as a dot, which hides from the walls what is used of it")
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if why := usageFault(name, names, n); why != "" {
			list = append(list, at(n)+why)
		}
		return true
	})
	return list
}

// nameOf returns the name that a file gives to an import.
func nameOf(spec *ast.ImportSpec, imported string) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	return path.Base(imported)
}

var viewsMayImport = []string{
	"cmp", "context", "embed", "fmt", "slices", "strconv", "strings", "time", "unicode/utf8", "github.com/a-h/templ",
	"github.com/a-h/templ/runtime",
}

// maySeal are who has something to sign or seal; cmd/server hands them the keys.
var maySeal = []string{
	"internal/auth", "internal/keys", "internal/mail", "web", "cmd/server",
	"internal/audit/chain", // part:auditchain
}

// mayMount are who may import the wire contract: cmd/server mounts it, and parts add endpoints to it.
var mayMount = []string{
	"internal/auth/betterauth", "cmd/server",
	"internal/auth/twofactor", // part:twofactor
	"internal/auth/magiclink", // part:magiclink
	"internal/auth/passkey",   // part:passkey
}

// provers are words in the paths of libraries that authenticate users or services.
var provers = []string{"jwt", "jose", "jwx", "paseto", "webauthn", "oauth", "oidc", "saml"}

// openCrypto is what every package may import of the standard library's crypto: chance, checksums and connections.
var openCrypto = []string{
	"crypto/rand", "crypto/sha256", "crypto/sha512", "crypto/subtle", "crypto/tls", "crypto/x509",
}

// weakCrypto is what only mayBeWeak may import, because a protocol or a format of others demands it.
var (
	weakCrypto = []string{"crypto/des", "crypto/md5", "crypto/rc4", "crypto/sha1"}
	mayBeWeak  = []string{
		"internal/auth/twofactor/totp.go", // part:twofactor
		"cmd/foyer/project.go",            // part:foyer
	}
)

// mayRun are the files and folders that may run other programs.
var mayRun = []string{
	"cmd/server/backup_postgres.go",
	"cmd/foyer", // part:foyer
}

const runsPrograms = "the product runs no other program"

// authMayImport are the packages of this module that internal/auth and the packages below it may import.
var authMayImport = []string{
	"internal/auth", "internal/errs", "internal/id", "internal/keys", "internal/origins", "internal/payload",
	"internal/purge", "internal/text", "internal/worker",
}

// importFault says why a file may not import a package, "" where it may; own is its path within this module.
func importFault(name, imported, own string) string {
	dir := path.Dir(name)
	is := func(prefix string) bool { return imported == prefix || strings.HasPrefix(imported, prefix+"/") }
	proves := slices.ContainsFunc(provers, func(word string) bool { return strings.Contains(imported, word) })
	switch {
	case (is("golang.org/x/crypto") || proves) && !within(dir, "internal/auth", "internal/servicetoken"):
		return "hashing and tokens belong to internal/auth and internal/servicetoken"
	case slices.Contains(weakCrypto, imported):
		if within(name, mayBeWeak...) {
			return ""
		}
		return "it is broken; use crypto/sha256 or ask internal/keys"
	case is("crypto") && !slices.Contains(openCrypto, imported) &&
		!within(dir, "internal/auth", "internal/keys", "internal/servicetoken"):
		return "keys and what they sign or seal have one owner; ask internal/keys for a MAC or a Sealer"
	case is("os/exec") && !within(name, mayRun...):
		return runsPrograms
	case is("math/rand"):
		return "there is no fake randomness here; use crypto/rand"
	case is("gorm.io") && within(dir, "web", "views"):
		return "web and views touch no table; call a verb"
	case within(dir, leaves...) && own != "" && !within(own, leafMayImport...):
		return "internal/auth builds on this package, which knows nothing of users and sessions"
	case within(dir, "internal/auth") && (is("github.com/labstack/echo") || is("github.com/a-h/templ") ||
		own != "" && !within(own, authMayImport...)):
		return "internal/auth speaks net/http and gorm and knows few packages, so that it can move to another router whole"
	case within(dir, "views") && !slices.Contains(viewsMayImport, imported):
		return "views draw plain values; they know no HTTP, database or other package"
	case within(dir, "internal/errs", "internal/id", "internal/keys", "internal/text") && own != "", within(dir, "static") && own != "",
		within(dir, "migrations") && own != "":
		return dir + " stands below everything"
	case within(dir, "internal/payload", "internal/origins") && own != "" && own != "internal/errs":
		return dir + " stands below everything but internal/errs"
	case within(dir, "internal/auth/betterauth") && is("gorm.io"):
		return "an endpoint calls a verb of internal/auth; it touches no table"
	case within(own, "internal/auth/betterauth") && !within(dir, mayMount...):
		return "it can be deleted, so only cmd/server mounts it"
	case within(own, "internal/keys") && !within(dir, maySeal...):
		return "only auth, audit, mail and web sign and seal"
	case within(own, "internal/config", "internal/database", "migrations") && dir != "cmd/server" && !within(dir, own):
		return "only cmd/server puts these together"
	case within(own, "web") && !within(dir, "cmd"):
		return "nothing but a command knows web"
	case within(own, "views", "static") && !within(dir, "web"):
		return "only web draws"
	case within(own, helpers...):
		return "this is for tests"
	case is("github.com/labstack/echo") && !within(dir, "web"):
		return "only web knows the router"
	}
	return ""
}
