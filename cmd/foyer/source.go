package main

import (
	"archive/zip"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"regexp"
	"runtime/debug"
	"strings"

	"golang.org/x/mod/modfile"
)

// template returns the tree that the project was rendered from: from the commits of the clone, from the source or from
// the module proxy. Without .foyer the clone is the template.
func (p project) template(ctx context.Context, clone folder) (tree, error) {
	if p.Version == "" {
		return clone.at(ctx, "HEAD")
	}
	fault := fmt.Sprintf("the template %s %s was not found", p.Upstream, p.Version)
	for _, get := range []func() (tree, error){
		func() (tree, error) { return clone.at(ctx, p.Version) },
		func() (tree, error) { return p.fetched(ctx, clone) },
		func() (tree, error) { return p.downloaded(ctx, clone) },
	} {
		t, err := get()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			fault += "; " + reason(err)
			continue
		}
		module := modfile.ModulePath([]byte(t["go.mod"]))
		if module == p.Upstream {
			return t, nil
		}
		fault += fmt.Sprintf("; here %s is of %s", p.Version, module) // such as the clone's own tag
	}
	return nil, errors.New(fault)
}

// reason returns the line of an error that says most: of a program the first that it printed.
func reason(err error) string {
	head, output, _ := strings.Cut(err.Error(), "\n")
	line, _, _ := strings.Cut(output, "\n")
	return cmp.Or(line, head)
}

// at returns the tree of a commit. Its files come from git's objects, so that edits in the work tree do not count.
func (f folder) at(ctx context.Context, commit string) (tree, error) {
	id, err := f.git(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", commit+"^{tree}")
	if err != nil {
		return nil, fmt.Errorf("there is no commit %s here", commit)
	}
	zipped, err := f.run(ctx, "git", "archive", "--format=zip", id)
	if err != nil {
		return nil, err
	}
	files, err := zip.NewReader(strings.NewReader(zipped), int64(len(zipped)))
	if err != nil {
		return nil, err
	}
	return readTree(files)
}

func readTree(files fs.FS) (tree, error) {
	t := tree{}
	return t, fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() { // the template has no links
			return err
		}
		text, err := fs.ReadFile(files, name)
		t[name] = string(text)
		return err
	})
}

