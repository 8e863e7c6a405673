package main

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// Tests have no terminal, also where a person runs them at one.
func init() { terminal = func() io.Reader { return nil } }

// TestMissing: without a terminal, each verb says in one line what a call lacks.
func TestMissing(t *testing.T) {
	t.Parallel()
	project := newProject(t, workshop())
	for line, want := range map[string]string{
		"feature":              "feature needs a name and fields, such as: feature projects name:string",
		"feature projects":     "feature needs a name and fields, such as: feature projects name:string",
		"feature --undo":       "feature needs a name and fields, such as: feature projects name:string",
		"page --door user":     "page needs a name, such as: page reports",
		"rename":               `rename needs a module path and a name, such as: rename github.com/acme/harbor "Harbor CRM"`,
		"without":              "without needs parts, such as: without audit bench",
		"with --base HEAD":     "with needs parts, such as: with audit bench",
		"deploy --dry-run":     "deploy needs a kind, such as: deploy container",
		"page reports --undo=": `invalid boolean value "" for -undo: parse error; see go run ./cmd/foyer help`,
	} {
		_, err := project.verb(t, strings.Fields(line)...)
		if err == nil || err.Error() != want || !errors.Is(err, errUsage) {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
}

// TestAnswers: at a terminal, the answers of a person are the arguments that a call lacks. It is not parallel, because
// all tests share the terminal.
func TestAnswers(t *testing.T) {
	none := terminal
	defer func() { terminal = none }()
	example := exampleDir + "feature/web/paper_clips.go"
	project := newProject(t, workshop().with(example, "package web\n\nconst paperClip = \"paper clip\"\n"))
	base := project.do(t, "rev-parse", "HEAD")
	for _, row := range []struct{ line, answers, message string }{
		{"page --nav Numbers", "reports", "A page for reports"},
		{"page --undo", "reports", "Without the page reports"},
		{"feature", "shoes\n name:string  due:date", "A feature for shoes (one shoe)"},
		{"feature --csv gloves", "name:string", "A feature for gloves (one glove)"},
		{"feature --undo", "gloves", "Without the feature gloves"},
		{"without --base " + base, "chain audit", "Without chain, audit"},
		{"with", "chain audit", "With chain, audit"},
		{"deploy", "container", "Deploy by container: .dockerignore, Containerfile"},
	} {
		terminal = func() io.Reader { return strings.NewReader(row.answers + "\n") }
		_, err := project.verb(t, strings.Fields(row.line)...)
		must(t, err)
		if subject := project.do(t, "log", "-1", "--format=%s"); subject != row.message {
			t.Errorf("%s: the commit is %q", row.line, subject)
		}
	}
	made := project.state(t).Generated
	if len(made) != 1 || !slices.Equal(made[0].Command, []string{"feature", "shoes", "name:string", "due:date"}) {
		t.Errorf(".foyer has %+v", made)
	}
	terminal = func() io.Reader { return strings.NewReader("\n") }
	_, err := project.verb(t, "feature", "hats")
	refused(t, err, "this question needs an answer")
}
