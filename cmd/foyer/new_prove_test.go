//go:build prove

package main

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/modfile"
)

// TestNewInShort: the small project builds, and a person signs up.
func TestNewInShort(t *testing.T) {
	project := folder(filepath.Join(t.TempDir(), "harbor"))
	var out bytes.Buffer
	args := []string{"new", string(project), "github.com/acme/harbor", "Harbor CRM", "--preset", "small"}
	must(t, run(t.Context(), string(template(t)), args, &out))
	project.tryOut(t, "Harbor CRM")
	project.untouched(t, project.do(t, "rev-parse", "HEAD"))
}

// TestStarterNew: with Go and git alone, a project comes from a checkout and from a module, and is whole.
func TestStarterNew(t *testing.T) {
	root := template(t)
	checkout := folder(filepath.Join(t.TempDir(), "foyer"))
	root.do(t, "clone", "--quiet", ".", string(checkout))
	goAndGitAlone(t)
	proxy(t, root, "v0.0.1")
	own := modfile.ModulePath([]byte(root.tree(t)["go.mod"]))
	for _, row := range []struct {
		what, program string
		where         folder
		args          []string
	}{
		{"a checkout", "./cmd/foyer", checkout, nil},
		{"a module", own + "/cmd/foyer@v0.0.1", folder(t.TempDir()), nil},
		{"a module, small", own + "/cmd/foyer@latest", folder(t.TempDir()), []string{"--preset", "small"}},
	} {
		t.Run(row.what, func(t *testing.T) {
			project := folder(filepath.Join(t.TempDir(), "harbor"))
			began := time.Now()
			args := []string{"run", row.program, "new", string(project), "github.com/acme/harbor", "Harbor CRM"}
			out, err := row.where.run(t.Context(), "go", append(args, row.args...)...)
			must(t, err)
			t.Logf("%.1f s: %s", time.Since(began).Seconds(), out)
			began = time.Now()
			project.tryOut(t, "Harbor CRM")
			t.Logf("%.1f s until a page of a person who logged in", time.Since(began).Seconds())
			_, err = project.run(t.Context(), "go", "test", "./...")
			must(t, err)
			project.untouched(t, project.do(t, "rev-parse", "HEAD"))
		})
	}
}

// goAndGitAlone leaves no other program to find.
func goAndGitAlone(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	for _, program := range []string{"go", "git"} {
		path, err := exec.LookPath(program)
		must(t, err)
		must(t, os.Symlink(path, filepath.Join(dir, program)))
	}
	t.Setenv("PATH", dir)
}

// tryOut builds the server, signs up, and logs in with another browser.
func (f folder) tryOut(t *testing.T, app string) {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	address := free.Addr().String()
	must(t, free.Close())
	server := filepath.Join(t.TempDir(), "server.exe")
	_, err = f.run(t.Context(), "go", "build", "-o", server, "./cmd/server")
	must(t, err)
	cmd := exec.CommandContext(t.Context(), server)
	cmd.Dir = string(f)
	cmd.Env = append(os.Environ(), "ADDR="+address, "EMAIL_VERIFICATION=off")
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
	}()
	for lines := bufio.NewScanner(stdout); lines.Scan() && !strings.Contains(lines.Text(), "user@example.com"); {
	}
	go io.Copy(io.Discard, stdout)
	form := url.Values{"name": {"Ada"}, "email": {"ada@example.com"}, "password": {"mauve kettle pier"}}
	for _, page := range []string{"/signup", "/login"} {
		jar, err := cookiejar.New(nil)
		must(t, err)
		browser := &http.Client{Jar: jar}
		form.Set("returnTo", "/dashboard")
		answer, err := browser.PostForm("http://"+address+page, form)
		must(t, err)
		text, err := io.ReadAll(answer.Body)
		must(t, err)
		must(t, answer.Body.Close())
		if answer.Request.URL.Path != "/dashboard" || answer.StatusCode != http.StatusOK ||
			!strings.Contains(string(text), "Hello Ada") || !strings.Contains(string(text), app) {
			t.Fatalf("%s leads to %s, %s: %s", page, answer.Request.URL, answer.Status, text)
		}
	}
}
