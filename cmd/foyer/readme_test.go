package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A fence is a block of code in README.
type fence struct {
	line           int
	language, info string // "sh" and "test" of "```sh test"
	text           string
}

// fencesOf returns the blocks of code, and the text with blank lines in their places.
func fencesOf(text string) (fences []fence, prose string) {
	var open *fence
	indent := 0
	var rest strings.Builder
	for i, line := range strings.Split(text, "\n") {
		body := strings.TrimLeft(line, " ")
		head, isFence := strings.CutPrefix(body, "```")
		switch {
		case isFence && open == nil:
			language, info, _ := strings.Cut(head, " ")
			open, indent = &fence{line: i + 1, language: language, info: info}, len(line)-len(body)
		case isFence:
			fences, open = append(fences, *open), nil
		case open != nil:
			open.text += strings.TrimPrefix(line, strings.Repeat(" ", indent)) + "\n"
		default:
			rest.WriteString(line)
		}
		rest.WriteString("\n")
	}
	return fences, rest.String()
}

// TestReadme: each block of code parses, and each file, task, verb and command that README names exists.
func TestReadme(t *testing.T) {
	t.Parallel()
	root := projectRoot(t)
	files := root.tree(t)
	for _, fault := range readmeFaults(t, files) {
		t.Error(fault)
	}
}

// projectRoot returns the project that these tests lie in.
func projectRoot(t *testing.T) folder {
	t.Helper()
	root, err := folder(".").root(t.Context())
	if err != nil {
		t.Skip("this is no git repository: ", err)
	}
	return root
}

func TestReadmeFaults(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("no sh, which parses blocks of commands: ", err)
	}
	files := sample().with("README.md", strings.Join([]string{
		"# Sample", "`web/routes.go`, `./internal/...`, `web/gone.go`", "1. `web/mine.go`:", "",
		"   ```go", "   func broken( {", "   ```",
		"```sh", "if true", "```",
		"```go", "on.user.GET(\"/x\", s.x)", "```",
		"```sh", "go run ./cmd/foyer dance # and go run ./cmd/foyer parts", "```",
		"`go tool -modfile=tools.mod task jump` `task check` `go run ./cmd/server fly`, `server sleep`, `server user create`",
	}, "\n"), "Taskfile.yml", "tasks:\n  check:\n", "cmd/server/commands.go", `package main

var commands = []command{
	{"serve", "", "run the app", nil},
	{"user create", "", "make a user", nil},
}
`)
	got := strings.Join(readmeFaults(t, files), "\n")
	for _, want := range []string{"README.md:2: web/gone.go does not exist", "README.md:5: ", "README.md:8: ",
		"there is no verb dance", "there is no task jump", "there is no command fly", "there is no command sleep"} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q:\n%s", want, got)
		}
	}
	if n := strings.Count(got, "README.md:"); n != 7 {
		t.Errorf("%d faults, want 7:\n%s", n, got)
	}
}

// readmeFaults returns what is wrong in the README of a project, each as "README.md:line: what".
func readmeFaults(t *testing.T, files tree) (list []string) {
	fences, _ := fencesOf(files["README.md"])
	for _, f := range fences {
		if err := f.check(t); err != nil {
			list = append(list, fmt.Sprintf("README.md:%d: %v", f.line, err))
		}
	}
	list = append(list, deadPaths(files)...)
	for _, kind := range callsOf(files) {
		for _, m := range kind.call.FindAllStringSubmatch(files["README.md"], -1) {
			if !slices.Contains(kind.names, m[1]) {
				list = append(list, fmt.Sprintf("README.md: there is no %s %s", kind.what, m[1]))
			}
		}
	}
	return list
}

// deadPaths returns the paths in the prose of README that name no file or folder.
func deadPaths(files tree) (list []string) {
	_, prose := fencesOf(files["README.md"])
	for i, line := range strings.Split(prose, "\n") {
		for _, name := range pathsIn(line) {
			if !files.holds(name) {
				list = append(list, fmt.Sprintf("README.md:%d: %s does not exist", i+1, name))
			}
		}
	}
	return list
}

// check parses a block: Go as a file, declarations, statements or elements of a list, the rest by the program of the language.
func (f fence) check(t *testing.T) error {
	switch f.language {
	case "go":
		var err error
		for _, around := range []string{"%s", "package p\n%s", "package p\nfunc _() {\n%s\n}", "package p\nvar _ = t{\n%s}"} {
			if _, err = parser.ParseFile(token.NewFileSet(), "", fmt.Sprintf(around, f.text), 0); err == nil {
				return nil
			}
		}
		return err
	case "sh":
		return runs(t, f.text, "sh", "-n")
	case "templ":
		return runs(t, f.text, "go", "tool", "templ", "fmt", "-stdin-filepath", "readme.templ")
	}
	return nil
}

// runs gives a program a text to read; where the program is not installed, there is nothing to check.
func runs(t *testing.T, text string, program ...string) error {
	cmd := exec.CommandContext(t.Context(), program[0], program[1:]...)
	cmd.Stdin = strings.NewReader(text)
	if cmd.Err != nil {
		return nil
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

var inlineCode = regexp.MustCompile("`(?:\\./)?([\\w.-]+/[\\w./-]*)`")

// pathsIn returns the files of the project that a line names. A line that ends in a colon introduces a file to make.
func pathsIn(line string) (names []string) {
	if strings.HasSuffix(strings.TrimSpace(line), ":") {
		return nil
	}
	top := []string{".ci", "cmd", "internal", "web", "views", "static", "migrations"}
	for _, m := range inlineCode.FindAllStringSubmatch(line, -1) {
		first, _, _ := strings.Cut(m[1], "/")
		if slices.Contains(top, first) && !strings.HasSuffix(m[1], "...") {
			names = append(names, path.Clean(m[1]))
		}
	}
	return names
}

// calls are the ways in which README names one kind of thing, and what there is of it.
type calls struct {
	what  string
	call  *regexp.Regexp
	names []string
}

var (
	taskName    = regexp.MustCompile(`(?m)^  ([a-z:]+):`)
	commandName = regexp.MustCompile(`\{"([a-z]+)[a-z ]*", "`)
)

func callsOf(files tree) []calls {
	all := func(pattern *regexp.Regexp, text string) (names []string) {
		for _, m := range pattern.FindAllStringSubmatch(text, -1) {
			names = append(names, m[1])
		}
		return names
	}
	verbNames := []string{"help"}
	for _, v := range verbs {
		verbNames = append(verbNames, v.name)
	}
	return []calls{
		{"verb", regexp.MustCompile(`go run \./cmd/foyer ([a-z]+)`), verbNames},
		{"task", regexp.MustCompile("(?:tools\\.mod |`)task ([a-z:]+)"), all(taskName, files["Taskfile.yml"])},
		{"command", regexp.MustCompile("(?:go run \\./cmd/|`)server ([a-z]+)"),
			append(all(commandName, files["cmd/server/commands.go"]), "help")},
	}
}
