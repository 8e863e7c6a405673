package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// A generation is one call of page or feature.
type generation struct {
	change
	order
	icon    string // of the link
	undo    bool
	command []string // verb, noun and the rest of the command line
}

// parse reads a command line that begins with a noun, after which rest are the other arguments. It asks the questions
// that are open, to take something back only the first.
func (g *generation) parse(
	ctx context.Context, set *flag.FlagSet, args []string, needs string, questions ...string,
) (rest []string, err error) {
	set.BoolVar(&g.undo, "undo", false, "")
	typed, err := parse(set, args)
	if err != nil {
		return nil, err
	}
	if g.undo {
		questions = questions[:1]
	}
	if rest, err = complete(ctx, needs, typed, questions...); err != nil {
		return nil, err
	}
	args = append(slices.Clone(args), rest[len(typed):]...)
	i := slices.Index(args, rest[0])
	g.command = slices.Concat([]string{g.example, rest[0]}, args[:i], args[i+1:])
	g.many, err = readNoun(g.example, rest[0])
	return rest[1:], err
}

// run makes what is ordered in the project in root, or takes it back.
func (g generation) run(ctx context.Context, root folder) error {
	return g.change.run(ctx, root, func(work folder, mine tree) (string, error) {
		name, one := g.many.forms()[5], g.one.forms()[5]
		if g.undo {
			text, err := work.takeBack(ctx, mine, g.command[:2])
			return "Without the " + g.example + " " + name + text, err
		}
		if one != name { // so that a wrong guess is seen
			name += " (one " + one + ")"
		}
		return "A " + g.example + " for " + name, work.generate(ctx, mine, g)
	})
}

// generate makes the files of g, splices lines into others and records all of it in the project's state.
func (f folder) generate(ctx context.Context, mine tree, g generation) error {
	p, _, err := readProject(mine)
	if err != nil {
		return err
	}
	if list := namesIn(iconsFile, mine[iconsFile]); !slices.Contains(list, g.icon) {
		return fmt.Errorf("%s has no icon %s; icons: %s", iconsFile, g.icon, strings.Join(list, " "))
	}
	if err := g.choose(mine); err != nil {
		return err
	}
	made, splices, err := g.files(mine, time.Now())
	if err != nil {
		return err
	}
	if err := g.clashes(mine, made); err != nil {
		return err
	}
	entry := generated{Command: g.command, Files: map[string]string{}, Lines: map[string][]string{}}
	after := maps.Clone(mine)
	maps.Copy(after, made)
	for _, s := range splices {
		if after[s.file], err = insert(s.file, after[s.file], s.place, s.lines); err != nil {
			return err
		}
		if s.place != importPlace { // takeBack sees which imports are of no use any more
			entry.Lines[s.file] = append(entry.Lines[s.file], s.lines...)
		}
	}
	if err := errors.Join(f.write(mine, after), f.add(ctx, made)); err != nil {
		return err
	}
	if err := settle(ctx, f, mine); err != nil {
		return fmt.Errorf("nothing was changed, because the result would not work:\n%w", err)
	}
	now, err := f.read(ctx)
	if err != nil {
		return err
	}
	for name := range made {
		entry.Files[name] = blobID(now[name])
	}
	p.Generated = append(p.Generated, entry)
	return f.add(ctx, tree{projectFile: p.text()})
}

const iconsFile = "static/icons.svg"

// keptTable follows the removal of a migration that this machine alone had.
const keptTable = "\n\nA database that has run the migration keeps its table: drop the table there, or delete a " +
	"database of development, before you make another feature of this name."

// takeBack removes what one call of page or feature made, unless a person changed it since. A migration that others may
// have stays, and a new one takes it back. It returns a paragraph on what a person is to do, "" for nothing.
func (f folder) takeBack(ctx context.Context, mine tree, command []string) (text string, err error) {
	p, _, err := readProject(mine)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(p.Generated, func(g generated) bool { return slices.Equal(g.Command[:2], command) })
	if i < 0 {
		return "", fmt.Errorf("%s knows of no %s", projectFile, strings.Join(command, " "))
	}
	after := maps.Clone(mine)
	for name, id := range p.Generated[i].Files {
		if _, there := mine[name]; !there && !isMigration(name) {
			continue // a person removed it
		}
		if blobID(mine[name]) != id {
			return "", fmt.Errorf("%s was changed since it was made, so all of it stays: remove it by hand", name)
		}
		shared, err := f.shared(ctx, name)
		if err != nil {
			return "", err
		}
		if shared {
			drop := successors(after, []string{name}, time.Now(), "drop_")[name]
			if after[drop], err = swapped(name, mine[name]); err != nil {
				return "", err
			}
			continue
		}
		if isMigration(name) {
			text = keptTable
		}
		delete(after, name)
		delete(after, strings.TrimSuffix(name, ".templ")+"_templ.go")
	}
	for name, lines := range p.Generated[i].Lines {
		if after[name], err = removeLines(name, mine[name], lines); err != nil {
			return "", err
		}
	}
	p.Generated = slices.Delete(p.Generated, i, i+1)
	after[projectFile] = p.text()
	if p.Upstream == "" && len(p.Generated) == 0 {
		delete(after, projectFile) // generate made it
	}
	if err := f.write(mine, after); err != nil {
		return "", err
	}
	if err := settle(ctx, f, mine); err != nil {
		return "", fmt.Errorf("nothing was changed, because what stays needs what goes:\n%w", err)
	}
	return text, nil
}

// shared reports whether others may have applied a migration, because it is on a branch of another repository.
func (f folder) shared(ctx context.Context, name string) (bool, error) {
	if !isMigration(name) {
		return false, nil
	}
	commit, err := f.git(ctx, "log", "--remotes", "--format=%H", "-1", "--", name)
	return commit != "", err
}
