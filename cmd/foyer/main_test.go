package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestVerbs(t *testing.T) {
	var out bytes.Buffer
	must(t, run(t.Context(), ".", []string{"help"}, &out))
	refused(t, run(t.Context(), ".", []string{"dance"}, &out), "there is no verb dance; see go run ./cmd/foyer help")
	for _, v := range verbs {
		if !strings.Contains(out.String(), "\n  "+v.name+" ") {
			t.Errorf("help does not name %s:\n%s", v.name, out.String())
		}
	}
	project := newProject(t, sample())
	out.Reset()
	must(t, run(t.Context(), string(project), []string{"parts"}, &out))
	if !strings.Contains(out.String(), "chain          Seals the trail.\n               needs audit\n") {
		t.Errorf("parts printed %q", out.String())
	}
	listed, err := grown(t, sample(), "audit", "chain").verb(t, "parts")
	if must(t, err); !strings.HasSuffix(listed, "foyer          This tool.\nleft out: audit chain\n") {
		t.Errorf("parts printed %q", listed)
	}
}

// TestVerbsWithoutProject: where git has no project to change, each verb says why in one line.
func TestVerbsWithoutProject(t *testing.T) {
	t.Parallel()
	outer := newProject(t, tree{"README.md": "# All\n", "app/go.mod": "module example.com/app\n"})
	begun := folder(t.TempDir())
	begun.do(t, "init", "--quiet")
	for at, want := range map[folder]string{
		begun:                     "this repository has no commit yet: commit the project first",
		folder(outer.path("app")): "this project needs a git repository of its own, but lies in ",
	} {
		for _, line := range []string{"page reports", "without keys", "rename a.b/anchor Anchor", "deploy container"} {
			_, err := at.verb(t, strings.Fields(line)...)
			if refused(t, err, want); strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: more than a line: %v", line, err)
			}
		}
	}
}
