package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// A taking is one call of without or with.
type taking struct {
	change
	parts []string
	fresh bool   // no database has the parts' tables yet, so their migrations leave, too
	base  string // for a clone without .foyer: see project
	now   time.Time
}

// without takes parts out of the project in root.
func without(ctx context.Context, root folder, w taking) error {
	return w.run(ctx, root, func(work folder, mine tree) (string, error) {
		s, err := begin(ctx, root, work, mine, w.base)
		if err != nil {
			return "", err
		}
		list, err := readParts(s.before[partsFile])
		if err != nil {
			return "", err
		}
		what := strings.Join(w.parts, ", ")
		s.what = "the removal of " + what
		leave := removal{parts: w.parts, uses: ownLiterals(mine, s.before)}
		if !w.fresh {
			leave.has = s.before.only(list.migrationsOf(w.parts))
		}
		if s.after, err = render(s.before, leave); err != nil {
			return "", err
		}
		s.cutMade(list, leave)
		drops, err := s.drop(w, list, leave.has)
		if err != nil {
			return "", err
		}
		opened, err := s.finish(ctx, drops)
		if err != nil {
			return "", err
		}
		if opened != "" {
			return "", errors.New("nothing was changed, because the removal opens what was closed." + opened)
		}
		return "Without " + what, nil
	})
}

// with brings parts back that the project in root does without, and what they need.
func with(ctx context.Context, root folder, w taking) error {
	if w.fresh {
		return errUsage
	}
	return w.run(ctx, root, func(work folder, mine tree) (string, error) {
		s, err := begin(ctx, root, work, mine, w.base)
		if err != nil {
			return "", err
		}
		list, err := readParts(s.template[partsFile])
		if err != nil {
			return "", err
		}
		back, dropped, err := s.back(w, list)
		if err != nil {
			return "", err
		}
		s.what = "the return of " + strings.Join(back, ", ")
		if s.after, err = renderProject(s.template, s.p, mine); err != nil {
			return "", err
		}
		again := tree{}
		for name, next := range successors(mine, dropped, w.now, "") {
			again[next] = s.after[name]
			if mine[name] == "" { // the template got it while the part was out
				delete(s.after, name)
			}
		}
		opened, err := s.finish(ctx, again)
		if len(s.p.Generated) > 0 {
			opened = "\n\nCode that a feature had for it does not come back: an earlier commit has it." + opened
		}
		return "With " + strings.Join(back, ", ") + opened, err
	})
}

// back puts the parts into the project's state. It returns them, with those that they need, and the migrations of those
// whose tables were dropped.
func (s *step) back(w taking, list partList) (back, dropped []string, err error) {
	for todo := w.parts; len(todo) > 0; todo = todo[1:] {
		state, out := s.p.Without[todo[0]]
		i := list.index(todo[0])
		if !out && slices.Contains(w.parts, todo[0]) && !slices.Contains(back, todo[0]) || i < 0 {
			return nil, nil, fmt.Errorf("this project does not lack %s; it lacks: %s", todo[0],
				cmp.Or(strings.Join(s.p.out(), " "), "no part"))
		}
		if !out {
			continue
		}
		delete(s.p.Without, todo[0])
		back, todo = append(back, todo[0]), append(todo, list[i].needs...)
		if state != never {
			dropped = append(dropped, list.migrationsOf(back[len(back)-1:])...)
		}
	}
	slices.Sort(dropped)
	return back, dropped, nil
}

// drop returns migrations that take back those of the parts, and puts them into the project's state.
func (s *step) drop(w taking, list partList, applied tree) (tree, error) {
	files := applied.names()
	slices.Reverse(files) // what came last may stand on what came first
	names, drops := successors(s.mine, files, w.now, "drop_"), tree{}
	for name, text := range applied {
		drop, err := swapped(name, text)
		if err != nil {
			return nil, err
		}
		drops[names[name]] = drop
	}
	s.p.Without = maps.Collect(maps.All(s.p.Without))
	for _, part := range w.parts {
		var own []string
		for _, name := range list.migrationsOf([]string{part}) {
			if names[name] != "" {
				own = append(own, path.Base(names[name]))
			}
		}
		s.p.Without[part] = cmp.Or(strings.Join(own, " "), never)
	}
	return drops, nil
}

// cutMade puts what page and feature made for the parts of r into both renders, so that it leaves with them where no
// person changed it.
func (s *step) cutMade(list partList, r removal) {
	take := func(name, text string, own []string) string { // the spans that begin with one of own
		spans, _ := spansOf(name, text, list.has) // settle names the fault
		return cut(text, spans, func(one span, lines []string) fate {
			if !slices.ContainsFunc(own, func(line string) bool { return alike(line, lines[0]) }) {
				return stays
			}
			return r.fateIn(name, nil)(one, lines)
		})
	}
	for _, g := range s.p.Generated {
		for name, id := range g.Files {
			if blobID(s.mine[name]) != id {
				continue
			}
			s.before[name], s.after[name] = s.mine[name], take(name, s.mine[name], strings.Split(s.mine[name], "\n"))
			if s.after[name] == "" {
				delete(s.after, name)
				delete(g.Files, name)
			}
		}
		for name, lines := range g.Lines {
			if s.before[name] != s.mine[name] {
				s.before[name], s.after[name] = s.mine[name], s.mine[name]
			}
			s.after[name] = take(name, s.after[name], lines)
			left := take(name, strings.Join(lines, "\n"), lines)
			g.Lines[name] = strings.FieldsFunc(left, func(r rune) bool { return r == '\n' })
		}
	}
}

// ownLiterals returns the strings in lines that a clone added to before.
func ownLiterals(mine, before tree) literals {
	own := tree{}
	for name, text := range mine {
		for line := range strings.Lines(text) {
			if !strings.Contains(before[name], line) {
				own[name] += line
			}
		}
	}
	uses := literals{}
	uses.addTree(own)
	return uses
}
