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
	template      tree
	before, after tree
	keep          bool // what does not fit, for a person to resolve
	kept          bool // something did not
}

// begin renders the template as the project has it; for base see project.
func begin(ctx context.Context, root, work folder, mine tree, base string) (s step, err error) {
	s = step{work: work, mine: mine}
	if s.p, err = root.project(ctx, mine, base); err != nil {
		return s, err
	}
	if s.template, err = s.p.template(ctx, root); err != nil {
		return s, err
	}
	s.before, err = renderProject(s.template, s.p, mine)
	return s, err
}

// finish merges the difference into the project, with files that are the project's own, settles it and writes .foyer.
// It returns paragraphs with what a person is to look at, "" if there is nothing.
func (s *step) finish(ctx context.Context, own tree) (text string, err error) {
	misfit := s.work.merge(ctx, s.mine, s.before, s.after, s.mine.given)
	if lines := (conflict)(nil); misfit != nil && !errors.As(misfit, &lines) {
		return "", misfit
	}
	if err := s.work.add(ctx, own); err != nil {
		return "", err
	}
	if misfit == nil {
		misfit = settle(ctx, s.work, s.mine)
	}
	if misfit != nil && !s.keep {
		return "", fmt.Errorf("nothing was changed, because this project does not fit %s:\n%w", s.what, misfit)
	}
	if s.kept = misfit != nil; s.kept {
		text = "\n\nResolve this, run go tool templ generate, go mod tidy, go test ./web ./internal/auth -update and " +
			"go test ./..., and git commit --all; git reset --hard takes it back:\n" + misfit.Error()
	}
	now, err := s.work.read(ctx)
	if err != nil {
		return "", err
	}
	if lines := gained(s.mine[accessFile], now[accessFile]); len(lines) > 0 {
		text += "\n\nWho may open what:\n" + strings.Join(lines, "\n")
	}
	return text, s.record(ctx, now)
}

// record writes .foyer of a project that is the tree now.
func (s step) record(ctx context.Context, now tree) error {
	if s.template != nil {
		render, err := renderProject(s.template, s.p, now)
		if err != nil {
			return err
		}
		s.p.Base = render.id()
	}
	s.p.follow(s.mine, now)
	return s.work.add(ctx, tree{projectFile: s.p.text()})
}
