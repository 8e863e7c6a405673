package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// renameVerb gives the project other names.
func renameVerb(ctx context.Context, root folder, args []string, out io.Writer) error {
	c := change{out: out}
	set := c.flags()
	prefix := set.String("prefix", "", "")
	base := set.String("base", "", "")
	rest, err := parse(set, args)
	if err != nil {
		return err
	}
	if len(rest) > 2 {
		return errUsage
	}
	rest = append(rest, "", "")
	to := names{rest[0], rest[1], *prefix}
	if to.Name == "" {
		const needs = `rename needs a module path and a name, such as: rename github.com/acme/harbor "Harbor CRM"`
		if err := atTerminal(ctx, needs, func(p *person) { to.ask(p, "") }); err != nil {
			return err
		}
	}
	to = to.complete()
	if err := to.check(); err != nil {
		return err
	}
	return c.run(ctx, root, func(work folder, mine tree) (string, error) {
		from, err := namesOf(mine)
		if err != nil {
			return "", err
		}
		text := "Renamed to " + to.Name
		if from.Prefix != to.Prefix {
			text += fmt.Sprintf(movedDatabase, to.Prefix, from.Prefix)
		}
		return text, rename(ctx, root, step{work: work, mine: mine}, from, to, *base)
	})
}

const movedDatabase = "\n\nWhere DATABASE_URL is not set, the database is data/%s.db now: stop the server and move " +
	"data/%s.db there, with its -wal and -shm if there are any. The names of cookies change, too, so people log in again."

// rename gives the project other names and records them. Back to the template's names, a clone loses .foyer if nothing
// else is in it.
func rename(ctx context.Context, root folder, s step, from, to names, base string) (err error) {
	if s.after, err = renamed(s.mine, to); err != nil {
		return err
	}
	if err := s.restorable(from); err != nil {
		return err
	}
	p, err := root.project(ctx, s.mine, base)
	if err != nil {
		return err
	}
	s.template, _ = p.template(ctx, root) // without it another name has no Base
	home, _ := namesOf(s.template)
	s.p = p.renamed(from, to)
	_, own := root.git(ctx, "merge-base", "--is-ancestor", p.Version, "HEAD")
	plain := to == home && own == nil && len(p.Without)+len(p.Generated) == 0
	if plain {
		delete(s.after, projectFile)
	}
	if err := s.work.write(s.mine, s.after); err != nil {
		return err
	}
	if _, err := s.work.run(ctx, "go", "vet", "./..."); err != nil {
		return errors.New("nothing was changed, because the renamed project would not compile:\n" + faults(err.Error()))
	}
	if plain {
		return nil
	}
	return s.record(ctx, s.after)
}

// renamed returns the state under other names, also in the lines that a command put into files.
func (p project) renamed(from, to names) project {
	if p.names != to {
		p.names, p.Base = to, ""
	}
	for _, g := range p.Generated {
		for name, lines := range g.Lines {
			for i := range lines {
				lines[i] = from.replaced(to, name, lines[i])
			}
		}
	}
	return p
}

// restorable refuses a rename after which renaming back would give another project.
func (s step) restorable(from names) error {
	back, err := renamed(s.after, from)
	if err != nil {
		return err
	}
	for _, name := range s.mine.names() {
		lines := strings.Split(back[name], "\n")
		for i, line := range strings.Split(s.mine[name], "\n") {
			if i >= len(lines) || line != lines[i] {
				return fmt.Errorf("%s:%d: renaming back would not restore this line, because it has a new name already or is "+
					"not as gofmt has it: %s", name, i+1, strings.TrimSpace(line))
			}
		}
	}
	return nil
}
