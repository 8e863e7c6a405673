package main

import (
	"bytes"
	"maps"
	"strings"
	"testing"
)

// harbor is the sample under names of its own, with what deploy needs.
func harbor(t *testing.T) tree {
	t.Helper()
	files := sample().with("web/name.go",
		"package web\n\nconst (\n\tAppName      = \"Harbor CRM\"\n\tCookiePrefix = \"Harbor_CRM\" // of cookies\n)\n")
	maps.Copy(files, deploySources(t))
	return files
}

// TestDeploy: each kind writes its files under the names of the project, in one commit, and prints what comes next.
func TestDeploy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind  string
		files []string
		next  string
	}{
		{"container", []string{".dockerignore", "Containerfile"}, "\nNext:\n  podman build --format docker -t harbor-crm .\n"},
		{"systemd", []string{"harbor-crm.service"}, "  systemctl enable --now harbor-crm\n"},
		{"fly", []string{".dockerignore", "Containerfile", "fly.toml"}, "\nNext:\n  fly launch --copy-config --no-deploy\n"},
	} {
		project := newProject(t, harbor(t))
		before := project.tree(t)
		var out bytes.Buffer
		must(t, run(t.Context(), string(project), []string{"deploy", c.kind}, &out))
		after := project.tree(t)
		for _, name := range c.files {
			if strings.Contains(after[name], templateUnit) || !strings.HasSuffix(after[name], "\n") {
				t.Errorf("%s is not the project's own:\n%s", name, after[name])
			}
			delete(after, name)
		}
		if !maps.Equal(after, before) {
			t.Errorf("%s changes %v", c.kind, after.names())
		}
		message := "Deploy by " + c.kind + ": " + strings.Join(c.files, ", ")
		if subject := project.do(t, "log", "-1", "--format=%s"); subject != message {
			t.Errorf("the commit is %q", subject)
		}
		if !strings.HasPrefix(out.String(), message) || !strings.Contains(out.String(), c.next) {
			t.Errorf("%s prints %s", c.kind, out.String())
		}
	}
}

// TestDeployKeepsFiles: what the project has is neither overwritten nor, where it is the image of fly.io, needed anew.
func TestDeployKeepsFiles(t *testing.T) {
	t.Parallel()
	project := newProject(t, harbor(t).with("Containerfile", "FROM scratch\n", "harbor-crm.service", "[Service]\n"))
	head := project.do(t, "rev-parse", "HEAD")
	deploy := func(args ...string) error {
		return run(t.Context(), string(project), append([]string{"deploy"}, args...), &bytes.Buffer{})
	}
	refused(t, deploy("container"), "Containerfile exists: ")
	refused(t, deploy("systemd"), "harbor-crm.service exists: ")
	refused(t, deploy("heroku"), "unknown verb or argument")
	refused(t, deploy("fly", "container"), "unknown verb or argument")
	must(t, deploy("fly", "--dry-run"))
	project.untouched(t, head)
	must(t, deploy("fly"))
	if after := project.tree(t); after["Containerfile"] != "FROM scratch\n" || after["fly.toml"] == "" {
		t.Errorf("fly wrote %v", after.names())
	}
	refused(t, deploy("fly"), "fly.toml exists: ")
}

func TestUnitName(t *testing.T) {
	t.Parallel()
	for prefix, want := range map[string]string{
		"foyer": "foyer", "Harbor_CRM": "harbor-crm", "a..b": "a-b", "!!!": "app", "": "app", "app2-": "app2",
	} {
		got := unitName(tree{"web/name.go": "package web\n\nconst CookiePrefix = \"" + prefix + "\"\n"})
		if got != want {
			t.Errorf("%s: %s, want %s", prefix, got, want)
		}
	}
}
