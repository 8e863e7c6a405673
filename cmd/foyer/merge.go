package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
)

// derived reports whether a file follows from others, so that it is made anew after a merge.
func derived(name, _ string) bool {
	base := path.Base(name)
	return isGenerated(name) || base == path.Base(accessFile) || base == path.Base(surfaceFile) ||
		slices.Contains([]string{"go.mod", "go.sum", "tools.mod", "tools.sum"}, name)
}

// given reports whether a file is derived, or whether the project t gets it once and owns it from then on. A README
// with markers, as a clone has it, goes on like other files.
func (t tree) given(name, _ string) bool {
	if name == "README.md" {
		spans, _ := spansOf(name, t[name], func(string) bool { return true })
		return spans == nil
	}
	return derived(name, "") || strings.HasPrefix(name, ".github/") || name == "LICENSE" || name == projectFile
}

// A conflict is an error that names the lines which a project and its template both changed.
type conflict []string

func (c conflict) Error() string { return "both change these lines:\n" + strings.Join(c, "\n") }

// merge lets the work tree, which has mine, take over what changes from before to after, two renders of its template,
// other than in files that are apart.
func (f folder) merge(ctx context.Context, mine, before, after tree, apart func(name, text string) bool) error {
	base, theirs := maps.Clone(before), maps.Clone(after)
	maps.DeleteFunc(base, apart)
	maps.DeleteFunc(theirs, apart)
	s := session{folder: f, ctx: ctx}
	parent := s.snapshot(base)
	difference := s.snapshot(theirs, "-p", parent)
	s.git("reset", "--quiet", "--hard")
	if s.err != nil {
		return s.err
	}
	_, picked := f.git(ctx, "-c", "merge.conflictStyle=diff3", "-c", "merge.directoryRenames=true",
		"-c", "merge.renames=true", "-c", "rerere.enabled=false", "cherry-pick", "--no-commit", "--allow-empty", difference)
	names := s.unmerged()
	if s.err != nil || picked != nil && len(names) == 0 {
		return errors.Join(picked, s.err)
	}
	var list conflict
	for _, name := range names {
		list = append(list, f.conflict(ctx, mine, name))
	}
	if err := f.mergeDerived(mine, before, after); err != nil || list == nil {
		return err
	}
	return list
}

// snapshot lets the folder have t and nothing else, and commits it apart from all branches.
func (s *session) snapshot(t tree, parent ...string) (commit string) {
	s.git("rm", "-r", "--quiet", "--force", "--ignore-unmatch", "--", ".")
	if s.err == nil {
		s.err = errors.Join(s.write(nil, t), s.stage(s.ctx, "--force"))
	}
	tree := s.git("write-tree")
	return s.git(append([]string{"-c", "user.name=foyer", "-c", "user.email=foyer@localhost",
		"commit-tree", tree, "-m", "render"}, parent...)...)
}

// mergeDerived removes the derived files that left the template, and merges what the modules of mine require.
func (f folder) mergeDerived(mine, before, after tree) error {
	gone, merged := mine.only(before.names()), tree{}
	maps.DeleteFunc(gone, func(name, _ string) bool {
		_, stays := after[name]
		return stays || !derived(name, "")
	})
	for _, module := range []string{"go", "tools"} {
		mod, sum := module+".mod", module+".sum"
		text, err := mergeModule(mod, before[mod], mine[mod], after[mod])
		if err != nil {
			return err
		}
		merged[mod], merged[sum] = text, mergeSums(before[sum], mine[sum], after[sum])
	}
	maps.DeleteFunc(merged, func(name, text string) bool { return mine[name] == text })
	return f.write(gone, merged)
}

// conflict returns the first line of the project's file that stops the merge, as "file:line: text".
func (f folder) conflict(ctx context.Context, mine tree, name string) string {
	ours, err := f.run(ctx, "git", "show", ":2:"+name)
	if err != nil {
		return name + ": this project deleted it"
	}
	base, err := f.run(ctx, "git", "show", ":1:"+name)
	if err != nil {
		return name + ": this project has a file of its own there"
	}
	merged, _ := os.ReadFile(f.path(name)) // a file that one side deleted is not merged
	from, side, base := firstConflict(string(merged), ours, base)
	for line := range strings.Lines(base) {
		if !strings.HasPrefix(side, line) {
			break
		}
		side, from = side[len(line):], from+len(line)
	}
	for _, other := range mine.names() {
		if _, stays := mine[name]; !stays && mine[other] == ours { // the template moved it
			name = other
		}
	}
	line, _, _ := strings.Cut(ours[from:], "\n")
	return fmt.Sprintf("%s:%d: %s", name, 1+strings.Count(ours[:from], "\n"), strings.TrimSpace(line))
}

// firstConflict returns where the first conflict of a merged file begins in ours, and the lines of both sides there.
func firstConflict(merged, ours, base string) (from int, side, was string) {
	above, rest, _ := strings.Cut("\n"+merged, "\n<<<<<<< ")
	side, rest, _ = strings.Cut(rest, "\n||||||| ")
	was, _, conflicts := strings.Cut(rest, "\n=======\n")
	_, side, _ = strings.Cut(side+"\n", "\n")
	_, was, _ = strings.Cut(was+"\n", "\n")
	lines := strings.SplitAfter(strings.TrimPrefix(above+"\n", "\n"), "\n")
	for n := min(4, len(lines)); n > 0 && conflicts; n-- { // with lines above: the side may be there twice, or empty
		head := strings.Join(lines[len(lines)-n:], "")
		if i := strings.Index(ours, head+side); i >= 0 {
			return i + len(head), side, was
		}
	}
	return 0, ours, base
}
