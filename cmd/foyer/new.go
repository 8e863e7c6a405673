package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// stubFile is the README of a new project, with the names of the template.
const stubFile = "cmd/foyer/_new/README.md"

var (
	// borrowed is a line of stubFile in whose place that section of the template's README stands.
	borrowed = regexp.MustCompile(`(?m)^<!-- section: (.+) -->\n`)
	// markers are those of parts, which a README that belongs to the project does without.
	markers = regexp.MustCompile(`(?m)^<!-- .* -->\n| <!-- (?:part|end):[a-z,]+ -->`)
)

// section returns a section of a Markdown text with its heading, without the marker of a part that the next one begins.
func section(text, heading string) string {
	found := regexp.MustCompile(`(?ms)^(## ` + regexp.QuoteMeta(heading) + `\n.*?)(?:<!-- [^\n]* -->\n)?^## `)
	m := found.FindStringSubmatch(text + "## ")
	if m == nil {
		return ""
	}
	return m[1]
}

// A creation is one call of new.
type creation struct {
	change
	p             project
	from          folder // in the checkout that new runs in, where there is one
	dir, note     string
	preset        string
	with, without string // parts, with commas
}

func newVerb(ctx context.Context, here folder, args []string, out io.Writer) error {
	c := creation{change: change{out: out}}
	set := flag.NewFlagSet("new", flag.ContinueOnError)
	set.BoolVar(&c.dryRun, "dry-run", false, "")
	set.BoolVar(&c.json, "json", false, "")
	set.StringVar(&c.preset, "preset", "", "")
	set.StringVar(&c.with, "with", "", "")
	set.StringVar(&c.without, "without", "", "")
	prefix := set.String("prefix", "", "")
	rest, err := parse(set, args)
	if err != nil {
		return err
	}
	if len(rest) > 3 {
		return errUsage
	}
	p, template, err := ownTemplate(ctx, here)
	if err != nil {
		return err
	}
	if dirty, _ := here.git(ctx, "status", "--porcelain"); p.Source != "" && dirty != "" {
		c.note = "What this checkout has not committed is not in it.\n"
	}
	list, err := readParts(template[partsFile])
	if err != nil {
		return err
	}
	rest = append(rest, "", "", "")
	c.dir, c.p, c.from = rest[0], p, here
	c.p.names = names{rest[1], rest[2], *prefix}
	if c.dir == "" || c.p.Module == "" {
		const needs = "new needs a folder and a module path, such as: new ../harbor github.com/acme/harbor"
		if err := atTerminal(ctx, needs, func(p *person) { c.ask(p, list) }); err != nil {
			return err
		}
	}
	return c.make(ctx, template, list)
}

// ask asks for what is missing.
func (c *creation) ask(p *person, list partList) {
	p.ask("Folder", &c.dir, "")
	whole, _ := filepath.Abs(c.dir) // because "." has a name, too
	c.p.names.ask(p, "example.com/"+cmp.Or(dashed(filepath.Base(whole)), "app"))
	p.ask("Preset: full has every part, small the door alone", &c.preset, "full")
	about := ""
	for _, part := range list {
		about += fmt.Sprintf("  %s: %s\n", part.name, part.about)
	}
	if c.preset == "full" {
		p.ask(about+"Leave out, with commas", &c.without, "none")
	}
	c.without = strings.TrimPrefix(c.without, "none")
}

// make makes the project, or only prints what it would be.
func (c creation) make(ctx context.Context, template tree, list partList) error {
	target, beside, err := vacant(ctx, c.dir)
	if err != nil {
		return err
	}
	c.p.names = c.p.names.complete()
	if err := c.p.names.check(); err != nil {
		return err
	}
	if c.p.Module == c.p.Upstream {
		return fmt.Errorf("%s is the module path of the template: choose another", c.p.Module)
	}
	gone, err := c.gone(list)
	if err != nil {
		return err
	}
	c.p.Without = map[string]string{}
	for _, name := range gone {
		c.p.Without[name] = never
	}
	files, err := c.files(template)
	if err != nil {
		return err
	}
	parts := "with every part"
	if len(gone) > 0 {
		parts = "without " + strings.Join(c.p.out(), ", ")
	}
	r := report{Files: files.names(), Message: fmt.Sprintf("%s: module %s, prefix %s, %s of %s %s\n", c.p.Name, c.p.Module,
		c.p.Prefix, parts, c.p.Upstream, c.p.Version)}
	if c.dryRun {
		r.Diff = r.Message + c.note + strings.Join(r.Files, "\n")
		return c.print(r)
	}
	if err := c.build(ctx, target, beside, template, files, &r); err != nil {
		return err
	}
	if strings.Contains(c.dir, " ") {
		c.dir = strconv.Quote(c.dir)
	}
	r.Message += c.note + "\tcd " + c.dir + "\n\tgo run ./cmd/server"
	return c.print(r)
}