// fetched returns the tree that the source has at the version. The clone keeps it.
func (p project) fetched(ctx context.Context, clone folder) (t tree, err error) {
	if t, err = clone.at(ctx, kept(p.Version)); err == nil {
		return t, nil
	}
	if p.Source == "" {
		return nil, errors.New("its address is not known")
	}
	dir, err := os.MkdirTemp("", "foyer-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s := session{folder: folder(dir), ctx: ctx}
	s.git("init", "--quiet", "--bare")
	s.git("fetch", "--quiet", "--depth=1", "--", p.Source, p.Version)
	if s.err != nil {
		return nil, s.err
	}
	if fixed.MatchString(p.Version) {
		s.keep(ctx, clone, "FETCH_HEAD", p.Version)
	}
	return s.at(ctx, "FETCH_HEAD")
}

// fixed finds versions that never move: tags of versions, and commits.
var fixed = regexp.MustCompile(`^(v[0-9].*|[0-9a-f]{40,})$`)

// kept is the ref under which a repository keeps a version of the template, so that it needs the source no more. It is
// of a tree, without the template's history, and not pushed or cloned.
func kept(version string) string { return "refs/foyer/" + version }

// keep lets other keep a tree that f has. Where that fails, other asks the source again.
func (f folder) keep(ctx context.Context, other folder, name, version string) {
	f.git(ctx, "push", "--quiet", "--force", "--", string(other), name+"^{tree}:"+kept(version))
}

// downloaded returns the tree of the version as a Go module. Where the module cache has it, this needs no network.
func (p project) downloaded(ctx context.Context, where folder) (tree, error) {
	out, err := where.run(ctx, "go", "mod", "download", "-json", p.Upstream+"@"+p.Version)
	var module struct{ Dir, Error string }
	if json.Unmarshal([]byte(out), &module) == nil && module.Error != "" {
		return nil, errors.New(module.Error)
	}
	if err != nil {
		return nil, err
	}
	return readTree(os.DirFS(module.Dir))
}

// ownTemplate returns the template that this program belongs to, and a project that says where it is: the module that
// the program was built from, or else HEAD of the checkout that dir lies in.
func ownTemplate(ctx context.Context, dir folder) (p project, t tree, err error) {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Sum != "" {
		p = project{Upstream: info.Main.Path, Version: info.Main.Version}
		t, err = p.downloaded(ctx, dir)
		return p, t, err
	}
	root, err := dir.root(ctx)
	if err != nil {
		return p, nil, errors.New("this folder is no checkout of the template; " +
			"without one: go run <module>/cmd/foyer@<version> new")
	}
	if t, err = root.at(ctx, "HEAD"); err != nil {
		return p, nil, err
	}
	p, ok, err := readProject(t)
	if err != nil {
		return p, nil, err
	}
	if ok { // what grew from a template gives that template, not itself
		t, err = p.template(ctx, root)
		return project{Upstream: p.Upstream, Source: p.Source, Version: p.Version}, t, err
	}
	p, err = root.origin(ctx, "HEAD")
	p.Source = cmp.Or(p.Source, string(root))
	return p, t, err
}

// project returns what .foyer says. A clone that has none grew from base, a commit of the template, or without base
// from the last commit that it shares with its origin, which must have no commits of the clone.
func (f folder) project(ctx context.Context, mine tree, base string) (project, error) {
	was, grown, err := readProject(mine)
	if err != nil || grown && base == "" {
		return was, err
	}
	if grown {
		return was, fmt.Errorf("%s names the version of the template: --base is for a clone without it", projectFile)
	}
	shared, _ := f.git(ctx, "merge-base", "HEAD", "refs/remotes/origin/HEAD") // fails without origin
	pushed, _ := f.git(ctx, "log", "-g", "-1", "--format=%H", "--grep-reflog=^update by push", "--remotes=origin")
	if pushed != "" {
		shared = "" // because the origin has commits of the clone
	}
	_, first := f.git(ctx, "rev-parse", "--verify", "--quiet", "HEAD^")
	if base = cmp.Or(base, shared); base == "" && first == nil {
		return was, errors.New("which commits are the template's? Git cannot tell, so name the last one that is not your " +
			"own: --base <commit>")
	}
	p, err := f.origin(ctx, cmp.Or(base, "HEAD"))
	if err != nil {
		return p, err
	}
	if p.Generated = was.Generated; pushed != "" {
		p.Source = "" // not the clone's own origin
	}
	p.names, err = namesOf(mine)
	return p, err
}

// origin returns a project of a commit of the template: where others find it, and by which name, a tag or the commit. A
// commit that was never pushed is in f alone and has no Source.
func (f folder) origin(ctx context.Context, commit string) (p project, err error) {
	t, err := f.at(ctx, commit)
	if err != nil {
		return p, err
	}
	s := session{folder: f, ctx: ctx}
	p.Upstream, p.Version = modfile.ModulePath([]byte(t["go.mod"])), s.git("rev-parse", commit+"^{commit}")
	pushed := s.git("for-each-ref", "--count=1", "--contains="+p.Version, "refs/remotes/origin")
	tag, _ := f.git(ctx, "describe", "--tags", "--exact-match", "--match=v[0-9]*", p.Version) // fails where it has none
	p.Version = cmp.Or(tag, p.Version)
	if pushed != "" {
		p.Source = f.address(s.git("remote", "get-url", "origin"))
	}
	return p, s.err
}

// address returns the address of a remote as others can use it: without a credential, and not relative to f.
func (f folder) address(remote string) string {
	if _, err := os.Stat(f.path(remote)); err == nil {
		return f.path(remote)
	}
	u, err := url.Parse(remote)
	if err != nil || !strings.HasPrefix(u.Scheme, "http") {
		return remote
	}
	u.User = nil
	return u.String()
}
