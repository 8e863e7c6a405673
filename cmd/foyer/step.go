package main

import (
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"path"
	"slices"
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
	keep          bool // what does not fit, for a person to resolve
}

var errNotGrown = errors.New("there is no " + projectFile + ": only what foyer new made knows its template")

// begin renders the template as the project has it. A clone without .foyer grew from the commit base.
func begin(ctx context.Context, root, work folder, mine tree, base string) (s step, err error) {
	s = step{work: work, mine: mine}
	if s.p, _, err = readProject(mine); err != nil {
		return s, err
	}
	s.grown = s.p.Upstream != ""            // else the file only has what was generated
	s.grown = s.grown && s.p.Upstream != "" // else page or feature made the file
	if !s.grown && base == "" {
		return s, errNotGrown
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
// It returns as misfit what a person is to resolve, if the step keeps that.
func (s step) finish(ctx context.Context, own tree) (misfit, err error) {
	apart := derived
	if s.grown {
		apart = given
	}
	misfit = s.work.merge(ctx, s.mine, s.before, s.after, apart)
	if lines := (conflict)(nil); misfit != nil && !errors.As(misfit, &lines) {
		return nil, misfit
	}
	if err := s.work.write(nil, own); err != nil {
		return nil, err
	}
	if misfit == nil {
		misfit = settle(ctx, s.work, s.mine)
	}
	if misfit != nil && !s.keep {
		return nil, fmt.Errorf("nothing was changed, because this project does not fit %s:\n%w", s.what, misfit)
	}
	return misfit, s.record(ctx)
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
	s.p.Base = ""
	if s.template != nil {
		render, err := renderProject(s.template, s.p, now)
		if err != nil {
			return err
		}
		s.p.Base = render.id()
	}
	s.p.Generated = slices.Clone(s.p.Generated)
	for i, g := range s.p.Generated {
		s.p.Generated[i].Files, s.p.Generated[i].Lines = map[string]string{}, map[string][]string{}
		for name, id := range g.Files {
			moved := now.moved(name, s.mine)
			if blobID(s.mine[name]) == id { // nobody edited it
				id = blobID(now[moved])
			}
			s.p.Generated[i].Files[moved] = id
		}
		for name, lines := range g.Lines {
			s.p.Generated[i].Lines[now.moved(name, s.mine)] = lines
		}
	}
	state := tree{}
	if err := s.p.write(state); err != nil {
		return err
	}
	return s.work.write(nil, state)
}

// moved returns the name that a file of the tree was has in t, by its last element.
func (t tree) moved(name string, was tree) string {
	if _, stays := t[name]; stays {
		return name
	}
	for _, other := range t.names() {
		if _, old := was[other]; !old && path.Base(other) == path.Base(name) {
			return other
		}
	}
	return name
}

// blobID returns git's id of a file.
func blobID(text string) string {
	return fmt.Sprintf("%x", sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(text), text)))
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
