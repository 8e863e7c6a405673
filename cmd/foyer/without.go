package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// A leaving is one call of without.
type leaving struct {
	change
	removal
	base string // the commit of the template that the clone grew from
}

// base is the commit of the template that a project grew from, where --base does not name one: the template is its own.
const base = "HEAD"

// without takes parts out of the clone in root. It renders the template with and without them and merges the
// difference into the clone.
func without(ctx context.Context, root folder, l leaving) error {
	return l.run(ctx, root, func(work folder, mine tree) (string, error) {
		head, err := work.git(ctx, "rev-parse", "HEAD")
		if err != nil {
			return "", err
		}
		difference, err := work.render(ctx, l, mine)
		if err != nil {
			return "", err
		}
		if err := work.merge(ctx, head, difference, l.parts); err != nil {
			return "", err
		}
		if err := settle(ctx, work, mine); err != nil {
			return "", fmt.Errorf("nothing was changed, because what stays needs what goes:\n%w", err)
		}
		return "Without " + strings.Join(l.parts, ", "), nil
	})
}

// render commits the template without the parts on top of the base, and returns that commit. Mine is the clone's tree:
// it keeps the styles and icons that it uses.
func (f folder) render(ctx context.Context, l leaving, mine tree) (string, error) {
	if _, err := f.git(ctx, "checkout", "--quiet", "--detach", l.base); err != nil {
		return "", err
	}
	before, err := f.read(ctx)
	if err != nil {
		return "", err
	}
	if l.uses, err = literalsWithout(mine, before[partsFile], l.removal); err != nil {
		return "", err
	}
	after, err := render(before, l.removal)
	if err != nil {
		return "", err
	}
	if err := f.write(before, after); err != nil {
		return "", err
	}
	if err := f.stage(ctx); err != nil {
		return "", err
	}
	id, err := f.git(ctx, "write-tree")
	if err != nil {
		return "", err
	}
	return f.git(ctx, "-c", "user.name=foyer", "-c", "user.email=foyer@localhost",
		"commit-tree", id, "-p", l.base, "-m", "without "+strings.Join(l.parts, " "))
}

// literalsWithout returns the strings of what stays in a clone's tree.
func literalsWithout(mine tree, parts string, r removal) (literals, error) {
	list, err := readParts(parts)
	if err != nil {
		return nil, err
	}
	rest := maps.Clone(mine)
	for _, name := range list.filesOf(r.parts) {
		delete(rest, name)
	}
	if err := cutAll(rest, list, r); err != nil {
		return nil, err
	}
	uses := literals{}
	uses.addTree(rest)
	return uses, nil
}

// merge brings the work tree back to head and merges the difference into it. Where both changed the same lines it
// returns an error that names them.
func (f folder) merge(ctx context.Context, head, difference string, parts []string) error {
	if _, err := f.git(ctx, "reset", "--quiet", "--hard"); err != nil {
		return err
	}
	if _, err := f.git(ctx, "checkout", "--quiet", "--detach", head); err != nil {
		return err
	}
	_, picked := f.git(ctx, "-c", "merge.conflictStyle=diff3", "-c", "merge.directoryRenames=false",
		"cherry-pick", "--no-commit", "--allow-empty", difference)
	if picked == nil {
		return nil
	}
	names, err := f.git(ctx, "diff", "--name-only", "--diff-filter=U")
	if err != nil || names == "" {
		return errors.Join(picked, err)
	}
	list := []string{"nothing was changed, because this clone changed what goes with " + strings.Join(parts, " ") + ":"}
	for name := range strings.Lines(names) {
		name = strings.TrimSpace(name)
		line, err := f.conflict(ctx, head, difference, name)
		if err != nil {
			return err
		}
		list = append(list, line)
	}
	return errors.New(strings.Join(list, "\n"))
}

// conflict returns the first line of the clone's file that stops the merge, as "file:line: text".
func (f folder) conflict(ctx context.Context, head, difference, name string) (string, error) {
	mine, err := f.git(ctx, "show", head+":"+name)
	if err != nil {
		return name + ": this clone deleted or moved it", nil
	}
	base, err := f.git(ctx, "show", difference+"^:"+name)
	if err != nil {
		return name + ": this clone moved it here", nil
	}
	lines, from := strings.Split(mine, "\n"), 0
	was := strings.Split(base, "\n")
	if merged, err := os.ReadFile(f.path(name)); err == nil {
		if ours, theirs, ok := sides(string(merged)); ok {
			from = max(0, indexOf(lines, ours))
			lines, was = lines[:from+len(ours)], theirs
		}
	}
	i := 0
	for i < len(was) && from+i < len(lines)-1 && was[i] == lines[from+i] {
		i++
	}
	return fmt.Sprintf("%s:%d: %s", name, from+i+1, strings.TrimSpace(lines[from+i])), nil
}

// sides returns the clone's lines of the first conflict in a file and those that the template had there.
func sides(merged string) (ours, base []string, ok bool) {
	_, rest, ok := strings.Cut("\n"+merged, "\n<<<<<<< ")
	if !ok {
		return nil, nil, false
	}
	mine, rest, _ := strings.Cut(rest, "\n||||||| ")
	was, _, _ := strings.Cut(rest, "\n=======\n")
	return strings.Split(mine, "\n")[1:], strings.Split(was, "\n")[1:], true
}

// indexOf returns where the run of lines begins in all, -1 where it does not.
func indexOf(all, run []string) int {
	for i := range len(all) - len(run) + 1 {
		if slices.Equal(all[i:i+len(run)], run) {
			return i
		}
	}
	return -1
}
