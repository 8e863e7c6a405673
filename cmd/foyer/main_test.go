package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestVerbs(t *testing.T) {
	var out bytes.Buffer
	must(t, run(t.Context(), ".", []string{"help"}, &out))
	refused(t, run(t.Context(), ".", []string{"dance"}, &out), "unknown verb")
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
}
