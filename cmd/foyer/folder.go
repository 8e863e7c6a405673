package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A folder is a working copy of a tree.
type folder string

// ofHooks are the variables by which git tells a hook where it runs: what git rev-parse --local-env-vars lists, without
// GIT_CONFIG_COUNT, which a person sets. GIT_CONFIG_PARAMETERS stays one of them: git -c sets it, for that one call.
var ofHooks = strings.Fields(`GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_CONFIG GIT_CONFIG_PARAMETERS GIT_OBJECT_DIRECTORY
	GIT_DIR GIT_WORK_TREE GIT_IMPLICIT_WORK_TREE GIT_GRAFT_FILE GIT_INDEX_FILE GIT_NO_REPLACE_OBJECTS
	GIT_REPLACE_REF_BASE GIT_PREFIX GIT_INTERNAL_SUPER_PREFIX GIT_SHALLOW_FILE GIT_COMMON_DIR`)

// run runs a program in the folder and returns what it prints; its error has the whole output.
func (f folder) run(ctx context.Context, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = string(f)
	cmd.Env = slices.DeleteFunc(cmd.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains(ofHooks, name)
	})
	if _, err := os.Stat(f.path("go.work")); err != nil {
		cmd.Env = append(cmd.Env, "GOWORK=off") // one above the project does not know the worktree
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		for args[0] == "-c" {
			args = args[2:] // to git's verb
		}
		return stdout.String(), fmt.Errorf("%s %s: %w\n%s%s", program, args[0], err, stdout.String(), stderr.String())
	}
	return stdout.String(), nil
}

// git runs git without the person's hooks, which are for work trees of theirs.
func (f folder) git(ctx context.Context, args ...string) (string, error) {
	out, err := f.run(ctx, "git", append([]string{"-c", "core.hooksPath=/dev/null"}, args...)...)
	return strings.TrimRight(out, "\r\n"), err
}

// A session runs git in a folder until a call fails; err is that failure.
type session struct {
	folder
	ctx context.Context
	err error
}

func (s *session) git(args ...string) (out string) {
	if s.err != nil {
		return ""
	}
	out, s.err = s.folder.git(s.ctx, args...)
	return out
}

// added returns the files in the index that HEAD lacks.
func (s *session) added() []string {
	return listed(s.git("diff", "--cached", "-z", "--name-only", "--no-renames", "--diff-filter=A"))
}

// unmerged returns the files in conflict.
func (s *session) unmerged() []string {
	return listed(s.git("diff", "-z", "--name-only", "--diff-filter=U"))
}

// root returns the work tree that f lies in.
func (f folder) root(ctx context.Context) (folder, error) {
	top, err := f.git(ctx, "rev-parse", "--show-toplevel")
	return folder(filepath.FromSlash(top)), err
}

// names returns the files that git would commit, those not yet added included; no links and no nested repositories.
func (f folder) names(ctx context.Context) ([]string, error) {
	out, err := f.git(ctx, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	if err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(listed(out), func(name string) bool {
		info, err := os.Lstat(f.path(name))
		deleted := errors.Is(err, fs.ErrNotExist) // but not yet in the index
		return deleted || err == nil && !info.Mode().IsRegular()
	})
	slices.Sort(list)
	return slices.Compact(list), nil // a file in conflict is listed once per side
}

// listed returns the names that git prints with -z.
func listed(out string) []string { return strings.FieldsFunc(out, func(r rune) bool { return r == 0 }) }

func (f folder) path(name string) string { return filepath.Join(string(f), filepath.FromSlash(name)) }

// read returns the tree that git would commit.
func (f folder) read(ctx context.Context) (tree, error) {
	names, err := f.names(ctx)
	if err != nil {
		return nil, err
	}
	t := tree{}
	for _, name := range names {
		text, err := os.ReadFile(f.path(name))
		if err != nil {
			return nil, err
		}
		t[name] = string(text)
	}
	return t, nil
}

// write makes a folder that holds before hold after. A file may be missing already, because git moved it. A file that
// begins with "#!" can be executed, because the files of a Go module lose their modes.
func (f folder) write(before, after tree) error {
	for _, name := range before.names() {
		if _, ok := after[name]; ok {
			continue
		}
		if err := os.Remove(f.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		dir := filepath.Dir(f.path(name))
		for dir != string(f) && os.Remove(dir) == nil { // as long as they are empty
			dir = filepath.Dir(dir)
		}
	}
	for _, name := range after.names() {
		if was, ok := before[name]; ok && was == after[name] {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(f.path(name)), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(f.path(name), []byte(after[name]), modeOf(after[name])); err != nil {
			return err
		}
	}
	return nil
}

// add writes files and lets git know them, also where it ignores such files.
func (f folder) add(ctx context.Context, files tree) error {
	if err := f.write(nil, files); err != nil {
		return err
	}
	_, err := f.git(ctx, append([]string{"add", "--force", "--"}, files.names()...)...)
	return err
}

func modeOf(text string) os.FileMode {
	if strings.HasPrefix(text, "#!") {
		return 0o755
	}
	return 0o644
}

// stage puts all files into git's index, new scripts with their mode also where the system knows none.
func (f folder) stage(ctx context.Context, flags ...string) error {
	t, err := f.read(ctx)
	s := session{folder: f, ctx: ctx, err: err}
	s.git(append([]string{"add", "--all"}, flags...)...)
	scripts := slices.DeleteFunc(s.added(), func(name string) bool { return modeOf(t[name]) != 0o755 })
	if len(scripts) > 0 {
		s.git(append([]string{"update-index", "--chmod=+x", "--"}, scripts...)...)
	}
	return s.err
}
