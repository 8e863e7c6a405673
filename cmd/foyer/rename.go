package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"golang.org/x/mod/modfile"
)

// renameVerb gives the project other names.
func renameVerb(ctx context.Context, root folder, args []string, out io.Writer) error {
	c := change{out: out}
	set := flag.NewFlagSet("rename", flag.ContinueOnError)
	c.flags(set)
	prefix := set.String("prefix", "", "")
	base := set.String("base", "", "")
	rest, err := parse(set, args)
	if err != nil || len(rest) > 2 {
		return errUsage
	}
	rest = append(rest, "", "")
	to := names{rest[0], rest[1], *prefix}
	if to.Name == "" {
		if err := atTerminal(ctx, func(p *person) { to.ask(p, "") }); err != nil {
			return err
		}
	}
	to = to.complete()
	if err := to.check(); err != nil {
		return err
	}
	return c.run(ctx, root, func(work folder, mine tree) (string, error) {
		return "Renamed to " + to.Name, rename(ctx, root, step{work: work, mine: mine, grown: true}, to, *base)
	})
}

// rename gives the project other names and records them. The first rename of a clone, which has no .foyer, records
// which commit of the template the clone grew from; one back to the template's names deletes .foyer if nothing else is
// in it.
func rename(ctx context.Context, root folder, s step, to names, base string) error {
	from, err := namesOf(s.mine)
	if err != nil {
		return err
	}
	if s.after, err = renamed(s.mine, to); err != nil {
		return err
	}
	if err := s.restorable(from); err != nil {
		return err
	}
	p, grown, err := readProject(s.mine)
	switch {
	case err != nil:
		return err
	case grown && base != "":
		return fmt.Errorf("%s names the version of the template: --base is for the first rename", projectFile)
	case !grown:
		made := p.Generated
		if p, err = root.adopted(ctx, base); err != nil {
			return err
		}
		p.Generated = made
	}
	s.template, _ = root.at(ctx, p.Version)
	home, err := namesOf(s.template)
	if err != nil || home.Module != p.Upstream {
		s.template, home = nil, names{} // only another repository has it, and .foyer loses Base
	}
	s.p = p.renamed(from, to)
	_, apart := root.git(ctx, "merge-base", "--is-ancestor", p.Version, "HEAD")
	s.grown = to != home || apart != nil || len(p.Without)+len(p.Generated) > 0
	if !s.grown {
		delete(s.after, projectFile)
	}
	if err := s.work.write(s.mine, s.after); err != nil {
		return err
	}
	if _, err := s.work.run(ctx, "go", "vet", "./..."); err != nil {
		return errors.New("nothing was changed, because the renamed project would not compile:\n" + faults(err.Error()))
	}
	return s.record(ctx)
}

// adopted returns the state of a clone that has none: it grew from the commit base or, without one, from the last
// commit that it shares with its origin. A clone without origin grew from HEAD.
func (f folder) adopted(ctx context.Context, base string) (p project, err error) {
	if base == "" {
		shared, _ := f.git(ctx, "merge-base", "HEAD", "refs/remotes/origin/HEAD")
		base = cmp.Or(shared, "HEAD")
	}
	t, err := f.at(ctx, base)
	if err != nil {
		return p, err
	}
	p.Upstream = modfile.ModulePath([]byte(t["go.mod"]))
	remote, _ := f.git(ctx, "remote", "get-url", "origin") // fails without origin
	if remote != "" {
		p.Source = f.address(remote)
	}
	p.Version, err = f.git(ctx, "rev-parse", base+"^{commit}")
	return p, err
}

// renamed returns the state under other names, also in the lines that a command put into files.
func (p project) renamed(from, to names) project {
	p.names = to
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
