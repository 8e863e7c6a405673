package main

import (
	"bytes"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// bare makes a bare clone of f, as a hosting service has it.
func (f folder) bare(t *testing.T) folder {
	t.Helper()
	dir := folder(filepath.Join(t.TempDir(), "bare.git"))
	f.do(t, "clone", "--quiet", "--bare", ".", string(dir))
	return dir
}

// TestTemplate: the template comes from the clone's own commits, from a folder or address, and from what is a module.
func TestTemplate(t *testing.T) {
	t.Parallel()
	template := newProject(t, sample())
	commit := template.do(t, "rev-parse", "HEAD")
	template.do(t, "tag", "v1.0.0")
	template.commit(t, sample().with("later.txt", "later\n"), "Later")
	clone := newProject(t, sample().with("go.mod", "module example.com/harbor\n"))
	clone.do(t, "tag", "v1.0.0")
	p := project{Upstream: "example.com/sample"}
	for _, row := range []struct {
		what            string
		source, version string
		where           folder
	}{
		{"a commit of a folder", string(template), commit, clone},
		{"a tag of a bare repository, of which the clone has one, too", string(template.bare(t)), "v1.0.0", clone},
		{"a tag of its own", "", "v1.0.0", template},
		{"an abbreviated commit of its own", "", commit[:10], template},
	} {
		t.Run(row.what, func(t *testing.T) {
			t.Parallel()
			p := p
			p.Source, p.Version = row.source, row.version
			got, err := p.template(t.Context(), row.where)
			must(t, err)
			if !maps.Equal(got, sample()) {
				t.Errorf("got the files %q", got.names())
			}
		})
	}
	got, err := project{}.template(t.Context(), template)
	must(t, err)
	if got["later.txt"] == "" {
		t.Error("the template itself is not HEAD")
	}
	p.Source, p.Version = string(template), "v9.9.9"
	_, err = p.template(t.Context(), clone)
	refused(t, err, "the template example.com/sample v9.9.9 was not found", "there is no commit v9.9.9 here",
		"couldn't find remote ref v9.9.9", "example.com/sample@v9.9.9: ")
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than a line: %q", err)
	}
	p.Version, p.Source = "v1.0.0", ""
	_, err = p.template(t.Context(), clone)
	refused(t, err, "; here v1.0.0 is of example.com/harbor; its address is not known; ")
}

// TestDownloaded: a project that came from a module finds its template as one.
func TestDownloaded(t *testing.T) {
	proxy(t, newProject(t, sample()), "v0.1.0")
	for version, want := range map[string]string{"v0.1.0": "", "v0.2.0": "example.com/sample@v0.2.0: "} {
		p := project{Upstream: "example.com/sample", Version: version}
		got, err := p.template(t.Context(), folder(t.TempDir()))
		if want != "" {
			refused(t, err, want)
		} else if must(t, err); !maps.Equal(got, sample()) {
			t.Errorf("got the files %q", got.names())
		}
	}
}

// proxy makes a module of HEAD, and lets Go find it and what is in the module cache, with an empty cache and
// without network.
func proxy(t *testing.T, root folder, version string) {
	t.Helper()
	files, err := root.at(t.Context(), "HEAD")
	must(t, err)
	m := module.Version{Path: modfile.ModulePath([]byte(files["go.mod"])), Version: version}
	var zipped bytes.Buffer
	must(t, zip.CreateFromVCS(&zipped, m, string(root), "HEAD", ""))
	dir, at := folder(t.TempDir()), m.Path+"/@v/"
	must(t, dir.write(nil, tree{
		at + "list":            version + "\n",
		at + version + ".info": fmt.Sprintf(`{"Version":%q,"Time":"2026-01-31T12:00:00Z"}`, version),
		at + version + ".mod":  files["go.mod"],
		at + version + ".zip":  zipped.String(),
	}))
	cache := folder(root.goEnv(t, "GOMODCACHE"))
	t.Setenv("GOPROXY", fileURL(string(dir))+","+fileURL(cache.path("cache/download")))
	t.Setenv("GONOSUMDB", "*")
	t.Setenv("GOMODCACHE", t.TempDir())
	t.Setenv("GOFLAGS", "-modcacherw")
}

