package main

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// A tree is the text of each file by its path, with forward slashes.
type tree map[string]string

// below returns the files of a folder.
func (t tree) below(dir string) tree {
	part := tree{}
	for name, text := range t {
		if strings.HasPrefix(name, dir) {
			part[name] = text
		}
	}
	return part
}

// names returns the paths in order, so that the first fault is always the same one.
func (t tree) names() []string { return slices.Sorted(maps.Keys(t)) }

// only returns the files of t that are listed.
func (t tree) only(list []string) tree {
	some := tree{}
	for _, name := range list {
		if text, ok := t[name]; ok {
			some[name] = text
		}
	}
	return some
}

// id returns a text that is another one for each other tree.
func (t tree) id() string {
	h := sha256.New()
	for _, name := range t.names() {
		fmt.Fprintf(h, "%s %d\n%s", name, len(t[name]), t[name])
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:20])
}

// A removal says which parts leave a tree and what stays of them.
type removal struct {
	parts []string
	has   tree     // of this project the migrations stay, because its databases have them, and the styles and icons
	uses  literals // strings of files outside the tree: the styles and icons that they name stay
}

// renderProject returns the template as the project p has it: with its names, without the parts that it does without.
// Mine is the project's tree, nil for a new one.
func renderProject(template tree, p project, mine tree) (tree, error) {
	named, err := renamed(template, p.names)
	if err != nil {
		return nil, err
	}
	after, err := render(named, removal{parts: p.out(), has: mine})
	if err != nil {
		return nil, err
	}
	tidy(named, after)
	return after, nil
}

// render returns t without the parts of r. Lines stay as they are written: imports, formatting and generated code are
// for tidy and settle, which also see what a clone wrote.
func render(t tree, r removal) (tree, error) {
	list, err := readParts(t[partsFile])
	if err != nil {
		return nil, err
	}
	if err := list.check(r.parts); err != nil {
		return nil, err
	}
	after, files := maps.Clone(t), list.filesOf(r.parts)
	for _, name := range files {
		if !isMigration(name) || r.has[name] == "" {
			delete(after, name)
		}
	}
	if err := cutAll(after, list, r); err != nil {
		return nil, err
	}
	for name, text := range t {
		if path.Ext(name) == ".go" && declaration.MatchString(text) && !declaration.MatchString(after[name]) {
			delete(after, name) // parts together had all that it declared
			files = append(files, name)
		}
	}
	if _, ok := after[partsFile]; ok {
		after[partsFile] = partsWithout(t[partsFile], r.parts, files)
	}
	return after, nil
}

// cutAll cuts the spans of the parts that leave out of all files: first where styles and icons are named, then these.
func cutAll(t tree, list partList, r removal) error {
	own := list.filesOf([]string{toolPart})
	uses := literals{}
	maps.Copy(uses, r.uses)
	for _, named := range []bool{false, true} {
		for _, name := range t.names() {
			if slices.Contains(own, name) || (namePatterns[path.Ext(name)] != nil) != named {
				continue
			}
			spans, err := spansOf(name, t[name], list.has)
			if err != nil {
				return err
			}
			if len(spans) == 0 {
				continue
			}
			used := uses.named(t.namesLike(name))
			for _, one := range namesIn(name, r.has[name]) {
				used[one] = true
			}
			t[name] = cut(t[name], spans, r.fateIn(name, used))
		}
		if !named {
			uses.addTree(t)
		}
	}
	return nil
}

// fateIn returns what happens to the spans of a file, of whose names those in used are needed.
func (r removal) fateIn(file string, used map[string]bool) func(s span, lines []string) fate {
	needed := func(line string) bool {
		names := namesIn(file, line)
		return len(names) > 0 && !slices.ContainsFunc(names, func(n string) bool { return !used[n] })
	}
	return func(s span, lines []string) fate {
		leaves := slices.ContainsFunc(s.parts, func(p string) bool { return slices.Contains(r.parts, p) })
		switch {
		case leaves && !slices.ContainsFunc(lines, needed):
			return goes
		case leaves, slices.Contains(r.parts, toolPart):
			return bare
		}
		return stays
	}
}

// namePatterns find the names that files of styles and icons give to things.
var namePatterns = map[string]*regexp.Regexp{
	".css": regexp.MustCompile(`\.([A-Za-z][\w-]*)`),
	".svg": regexp.MustCompile(`<symbol id="([^"]+)"`),
}

var cssNoise = regexp.MustCompile(`(?s)/\*.*?\*/|url\([^)]*\)`)

// namesIn returns the names that a text in a file gives to things, none if the file has neither styles nor icons.
func namesIn(file, text string) (names []string) {
	pattern := namePatterns[path.Ext(file)]
	if pattern == nil {
		return nil
	}
	for _, m := range pattern.FindAllStringSubmatch(cssNoise.ReplaceAllString(text, ""), -1) {
		names = append(names, m[1])
	}
	return names
}

// namesLike returns the names that name and the files of its kind give to things, because one string may name things of
// two stylesheets.
func (t tree) namesLike(name string) (names []string) {
	for other, text := range t {
		if path.Ext(other) == path.Ext(name) && !strings.HasPrefix(other, exampleDir) {
			names = append(names, namesIn(name, text)...)
		}
	}
	return names
}

// literals are the strings in code that draws pages.
type literals map[string]bool

var (
	quoted   = regexp.MustCompile("\"[^\"\n]*\"|`[^`]*`")
	quotedJS = regexp.MustCompile("\"[^\"\n]*\"|`[^`]*`|'[^'\n]*'")
)

// addTree adds the strings of views, scripts and Go, tests and generated code apart.
func (l literals) addTree(t tree) {
	for name, text := range t {
		pattern := quoted
		switch ext := path.Ext(name); {
		case ext == ".js" && !strings.HasSuffix(name, ".min.js"):
			pattern = quotedJS
		case ext == ".templ":
		case ext == ".go" && !strings.HasSuffix(name, "_test.go") && !isGenerated(name):
		default:
			continue
		}
		for _, literal := range pattern.FindAllString(text, -1) {
			l[literal[1:len(literal)-1]] = true
		}
	}
}

// named returns those of names that a string lists. A string of which one word is no such name is text for people.
func (l literals) named(names []string) map[string]bool {
	used := map[string]bool{}
	for literal := range l {
		list := strings.Fields(literal)
		if slices.ContainsFunc(list, func(one string) bool { return !slices.Contains(names, one) }) {
			continue
		}
		for _, one := range list {
			used[one] = true
		}
	}
	return used
}
