package main

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// partsFile describes the parts of the tree it lies in.
const partsFile = "cmd/foyer/parts.txt"

// toolPart is this tool. Its files speak about markers and hold none; markers mean nothing without it.
const toolPart = "foyer"

// A part is an optional feature of the app.
type part struct {
	name, about string
	needs       []string
	files       []string
}

type partList []part

var partName = regexp.MustCompile(`^[a-z]+$`)

// readParts reads the format that the head of parts.txt explains.
func readParts(text string) (partList, error) {
	var list partList
	for i, line := range strings.Split(text, "\n") {
		fault := func(format string, args ...any) error {
			return fmt.Errorf("%s:%d: %s", partsFile, i+1, fmt.Sprintf(format, args...))
		}
		body := strings.TrimSpace(line)
		indented := strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")
		needs, isNeeds := strings.CutPrefix(body, "needs ")
		switch {
		case body == "" || body[0] == '#':
		case !indented:
			name, about, ok := strings.Cut(body, ": ")
			if !ok || !partName.MatchString(name) {
				return nil, fault("a part begins with its name and a sentence, such as \"audit: The audit trail.\"")
			}
			if list.index(name) >= 0 {
				return nil, fault("the part %s is described twice", name)
			}
			list = append(list, part{name: name, about: about})
		case len(list) == 0:
			return nil, fault("this line belongs to no part")
		case isNeeds:
			p := &list[len(list)-1]
			p.needs = append(p.needs, strings.Fields(needs)...)
		case body != path.Clean(body) || path.IsAbs(body) || strings.HasPrefix(body, "..") ||
			strings.ContainsAny(body, "*?[ \\"):
			return nil, fault("%q is no path of one file", body)
		default:
			p := &list[len(list)-1]
			p.files = append(p.files, body)
		}
	}
	for _, p := range list {
		for _, need := range p.needs {
			if list.index(need) < 0 {
				return nil, fmt.Errorf("%s: %s needs %s, which is no part", partsFile, p.name, need)
			}
		}
	}
	return list, nil
}

func (list partList) index(name string) int {
	return slices.IndexFunc(list, func(p part) bool { return p.name == name })
}

func (list partList) has(name string) bool { return list.index(name) >= 0 }

func (list partList) names() (names []string) {
	for _, p := range list {
		names = append(names, p.name)
	}
	return names
}

// check refuses names that are no parts, and parts that a part which stays needs.
func (list partList) check(gone []string) error {
	for _, name := range gone {
		if !list.has(name) {
			return fmt.Errorf("there is no part %s; parts: %s", name, cmp.Or(strings.Join(list.names(), " "), "none"))
		}
	}
	for _, p := range list {
		if slices.Contains(gone, p.name) {
			continue
		}
		for _, need := range p.needs {
			if slices.Contains(gone, need) {
				return fmt.Errorf("%s needs %s: name both, or keep %s", p.name, need, need)
			}
		}
	}
	return nil
}

// filesOf returns the files of the parts, with what is generated from them.
func (list partList) filesOf(names []string) (files []string) {
	for _, p := range list {
		if !slices.Contains(names, p.name) {
			continue
		}
		for _, file := range p.files {
			files = append(files, file)
			if base, ok := strings.CutSuffix(file, ".templ"); ok && !strings.Contains(file, "/_") { // templ skips folders with _
				files = append(files, base+"_templ.go")
			}
		}
	}
	return files
}

// migrationsOf returns the migrations of the parts.
func (list partList) migrationsOf(names []string) []string {
	return slices.DeleteFunc(list.filesOf(names), func(file string) bool { return !isMigration(file) })
}

func isMigration(file string) bool { return path.Dir(file) == "migrations" && path.Ext(file) == ".sql" }

// isGenerated reports whether templ makes a file.
func isGenerated(file string) bool { return strings.HasSuffix(file, "_templ.go") }

// partsWithout returns parts.txt without the parts in gone and without the files that left with them.
func partsWithout(text string, gone, files []string) string {
	var leave []span
	part := ""
	for i, line := range strings.Split(text, "\n") {
		if name, _, ok := strings.Cut(line, ": "); ok && partName.MatchString(name) {
			part = name
		}
		file := strings.TrimSpace(line)
		if slices.Contains(gone, part) && !strings.HasPrefix(line, "#") || file != line && slices.Contains(files, file) {
			leave = append(leave, span{from: i, to: i + 1})
		}
	}
	return strings.TrimRight(cut(text, leave, func(span, []string) fate { return goes }), "\n") + "\n"
}
