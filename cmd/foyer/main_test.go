package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestVerbs(t *testing.T) {
	var out bytes.Buffer
	must(t, run(t.Context(), ".", []string{"help"}, &out))
	if out.String() != usage {
		t.Errorf("help printed %q", out.String())
	}
	refused(t, run(t.Context(), ".", []string{"dance"}, &out), "unknown verb")
	for name := range verbs {
		if !strings.Contains(usage, "\n  "+name+" ") {
			t.Errorf("the usage does not name %s", name)
		}
	}
	project := newProject(t, sample())
	out.Reset()
	must(t, run(t.Context(), string(project), []string{"parts"}, &out))
	if !strings.Contains(out.String(), "chain          Seals the trail.\n               needs audit\n") {
		t.Errorf("parts printed %q", out.String())
	}
}