func (f folder) goEnv(t *testing.T, name string) string {
	t.Helper()
	value, err := f.run(t.Context(), "go", "env", name)
	must(t, err)
	return strings.TrimSpace(value)
}

func fileURL(path string) string {
	return (&url.URL{Scheme: "file", Path: "/" + strings.TrimPrefix(filepath.ToSlash(path), "/")}).String()
}

// TestAt: a tree comes from git's objects, whatever lies in the work tree.
func TestAt(t *testing.T) {
	t.Parallel()
	f := newProject(t, sample())
	must(t, f.write(nil, tree{"go.mod": "edited", "draft.txt": "mine"}))
	got, err := f.at(t.Context(), "HEAD")
	must(t, err)
	if !maps.Equal(got, sample()) {
		t.Errorf("got the files %q", got.names())
	}
	for _, commit := range []string{"--output=x", "nothing", ""} {
		_, err := f.at(t.Context(), commit)
		refused(t, err, "there is no commit "+commit)
	}
}

// TestOrigin: what was pushed is found at the origin.
func TestOrigin(t *testing.T) {
	t.Parallel()
	f := newProject(t, sample())
	remote := string(f.bare(t))
	f.do(t, "remote", "add", "origin", remote)
	expect := func(what, wantSource, wantVersion string) {
		t.Helper()
		p, err := f.origin(t.Context(), "HEAD")
		must(t, err)
		if p.Upstream != "example.com/sample" || p.Source != wantSource || p.Version != wantVersion {
			t.Errorf("%s: %+v, want %q, %q", what, p, wantSource, wantVersion)
		}
	}
	head := f.do(t, "rev-parse", "HEAD")
	expect("before a push", "", head)
	f.do(t, "fetch", "--quiet", "origin")
	expect("pushed", remote, head)
	f.do(t, "tag", "later")
	f.do(t, "tag", "v1.2.3")
	expect("tagged", remote, "v1.2.3")
	for address, want := range map[string]string{
		"web": f.path("web"),
		"https://ada:secret@git.example.com/foyer.git": "https://git.example.com/foyer.git",
		"https://token@git.example.com/foyer.git":      "https://git.example.com/foyer.git",
		"ssh://git@git.example.com/foyer.git":          "ssh://git@git.example.com/foyer.git",
		"git@git.example.com:foyer.git":                "git@git.example.com:foyer.git",
	} {
		f.do(t, "remote", "set-url", "origin", address)
		expect(address, want, "v1.2.3")
	}
}

// TestTemplateIsModule: the template loses nothing on its way through a Go module.
func TestTemplateIsModule(t *testing.T) {
	t.Parallel()
	root, err := folder(".").root(t.Context())
	if err != nil {
		t.Skip("this is no checkout")
	}
	files := root.tree(t)
	if _, ok := files[projectFile]; ok {
		t.Skip("this is a project, not the template")
	}
	for line := range strings.Lines(root.do(t, "ls-files", "--stage")) {
		mode, name, _ := strings.Cut(strings.TrimSpace(line), "\t")
		mode = mode[:6]
		text := files[name]
		script := strings.HasPrefix(text, "#!")
		switch {
		case mode != "100644" && mode != "100755":
			t.Errorf("%s is no file: mode %s", name, mode)
		case strings.HasSuffix(name, "/go.mod"):
			t.Errorf("%s: the folder of a nested module leaves the module around it", name)
		case strings.HasSuffix(name, ".gitattributes") && strings.Contains(text, "export-"):
			t.Errorf("%s takes files out of the module", name)
		case script != (mode == "100755"):
			t.Errorf("%s: mode %s, but a file can be executed if it begins with #!", name, mode)
		}
	}
}
