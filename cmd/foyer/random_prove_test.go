//go:build prove

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A clone is a project at random, made by the verbs.
type clone struct {
	dice
	*testing.T
	template, project folder
	files             tree // of the template
	list              partList
	out               []string // parts that the project does without
	nouns             []string // of features and pages
}

// TestStarterRandomClones: projects with random names, parts and features go through new, feature, page, without, with
// and update. Each step succeeds, or is refused as it must be and changes nothing. At the end all tests of the project
// pass with Go alone. FOYER_SEED chooses other projects, FOYER_CLONES how many.
func TestStarterRandomClones(t *testing.T) {
	files := headOf(t)
	list, err := readParts(files[partsFile])
	must(t, err)
	goAlone(t)
	seed := setting(t, "FOYER_SEED", 16)
	for i := range setting(t, "FOYER_CLONES", 10) {
		t.Run(fmt.Sprintf("seed=%d_clone=%d", seed, i), func(t *testing.T) {
			c := clone{dice: dice{rand.New(rand.NewPCG(uint64(seed), uint64(i)))}, T: t, files: files, list: list}
			c.template = newProject(t, files)
			c.create()
			c.extend()
			c.reshape()
			c.update()
			for _, command := range []string{"vet ./...", "test ./..."} {
				began := time.Now()
				_, err := c.project.run(t.Context(), "go", strings.Fields(command)...)
				must(t, err)
				t.Logf("%4.0f s  go %s", time.Since(began).Seconds(), command)
			}
		})
	}
}

func setting(t *testing.T, variable string, usual int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	must(t, err)
	return n
}

// step runs a verb, which leaves the work tree clean. It expects a refusal that matches a pattern, none for "".
func (c *clone) step(refusal string, args ...string) {
	c.Helper()
	began, where := time.Now(), c.project
	if args[0] == "new" {
		where = c.template
	}
	head := where.do(c.T, "rev-parse", "HEAD")
	_, err := where.verb(c.T, args...)
	c.Logf("%4.0f s  %s", time.Since(began).Seconds(), strings.Join(args, " "))
	if refusal == "" {
		must(c.T, err)
		head = where.do(c.T, "rev-parse", "HEAD")
	} else if err == nil || !regexp.MustCompile(refusal).MatchString(err.Error()) {
		c.Fatalf("%v, want a refusal like %q", err, refusal)
	} else {
		c.Logf("        refused: %v", err)
	}
	where.untouched(c.T, head)
}

// create makes the project.
func (c *clone) create() {
	c.project = folder(filepath.Join(c.TempDir(), "project"))
	module, name := c.module(), c.name()
	args := []string{"new", string(c.project), module}
	if last := path.Base(majorSuffix.ReplaceAllString(module, "")); plainName.MatchString(last) && c.chance(2) {
		name = last // the usual one
	} else {
		args = append(args, name)
	}
	if !plainName.MatchString(name) || c.chance(3) {
		args = append(args, "--prefix", c.prefix())
	}
	for _, name := range c.list.names() {
		if c.chance(4) {
			c.out = append(c.out, name)
		}
	}
	if c.out = c.list.with(c.out...); len(c.out) > 0 {
		args = append(args, "--without", strings.Join(c.out, ","))
	}
	c.step("", args...)
	c.project.do(c.T, "config", "user.name", "Ada")
	c.project.do(c.T, "config", "user.email", "ada@example.com")
}

func (c *clone) lacks(part string) bool { return slices.Contains(c.out, part) }

// extend gives the project one feature or two, and perhaps a page.
func (c *clone) extend() {
	if c.lacks(toolPart) {
		c.step("cmd/foyer/_example/feature is missing: the tool brings it along", "feature", "projects", "name:string")
		c.step("there is no part bench", "without", "bench")
		c.bring(toolPart)
	}
	for range 1 + c.IntN(2) {
		c.feature()
	}
	if c.chance(2) {
		door := pick(c.dice, []string{"public", "anyone", "guest", "user", "fresh", "admin", "freshAdmin"})
		icons := namesIn(iconsFile, c.project.tree(c.T)[iconsFile])
		c.step("", "page", c.newNoun(), "--door", door, "--icon", pick(c.dice, icons))
	}
}

