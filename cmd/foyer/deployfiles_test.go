package main

import (
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func projectFileText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
	must(t, err)
	return string(text)
}

// deploySources returns what deploy makes its files from.
func deploySources(t *testing.T) tree {
	t.Helper()
	files, err := readTree(os.DirFS("_deploy"))
	must(t, err)
	sources := tree{}
	for name, text := range files {
		sources[deployDir+name] = text
	}
	return sources
}

// deployed returns the files of a kind for this project.
func deployed(t *testing.T, kind string) tree {
	t.Helper()
	files, _, err := deployment(deploySources(t).with("web/name.go", projectFileText(t, "web/name.go")), kind)
	must(t, err)
	return files
}

// TestContainerfileFitsTheProject: it copies and builds what exists, and its probe is a command of the server.
func TestContainerfileFitsTheProject(t *testing.T) {
	t.Parallel()
	files := deployed(t, "container")
	needed := []string{"cmd/server/main.go"}
	for line := range strings.Lines(files["Containerfile"]) {
		words := strings.Fields(line)
		if len(words) > 2 && words[0] == "COPY" && !strings.HasPrefix(words[1], "--from") && words[1] != "." {
			needed = append(needed, words[1:len(words)-1]...)
		}
	}
	sources, err := folder("../..").run(t.Context(), "go", "list", "-deps",
		"-f", `{{if .Module}}{{if .Module.Main}}{{$dir := .Dir}}{{range .GoFiles}}{{$dir}}/{{.}}{{"\n"}}{{end}}`+
			`{{range .EmbedFiles}}{{$dir}}/{{.}}{{"\n"}}{{end}}{{end}}{{end}}`, "./cmd/server")
	must(t, err)
	root, err := filepath.Abs("../..")
	must(t, err)
	for source := range strings.Lines(sources) {
		name, err := filepath.Rel(root, strings.TrimSpace(source))
		must(t, err)
		if name != "." {
			needed = append(needed, filepath.ToSlash(name))
		}
	}
	if len(needed) < 100 {
		t.Fatalf("only %q are needed", needed)
	}
	for _, name := range needed {
		projectFileText(t, name)
		if pattern, ok := ignoredBy(files[".dockerignore"], name); ok {
			t.Errorf("%s leaves out %s", pattern, name)
		}
	}
	if _, ok := ignoredBy(files[".dockerignore"], "internal/x/node_modules/y.js"); !ok {
		t.Error("ignoredBy finds nothing")
	}
	if !strings.Contains(files["Containerfile"], `CMD ["/server", "healthcheck"]`) ||
		!strings.Contains(projectFileText(t, "cmd/server/commands.go"), `{"healthcheck", `) {
		t.Error("the probe is no command of the server")
	}
}

// ignoredBy returns the pattern of a .dockerignore that leaves a file out.
func ignoredBy(ignore, name string) (string, bool) {
	for pattern := range strings.Lines(ignore) {
		pattern = strings.TrimSpace(pattern)
		deep, anywhere := strings.CutPrefix(pattern, "**/")
		for i, part := range strings.Split(name, "/") {
			if ok, _ := path.Match(deep, part); ok && (i == 0 || anywhere) && part != "" {
				return pattern, true
			}
		}
	}
	return "", false
}

var (
	unitLine = regexp.MustCompile(`^(#.*|\[(Unit|Service|Install)\]|[A-Z][A-Za-z]*=.*|)$`)
	tomlLine = regexp.MustCompile(`^(#.*|app = "[a-z0-9-]+"|\[\[?[a-z_.]+\]\]?|[A-Za-z_]+ = ("[^"\\]*"|true|false|[0-9]+)|)$`)
)

