package main

import (
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// mergeModule returns a project's go.mod or tools.mod with what its template added, raised and dropped.
func mergeModule(name, base, ours, theirs string) (string, error) {
	switch ours {
	case "":
		return "", nil
	case base:
		return theirs, nil
	}
	var files []*modfile.File
	for _, text := range []string{base, ours, theirs} {
		f, err := modfile.Parse(name, []byte(text), nil)
		if err != nil {
			return "", err
		}
		files = append(files, f)
	}
	was, is, to := files[0], files[1], files[2]
	// go mod tidy drops what nothing needs, so that all which the template requires may stand in go.mod until then.
	is.SetRequireSeparateIndirect(mergeRequires(was.Require, is.Require, to.Require, name == "go.mod"))
	if is.Go != nil && to.Go != nil && semver.Compare("v"+is.Go.Version, "v"+to.Go.Version) < 0 {
		if err := is.AddGoStmt(to.Go.Version); err != nil {
			return "", err
		}
	}
	old, own, coming := directives(was), directives(is), directives(to)
	added := ""
	for _, key := range slices.Sorted(maps.Keys(coming)) {
		if old[key] == nil && own[key] == nil {
			added += key + "\n"
		}
	}
	for key := range old {
		if line := own[key]; line != nil && coming[key] == nil {
			line.Token = nil // removes it
		}
	}
	is.Cleanup()
	merged, err := modfile.Parse(name, append(modfile.Format(is.Syntax), added...), nil)
	if err != nil {
		return "", err
	}
	return string(modfile.Format(merged.Syntax)), nil
}

// mergeRequires takes over the versions that the template changed, the higher one where both did.
func mergeRequires(was, is, to []*modfile.Require, all bool) (list []*modfile.Require) {
	find := func(list []*modfile.Require, path string) string {
		for _, r := range list {
			if r.Mod.Path == path {
				return r.Mod.Version
			}
		}
		return ""
	}
	for _, r := range is {
		old, now := find(was, r.Mod.Path), find(to, r.Mod.Path)
		if old != "" && now == "" && r.Indirect {
			continue
		}
		if now != old && (r.Mod.Version == old || semver.Compare(r.Mod.Version, now) < 0) && now != "" {
			r.Mod.Version = now
		}
		list = append(list, &modfile.Require{Mod: r.Mod, Indirect: r.Indirect})
	}
	for _, r := range to {
		if find(is, r.Mod.Path) == "" && (all || find(was, r.Mod.Path) == "") {
			list = append(list, &modfile.Require{Mod: r.Mod, Indirect: r.Indirect})
		}
	}
	return list
}

// directives returns the other lines, such as "tool example.com/x".
func directives(f *modfile.File) map[string]*modfile.Line {
	all := map[string]*modfile.Line{}
	add := func(l *modfile.Line, verb ...string) {
		tokens := append(verb, l.Token...)
		if !slices.Contains([]string{"module", "go", "require"}, tokens[0]) {
			all[strings.Join(tokens, " ")] = l
		}
	}
	for _, s := range f.Syntax.Stmt {
		switch s := s.(type) {
		case *modfile.Line:
			add(s)
		case *modfile.LineBlock:
			for _, l := range s.Line {
				add(l, s.Token...)
			}
		}
	}
	return all
}

// mergeSums returns the checksums of both sides in the order that Go writes them.
func mergeSums(base, ours, theirs string) string {
	if ours == base {
		return theirs
	}
	lines := map[module.Version]string{}
	for line := range strings.Lines(theirs + ours) {
		if f := strings.Fields(line); len(f) == 3 {
			lines[module.Version{Path: f[0], Version: f[1]}] = line
		}
	}
	list, text := slices.Collect(maps.Keys(lines)), ""
	module.Sort(list)
	for _, m := range list {
		text += lines[m]
	}
	return text
}
