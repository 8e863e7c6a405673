package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// A change is one call of a verb that edits the project: a commit, made in a worktree beside the project, so that a
// failure or Ctrl-C leaves the project as it was.
type change struct {
	dryRun, noCommit, json bool
	out                    io.Writer
}

// flags returns the flags that all such verbs have.
func (c *change) flags() *flag.FlagSet {
	set := flag.NewFlagSet("", flag.ContinueOnError)
	set.BoolVar(&c.dryRun, "dry-run", false, "")
	set.BoolVar(&c.noCommit, "no-commit", false, "")
	set.BoolVar(&c.json, "json", false, "")
	return set
}

// report is what a change prints for programs.
type report struct {
	Message string   `json:"message"`
	Commit  string   `json:"commit,omitempty"` // none for a dry run and without a commit
	Files   []string `json:"files"`
	Diff    string   `json:"diff,omitempty"` // of a dry run

	migration string // a new one, which a revert does not take back in a database; "" for none
}

// run lets edit work on a worktree of HEAD, in which mine is the project's tree, and brings the result into the project
// in root. edit returns the message of the commit.
func (c change) run(ctx context.Context, root folder, edit func(work folder, mine tree) (string, error)) (err error) {
	head, err := root.committed(ctx)
	if err != nil {
		return err
	}
	work, remove, err := root.worktree(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	mine, err := work.read(ctx)
	if err != nil {
		return err
	}
	message, err := edit(work, mine)
	if err != nil {
		return root.explain(ctx, err)
	}
	return c.take(ctx, root, work, head, message)
}

// committed returns the commit that is the project's state. Refusals: changes, and a repository without a commit.
func (f folder) committed(ctx context.Context) (head string, err error) {
	head, err = f.git(ctx, "rev-parse", "--verify", "--quiet", "HEAD")
	if err != nil {
		return "", errors.New("this repository has no commit yet: commit the project first")
	}
	dirty, err := f.git(ctx, "status", "--porcelain")
	if err != nil {
		return "", err
	}
	if dirty != "" {
		return "", errors.New("the work tree has changes: commit or stash them first")
	}
	return head, nil
}

// worktree makes a second work tree of HEAD beside f, so that go.mod may name folders there, or in a temporary folder
// where nothing can be made beside f. It returns what removes it.
func (f folder) worktree(ctx context.Context) (folder, func() error, error) {
	dir, err := os.MkdirTemp(filepath.Dir(string(f)), "foyer-") // no dot, because templ passes over such folders
	if err != nil {
		dir, err = os.MkdirTemp("", "foyer-")
	}
	if err != nil {
		return "", nil, err
	}
	work := folder(dir)
	remove := func() error { // also after Ctrl-C, and where git, which ended early, has locked it: forced twice
		_, err := f.git(context.WithoutCancel(ctx), "worktree", "remove", "--force", "--force", dir)
		return errors.Join(err, os.RemoveAll(dir))
	}
	if _, err := f.git(ctx, "worktree", "add", "--quiet", "--detach", dir, "HEAD"); err != nil {
		remove() // fails where git knows nothing of it
		return "", nil, err
	}
	return work, remove, nil
}

// take brings the work tree into the project: as a commit, uncommitted, or only as a printed difference.
func (c change) take(ctx context.Context, root, work folder, head, message string) error {
	s := session{folder: work, ctx: ctx}
	unmerged := s.unmerged()
	s.err = errors.Join(s.err, work.stage(ctx))
	r := report{Message: message, Files: listed(s.git("diff-index", "--cached", "-z", "--name-only", head))}
	if s.err != nil {
		return s.err
	}
	if len(r.Files) == 0 {
		return errors.New("this changes nothing")
	}
	for _, name := range s.added() {
		if _, err := os.Lstat(root.path(name)); err == nil {
			return fmt.Errorf("%s is here already, and git ignores it: move it away first", name)
		}
		if isMigration(name) {
			r.migration = name
		}
	}
	if c.dryRun {
		r.Diff = s.git("diff-index", "--cached", "--patch", "--find-renames", "--no-ext-diff", head)
	} else {
		r.Commit = c.commit(&s, root, head, message)
		if len(unmerged) > 0 { // then git diff shows their conflicts
			s.folder = root
			s.git(append([]string{"reset", "--quiet", "--intent-to-add", "--"}, unmerged...)...)
		}
	}
	if s.err != nil {
		return s.err
	}
	return c.print(r)
}

// commit returns the id of the commit, "" if the project is to have none.
func (c change) commit(s *session, root folder, head, message string) string {
	s.git(append(s.author(s.ctx, "foyer"), "commit", "--quiet", "--no-verify", "--cleanup=whitespace",
		"-m", message)...)
	made := s.git("rev-parse", "HEAD")
	if s.err != nil {
		return ""
	}
	if now, err := root.committed(s.ctx); now != head || err != nil {
		s.err = cmp.Or(s.ctx.Err(), errMeanwhile)
		return ""
	}
	over := []string{"merge", "--quiet", "--ff-only", "--no-verify-signatures", made}
	if c.noCommit {
		over, made = []string{"read-tree", "-m", "-u", head, made}, ""
	}
	// With the person's hooks, as git pull. Ctrl-C would leave half of it.
	if _, err := root.run(context.WithoutCancel(s.ctx), "git", over...); err != nil {
		s.err = fmt.Errorf("%w:\n%w", errHalfDone, err)
	}
	return made
}

var (
	errMeanwhile = errors.New("the project was changed meanwhile, so nothing was taken over: run it again")
	errHalfDone  = errors.New("see git status, because the change may be in the project by half")
)

// author returns what lets git commit under a name where it does not know the person.
func (f folder) author(ctx context.Context, name string) []string {
	_, err := f.git(ctx, "var", "GIT_COMMITTER_IDENT")
	if err != nil {
		return []string{"-c", "user.name=" + name, "-c", "user.email=nobody@localhost"}
	}
	return nil
}

func (c change) print(r report) error {
	if c.json {
		return json.NewEncoder(c.out).Encode(r)
	}
	subject, text, _ := strings.Cut(r.Message, "\n")
	if r.Commit != "" {
		subject += fmt.Sprintf("; git revert %.10s takes it back", r.Commit)
		if r.migration != "" {
			subject += ", while no database has run " + r.migration + "; after that see go run ./cmd/foyer help"
		}
	}
	said := strings.TrimSpace(subject + "\n" + text)
	if c.dryRun { // with what is to know of the difference
		said = strings.TrimLeft(text+"\n\n"+r.Diff, "\n")
	}
	_, err := fmt.Fprintln(c.out, said)
	return err
}
