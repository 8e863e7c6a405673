package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// A step brings a project from one render of its template to another.
type step struct {
	what          string // does it, for error texts
	work          folder
	mine          tree // the project before
	p             project
	grown         bool // from the template, as .foyer says
	template      tree
	before, after tree
	keep          bool // conflicts, for a person to resolve
}

// begin renders the template as the project has it. A clone without .foyer grew from the commit base.
func begin(ctx context.Context, root, work folder, mine tree, base string) (s step, err error) {
	s = step{work: work, mine: mine}
	if s.p, s.grown, err = readProject(mine); err != nil {
		return s, err
	}
	if !s.grown && base == "" {
		return s, errors.New("there is no " + projectFile + ": only what foyer new made knows its template")
	}
	if !s.grown {
		s.before, err = root.at(ctx, base)
		return s, err
	}
	if s.template, err = s.p.template(ctx, root); err != nil {
		return s, err
	}
	s.before, err = renderProject(s.template, s.p, mine)
	return s, err
}

// finish merges the difference into the project, with files that are the project's own, settles it and records its state.
// It returns the conflicts that it keeps.
func (s step) finish(ctx context.Context, own tree) (kept conflict, err error) {
	err = s.work.merge(ctx, s.mine, s.before, s.after)
	if errors.As(err, &kept); kept != nil && !s.keep {
		return nil, fmt.Errorf("nothing was changed, because this project and %s change the same lines:\n%w", s.what, err)
	}
	if err != nil && kept == nil {
		return nil, err
	}
	if err := s.work.write(nil, own); err != nil {
		return nil, err
	}
	if kept == nil {
		if err := settle(ctx, s.work, s.mine); err != nil {
			return nil, fmt.Errorf("nothing was changed, because this does not fit %s:\n%w", s.what, err)
		}
	}
	return kept, s.record(ctx)
}

// record writes .foyer.
func (s step) record(ctx context.Context) error {
	if !s.grown {
		return nil
	}
	now, err := s.work.read(ctx)
	if err != nil {
		return err
	}
	render, err := renderProject(s.template, s.p, now)
	if err != nil {
		return err
	}
	s.p.Base = render.id()
	state := tree{}
	if err := s.p.write(state); err != nil {
		return err
	}
	return s.work.write(nil, state)
}

// opened returns a paragraph with the lines of the table of who may open what that are new, "" if there are none.
func (s step) opened(ctx context.Context) (string, error) {
	now, err := s.work.read(ctx)
	if err != nil {
		return "", err
	}
	lines := gained(s.mine[accessFile], now[accessFile])
	if lines == nil {
		return "", nil
	}
	return "\n\nWho may open what:\n" + strings.Join(lines, "\n"), nil
}
