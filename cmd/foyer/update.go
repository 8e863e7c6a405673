package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/semver"
)

// An update is one call of the verb. The tool of the version that a project comes to does it, because only that tool
// knows all of its template.
type update struct {
	change
	to   string // a version, or what names one in the source; "" is the newest
	base string // for a clone without .foyer: see project
	keep bool   // what does not fit, for a person to resolve in the work tree
	self bool   // this program is of the version to
}

func updateVerb(ctx context.Context, root folder, args []string, out io.Writer) error {
	u := update{change: change{out: out}}
	set := u.flags()
	set.StringVar(&u.to, "to", "", "")
	set.StringVar(&u.base, "base", "", "")
	set.BoolVar(&u.keep, "keep-conflicts", false, "")
	set.BoolVar(&u.self, "self", false, "")
	rest, err := parse(set, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return errUsage
	}
	u.noCommit = u.noCommit || u.keep
	if u.self {
		return u.apply(ctx, root)
	}
	return u.start(ctx, root, args)
}

// start finds the version and runs its tool.
func (u update) start(ctx context.Context, root folder, args []string) error {
	mine, err := root.read(ctx)
	if err != nil {
		return err
	}
	p, err := root.project(ctx, mine, u.base)
	if err != nil {
		return err
	}
	was := p.Version
	if p.Version, err = p.newest(ctx, root, u.to); err != nil {
		return fmt.Errorf("versions of %s were not found: %s", p.Upstream, reason(err))
	}
	older := p.older(ctx, root, was)
	switch {
	case p.Version == was || older && u.to == "":
		u.dryRun = false
		return u.print(report{Message: "Nothing to update: this project has " + was})
	case older:
		return fmt.Errorf("this project has %s, and an update never goes back to %s", was, p.Version)
	}
	dir, err := os.MkdirTemp("", "foyer-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	template, err := p.template(ctx, root)
	if err != nil {
		return err
	}
	source, program := folder(filepath.Join(dir, "source")), filepath.Join(dir, "foyer.exe")
	if err := source.write(nil, template); err != nil {
		return err
	}
	if _, err := source.run(ctx, "go", "build", "-o", program, "./cmd/foyer"); err != nil {
		return err
	}
	var fault bytes.Buffer
	tool := exec.CommandContext(ctx, program, append(append([]string{"update"}, args...), "--self", "--to", p.Version)...)
	tool.Dir, tool.Stdout, tool.Stderr = string(root), u.out, &fault
	tool.Cancel = func() error {
		tool.Process.Signal(os.Interrupt) // so that it removes its worktree; Windows interrupts it by itself
		return os.ErrProcessDone          // so that Run returns how it ended
	}
	err = tool.Run()
	if ended := (*exec.ExitError)(nil); errors.As(err, &ended) {
		return toolError(cmp.Or(strings.TrimPrefix(strings.TrimSpace(fault.String()), "foyer: "), err.Error()))
	}
	return err
}

// A toolError is what the tool that did the update says of it, also after Ctrl-C.
type toolError string

func (e toolError) Error() string { return string(e) }

// newest returns the version that query names, the newest one for "". A project at a tag gets tags, one at a commit the
// newest commit.
func (p project) newest(ctx context.Context, root folder, query string) (string, error) {
	if p.Source == "" {
		out, err := root.run(ctx, "go", "list", "-m", "-f", "{{.Version}}", p.Upstream+"@"+cmp.Or(query, "latest"))
		return strings.TrimSpace(out), err
	}
	refs, err := root.git(ctx, "ls-remote", "--", p.Source)
	if err != nil {
		return "", err
	}
	best, tagged := "", semver.IsValid(p.Version)
	for line := range strings.Lines(refs) {
		id, ref, _ := strings.Cut(strings.TrimSpace(line), "\t")
		tag, isTag := strings.CutPrefix(ref, "refs/tags/")
		switch {
		case isTag && (query == tag || query == ref):
			return tag, nil
		case ref == query, ref == "refs/heads/"+query, query == "" && ref == "HEAD" && !tagged:
			best = id
		case query == "" && isTag && tagged && semver.Prerelease(tag) == "" && semver.Compare(tag, best) > 0:
			best = tag
		}
	}
	return cmp.Or(best, query, p.Version), nil
}

// older reports whether the version came before another one. Of tags the numbers tell, of commits the history of the
// project or of the template's folder, where one has both.
func (p project) older(ctx context.Context, root folder, other string) bool {
	if semver.IsValid(p.Version) && semver.IsValid(other) {
		return semver.Compare(p.Version, other) < 0
	}
	return slices.ContainsFunc([]folder{root, folder(p.Source)}, func(f folder) bool {
		only, _ := f.git(ctx, "rev-list", "--left-right", "--count", "--end-of-options", p.Version+"..."+other)
		return strings.HasPrefix(only, "0\t") && only != "0\t0" // nothing here, something there
	})
}

// apply brings the project in root to the version.
func (u update) apply(ctx context.Context, root folder) error {
	var s step
	err := u.run(ctx, root, func(work folder, mine tree) (_ string, err error) {
		if s, err = begin(ctx, root, work, mine, u.base); err != nil {
			return "", err
		}
		var text string
		if s.p.Base != "" && s.p.Base != s.before.id() {
			text += "\n\nThe tool renders " + s.p.Version + " otherwise than this project got it, so look at the difference."
		}
		old := s.template
		s.p.Version, s.keep, s.what = u.to, u.keep, "the update to "+u.to
		if s.template, err = s.p.template(ctx, root); err != nil {
			return "", err
		}
		if err := s.p.leaveOut(old, s.template); err != nil {
			return "", err
		}
		if s.after, err = renderProject(s.template, s.p, mine); err != nil {
			return "", err
		}
		for _, name := range s.before.names() {
			if _, stays := s.after[name]; isMigration(name) && !stays {
				return "", fmt.Errorf("%s lacks %s, which databases may have: an update never goes back", u.to, name)
			}
		}
		found, err := s.finish(ctx, nil)
		return "Updated to " + u.to + text + found + notes(old[upgradingFile], s.template[upgradingFile]), err
	})
	if err != nil || !s.kept {
		return err
	}
	return errors.New("not all of it fits: resolve what is named above")
}

// leaveOut adds the parts that are new in a template and need one that the project does without. It forgets the parts
// that are none any more.
func (p *project) leaveOut(old, template tree) error {
	was, err := readParts(old[partsFile])
	if err != nil {
		return err
	}
	list, err := readParts(template[partsFile])
	if err != nil {
		return err
	}
	maps.DeleteFunc(p.Without, func(name, _ string) bool { return !list.has(name) })
	for _, part := range list {
		if !was.has(part.name) && slices.ContainsFunc(part.needs, func(need string) bool { return p.Without[need] != "" }) {
			p.Without[part.name] = never
		}
	}
	return nil
}

// upgradingFile says what an update leaves to a person, in a section for each version.
const upgradingFile = "cmd/foyer/UPGRADING.md"

// notes returns the sections of is that was lacks.
func notes(was, is string) (text string) {
	for i, section := range strings.Split(is, "\n## ") {
		if section = "\n## " + strings.TrimSpace(section); i > 0 && !strings.Contains(was, section) {
			text += "\n" + section
		}
	}
	return text
}