// feature adds one, after perhaps one that cannot be.
func (c *clone) feature() {
	bad := pick(c.dice, [][]string{
		nil, nil, {"one thing already", "table", "name:string"},
		{`(has (\w+\.fit)?[Uu]sers?|makes a table users) already: choose another`, "users", "name:string"},
		{"word of Go: .* by --singular", "news", "name:string"}, {"have Store twice", "stores", "name:string"},
		{"has role_changed already", "roles", "name:string"}, {"word of Go: .* by --singular", "types", "name:string"},
		{"word of Go: .* by --singular", "strings", "name:string"}, {"word of Go", "crates", "type:string"},
		{"first field names a row", "crates", "due:date"},
		{"one of that name already", "crates", "name:string", "created:date"},
		{"named twice", "crates", "name:string", "name:int"}, {`no kind; kinds: string `, "crates", "name:float"},
		{"has no icon anvil; icons: ", "crates", "name:string", "--icon", "anvil"},
		{"add --owned", "crates", "name:string", "--admin"},
	})
	if bad != nil {
		c.step(bad[0], append([]string{"feature"}, bad[1:]...)...)
	}
	args := append([]string{"feature", c.newNoun()}, c.fields()...)
	for _, flag := range []string{"--owned", "--csv", "--api"} {
		if c.chance(2) {
			args = append(args, flag)
		}
	}
	if slices.Contains(args, "--owned") && c.chance(2) {
		args = append(args, "--admin")
	}
	c.step("", args...)
}

// newNoun is one that the project does not have yet.
func (c *clone) newNoun() string {
	noun := c.noun()
	if slices.Contains(c.nouns, noun) {
		return c.newNoun()
	}
	c.nouns = append(c.nouns, noun)
	return noun
}

func (c *clone) fields() (list []string) {
	names := strings.Fields(`name label summary due budget active email url json time context text page query record
		status count key path title value errors csv kind state first_name last_name is_open items number date day
		order set user table current_date`)
	c.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for i := range 1 + c.IntN(6) {
		kind := "string"
		if i > 0 {
			kind = pick(c.dice, exampleFields[1:]).kind
		}
		list = append(list, names[i]+":"+kind)
	}
	return list
}

// reshape takes a part out, and perhaps brings one back.
func (c *clone) reshape() {
	var there []string
	for _, name := range c.list.names() {
		if !c.lacks(name) {
			there = append(there, name)
		}
	}
	part := pick(c.dice, there)
	set := slices.DeleteFunc(c.list.with(part), c.lacks)
	if len(set) > 1 && c.chance(2) {
		c.step(" needs "+part+": name both, or keep "+part, "without", part)
	}
	args := append([]string{"without"}, set...)
	if c.chance(4) {
		args = append(args, "--fresh")
	}
	c.step("", args...)
	c.out = append(c.out, set...)
	if c.chance(2) && len(c.out) > 0 {
		c.bring(pick(c.dice, c.out))
	}
}

// bring brings a part back.
func (c *clone) bring(part string) {
	c.step("", "with", part)
	c.out = c.project.state(c.T).out()
	if c.lacks(part) {
		c.Fatalf("%s is still out", part)
	}
}

// update takes over a few commits of the template.
func (c *clone) update() {
	files, chosen := c.files, c.Perm(len(releases))[:3+c.IntN(3)]
	slices.Sort(chosen)
	for _, i := range chosen {
		files = releases[i].of(c.T, files)
		c.template.commit(c.T, files, releases[i].what)
		c.Logf("        template: %s", releases[i].what)
	}
	c.step("", "update")
	if got, want := c.project.state(c.T).Version, c.template.do(c.T, "rev-parse", "HEAD"); got != want {
		c.Fatalf("the project has %s, not %s", got, want)
	}
}