// gone returns the parts that are left out.
func (c creation) gone(list partList) (gone []string, err error) {
	comma := func(r rune) bool { return r == ',' || r == ' ' }
	switch c.preset {
	case "", "full":
	case "small":
		gone = slices.DeleteFunc(list.names(), func(name string) bool { return name == toolPart })
	default:
		return nil, fmt.Errorf("there is no preset %s: full has every part, small the door alone", c.preset)
	}
	for _, name := range strings.FieldsFunc(c.with, comma) {
		i := slices.Index(gone, name)
		if i < 0 {
			return nil, fmt.Errorf("--with %s: the preset %s leaves out no such part", name, cmp.Or(c.preset, "full"))
		}
		gone = slices.Delete(gone, i, i+1)
	}
	return append(gone, strings.FieldsFunc(c.without, comma)...), nil
}

// vacant returns the whole path of dir, which must be empty or missing, and in no repository, and the nearest folder
// above it that exists.
func vacant(ctx context.Context, dir string) (whole, above string, err error) {
	if whole, err = filepath.Abs(dir); err != nil {
		return "", "", err
	}
	files, err := os.ReadDir(whole)
	if err != nil && !errors.Is(err, fs.ErrNotExist) || len(files) > 0 {
		return "", "", fmt.Errorf("%s is no empty folder", dir)
	}
	above = filepath.Dir(whole)
	for _, err := os.Stat(above); err != nil && filepath.Dir(above) != above; _, err = os.Stat(above) {
		above = filepath.Dir(above)
	}
	root, _ := folder(above).root(ctx) // fails outside of repositories
	if root != "" {
		return "", "", fmt.Errorf("%s lies in another git repository, %s: choose a folder outside", dir, root)
	}
	return whole, above, nil
}

// files returns the files of the project. It owns README and LICENSE, so no part and no update changes them any more.
func (c *creation) files(template tree) (tree, error) {
	files, err := renderProject(template, c.p, nil)
	if err != nil {
		return nil, err
	}
	c.p.Base = files.id()
	stub := template.only([]string{"go.mod", nameFile, partsFile})
	stub["README.md"] = borrowed.ReplaceAllStringFunc(template[stubFile], func(line string) string {
		return section(template["README.md"], borrowed.FindStringSubmatch(line)[1])
	})
	if stub, err = renderProject(stub, c.p, nil); err != nil {
		return nil, err
	}
	files["README.md"] = markers.ReplaceAllString(stub["README.md"], "")
	was, err := namesOf(template)
	if err != nil {
		return nil, err
	}
	files["LICENSE"] = fmt.Sprintf("This project is based on %s (%s), which has this licence:\n\n%s", was.Name, was.Module,
		template["LICENSE"])
	files[projectFile] = c.p.text()
	return files, nil
}

// build makes the project in the folder beside, and moves it to target when it is whole.
func (c *creation) build(ctx context.Context, target, beside string, template, files tree, r *report) (err error) {
	temp, err := os.MkdirTemp(beside, ".foyer-new-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	f := folder(filepath.Join(temp, "project"))
	s := session{folder: f, ctx: ctx, err: f.write(nil, files)}
	s.git("init", "--quiet")
	s.git("add", "--all", "--force") // because this person's git may ignore such files everywhere
	if len(c.p.Without) > 0 && s.err == nil {
		fmt.Fprintln(os.Stderr, "compiling what is left, which takes up to a minute")
		s.err = settle(ctx, f, template)
	}
	if s.err == nil {
		s.err = f.stage(ctx)
	}
	commit := f.author(ctx, c.p.Name)
	if commit != nil {
		c.note += "The first commit has no author, because git does not know your name and address.\n"
	}
	s.git(append(commit, "commit", "--quiet", "--no-verify", "-m", "Based on "+c.p.Upstream+" "+c.p.Version)...)
	r.Files = listed(s.git("ls-files", "-z"))
	if c.json { // a text would tell how to revert it
		r.Commit = s.git("rev-parse", "HEAD")
	}
	if s.err != nil {
		return s.err
	}
	for _, name := range []string{c.p.Version, kept(c.p.Version)} { // of the template itself, and of a project
		c.from.keep(ctx, f, name, c.p.Version)
	}
	os.Remove(target) // an empty folder, where there is one
	return errors.Join(os.MkdirAll(filepath.Dir(target), 0o755), os.Rename(string(f), target))
}
