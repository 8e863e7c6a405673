package main

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"testing"
)

func TestProjectFile(t *testing.T) {
	t.Parallel()
	files := tree{}
	if _, ok, err := readProject(files); ok || err != nil {
		t.Errorf("the template: %t, %v", ok, err)
	}
	want := project{
		Upstream: "example.com/foyer", Version: "v1.2.3",
		names:     names{"example.com/harbor", "Harbor CRM", "harbor-crm"},
		Without:   map[string]string{"bench": never, "audit": "20260131120000_drop_audit.sql"},
		Generated: []generated{{Command: []string{"page", "reports"}, Files: map[string]string{"web/reports.go": "abc"}}},
	}
	must(t, want.write(files))
	got, ok, err := readProject(files)
	if must(t, err); !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if !slices.Equal(got.out(), []string{"audit", "bench"}) {
		t.Errorf("out: %v", got.out())
	}
	_, _, err = readProject(tree{projectFile: "{"})
	refused(t, err, projectFile+": ")
}

// TestChangeForPrograms: --json prints the same with and without a commit, and files that hold scripts stay executable.
func TestChangeForPrograms(t *testing.T) {
	t.Parallel()
	project := newProject(t, sample().with(".ci/run", "#!/bin/sh\n"))
	if mode := project.do(t, "ls-files", "-s", ".ci/run"); mode[:6] != "100755" {
		t.Errorf("a script has the mode %s", mode)
	}
	head := project.do(t, "rev-parse", "HEAD")
	reported := func(args ...string) (r report) {
		t.Helper()
		var out bytes.Buffer
		must(t, run(t.Context(), string(project), append([]string{"without", "keys", "--json"}, args...), &out))
		must(t, json.Unmarshal(out.Bytes(), &r))
		return r
	}
	dry := reported("--dry-run")
	if dry.Diff == "" || dry.Commit != "" || dry.Message != "Without keys" ||
		!slices.Contains(dry.Files, "internal/keys/keys.go") {
		t.Errorf("a dry run reports %+v", dry)
	}
	project.untouched(t, head)
	done := reported()
	if done.Commit != project.do(t, "rev-parse", "HEAD") || !slices.Equal(done.Files, dry.Files) || done.Diff != "" {
		t.Errorf("a change reports %+v", done)
	}
}
