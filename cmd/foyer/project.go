package main

import (
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
)

// projectFile says what a project grew from. The template has none.
const projectFile = ".foyer"

// names are what the template is called in a project.
type names struct {
	Module string `json:"module"` // of Go
	Name   string `json:"name"`   // that people read
	Prefix string `json:"prefix"` // of cookies and of the database's file
}

// A project is the state that the verbs share: how to render the template as this project got it.
type project struct {
	Upstream string `json:"upstream"`         // module path of the template
	Source   string `json:"source,omitempty"` // git address or folder of the template; "" means the module proxy
	Version  string `json:"version"`          // tag, commit or version of the module
	Base     string `json:"base,omitempty"`   // id of the tree that was rendered from it
	names
	Without   map[string]string `json:"without"` // part → "never" had it, or the migration that dropped its tables
	Generated []generated       `json:"generated"`
}

// never stands in Without for a part that the project never had, so that no database has its tables.
const never = "never"

// generated is what one call of page or feature made.
type generated struct {
	Command []string            `json:"command"`
	Files   map[string]string   `json:"files"`           // path → id of the git blob
	Lines   map[string][]string `json:"lines,omitempty"` // path → lines that were put into a file
}

// readProject returns the state of a tree; ok is false for the template itself, and for a clone of it that knows only
// what page and feature made.
func readProject(t tree) (p project, ok bool, err error) {
	text, ok := t[projectFile]
	if !ok {
		return p, false, nil
	}
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return p, false, fmt.Errorf("%s: %w", projectFile, err)
	}
	return p, p.Upstream != "", nil
}

// text returns what projectFile has of the state.
func (p project) text() string {
	if p.Without == nil {
		p.Without = map[string]string{}
	}
	if p.Generated == nil {
		p.Generated = []generated{}
	}
	text, _ := json.MarshalIndent(p, "", "\t") // strings cannot fail
	return string(text) + "\n"
}

// out returns the parts that the project does without, in order.
func (p project) out() []string { return slices.Sorted(maps.Keys(p.Without)) }

// follow keeps the record of generated files when the tree was became now: their ids, where no person edited them, and
// their places, where their folder moved.
func (p *project) follow(was, now tree) {
	place := func(name string) string {
		for _, other := range now.names() {
			if now[name] == "" && was[other] == "" && path.Base(other) == path.Base(name) {
				return other
			}
		}
		return name
	}
	for i, g := range p.Generated {
		files, lines := map[string]string{}, map[string][]string{}
		for name, id := range g.Files {
			if blobID(was[name]) == id {
				id = blobID(now[place(name)])
			}
			files[place(name)] = id
		}
		for name, list := range g.Lines {
			lines[place(name)] = list
		}
		p.Generated[i].Files, p.Generated[i].Lines = files, lines
	}
}

// blobID returns git's id of a file.
func blobID(text string) string {
	return fmt.Sprintf("%x", sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(text), text)))
}
