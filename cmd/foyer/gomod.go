package main

import (
	"errors"
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
	var files [3]*modfile.File
	for i, text := range []string{base, ours, theirs} {
		var err error
		if files[i], err = modfile.Parse(name, []byte(text), nil); err != nil {
			return "", err
		}
	}
	was, is, to := files[0], files[1], files[2]
	var fault error
	if semver.Compare("v"+is.Go.Version, "v"+to.Go.Version) < 0 {
		fault = is.AddGoStmt(to.Go.Version)
	}
	for _, t := range to.Tool {
		if !hasTool(was, t) {
			fault = errors.Join(fault, is.AddTool(t.Path))
		}
	}
	for _, t := range was.Tool {
		if !hasTool(to, t) {
			fault = errors.Join(fault, is.DropTool(t.Path))
		}
	}
	// go mod tidy drops what nothing needs, so that all which the template requires may stand in go.mod until then.
	is.SetRequireSeparateIndirect(mergeRequires(was.Require, is.Require, to.Require, name == "go.mod"))
	is.Cleanup()
	return string(modfile.Format(is.Syntax)), fault
}

func hasTool(f *modfile.File, tool *modfile.Tool) bool {
	return slices.ContainsFunc(f.Tool, func(t *modfile.Tool) bool { return t.Path == tool.Path })
}

// mergeRequires takes over the versions that the template changed, the higher one where both did.
func mergeRequires(was, is, to []*modfile.Require, all bool) (list []*modfile.Require) {
	versions := func(list []*modfile.Require) map[string]string {
		all := map[string]string{}
		for _, r := range list {
			all[r.Mod.Path] = r.Mod.Version
		}
		return all
	}
	old, own, coming := versions(was), versions(is), versions(to)
	for _, r := range is {
		before, now := old[r.Mod.Path], coming[r.Mod.Path]
		if now == "" && before != "" && r.Indirect {
			continue
		}
		version := r.Mod.Version
		if now != before && now != "" && (version == before || semver.Compare(version, now) < 0) {
			version = now
		}
		list = append(list, &modfile.Require{Mod: module.Version{Path: r.Mod.Path, Version: version}, Indirect: r.Indirect})
	}
	for _, r := range to {
		if own[r.Mod.Path] == "" && (all || old[r.Mod.Path] == "") {
			list = append(list, &modfile.Require{Mod: r.Mod, Indirect: r.Indirect})
		}
	}
	return list
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