// TestDeployFilesParse: units and TOML keep to the lines that these formats have, and set nothing twice by mistake.
func TestDeployFilesParse(t *testing.T) {
	t.Parallel()
	app := unitName(tree{"web/name.go": projectFileText(t, "web/name.go")})
	for name, allowed := range map[string]*regexp.Regexp{app + ".service": unitLine, "fly.toml": tomlLine} {
		text := tree{}
		maps.Copy(text, deployed(t, "systemd"))
		maps.Copy(text, deployed(t, "fly"))
		seen := map[string]bool{}
		for i, line := range strings.Split(text[name], "\n") {
			if !allowed.MatchString(line) {
				t.Errorf("%s:%d: %s", name, i+1, line)
			}
			if strings.HasPrefix(line, "[") {
				clear(seen)
			}
			key, _, _ := strings.Cut(line, "=")
			lists := []string{"Environment", "LoadCredential", "SystemCallFilter"}
			if seen[key] && key != "" && key[0] != '#' && !slices.Contains(lists, key) {
				t.Errorf("%s:%d: %s is set twice", name, i+1, key)
			}
			seen[key] = true
		}
		if len(seen) < 3 {
			t.Errorf("%s is empty", name)
		}
	}
}

// TestDeployFilesFitTheServer: they set variables that the server reads, ask for a route that it has and leave it
// time to stop.
func TestDeployFilesFitTheServer(t *testing.T) {
	t.Parallel()
	all := ""
	for kind := range deployKinds {
		text := strings.Join(slices.Collect(maps.Values(deployed(t, kind))), "")
		for _, required := range []string{"APP_URL", "APP_SECRET", "SMTP_URL", "MAIL_FROM"} {
			if !strings.Contains(text, required) {
				t.Errorf("%s sets no %s, without which production does not start", kind, required)
			}
		}
		all += text
	}
	example := "\n" + projectFileText(t, ".env.example")
	variable := regexp.MustCompile(`\b(?:APP|SMTP|DATABASE|TRUSTED|MAIL|DRAIN|PORT)(?:_[A-Z]+)*\b`)
	for _, name := range variable.FindAllString(all, -1) {
		if !strings.Contains(example, "\n"+name+"=") {
			t.Errorf(".env.example does not know %s", name)
		}
	}
	if !strings.Contains(example, "\nADDR=\n") {
		t.Error("a copy of .env.example has an ADDR, which would take precedence over the PORT of an image")
	}
	for _, route := range []string{"/readyz", "/healthz"} {
		if !strings.Contains(projectFileText(t, "web/routes.go"), `"`+route+`"`) {
			t.Errorf("there is no %s", route)
		}
	}
	if !strings.Contains(projectFileText(t, "cmd/server/serve.go"), "stopTime   = 10 * time.Second\n") ||
		!strings.Contains(projectFileText(t, "internal/config/loader.go"), `def := "5s"`) {
		t.Error("the times of a stop have changed: so must those of the files below _deploy")
	}
	limits := regexp.MustCompile(`(?:--stop-timeout |TimeoutStopSec=|kill_timeout = ")([0-9]+)`).FindAllStringSubmatch(all, -1)
	if len(limits) < 3 {
		t.Errorf("only %q limit a stop", limits)
	}
	for _, limit := range limits {
		if n, err := strconv.Atoi(limit[1]); err != nil || n < 20 {
			t.Errorf("%q ends the server before it has stopped", limit[0])
		}
	}
	for _, together := range []string{"internal_port = 8080\n", "PORT = \"8080\"\n", " TMPDIR=/data PORT=8080\n", "EXPOSE 8080\n",
		"destination = \"/data\"\n", "VOLUME /data\n"} {
		if !strings.Contains(all, together) {
			t.Errorf("%q is missing", together)
		}
	}
}

// TestUnitIsHardened asks systemd itself.
func TestUnitIsHardened(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	self, err := os.Executable()
	must(t, err)
	dir := folder(t.TempDir())
	for name, text := range deployed(t, "systemd") {
		text = strings.Replace(text, "ExecStart=/usr/local/bin/"+strings.TrimSuffix(name, ".service"), "ExecStart="+self, 1)
		must(t, dir.write(nil, tree{name: text}))
		out, err := dir.run(t.Context(), "systemd-analyze", "verify", "./"+name)
		if must(t, err); out != "" {
			t.Error(out)
		}
		_, err = dir.run(t.Context(), "systemd-analyze", "security", "--offline=true", "--threshold=15", "./"+name)
		must(t, err)
	}
}
