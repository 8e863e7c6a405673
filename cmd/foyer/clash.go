package main

import (
	"cmp"
	"fmt"
	"go/build"
	"io"
	"path"
	"regexp"
	"strings"

	"golang.org/x/mod/module"
)

// clashes returns why o cannot be made in a project: something of the same name is there, or the name has a meaning for
// go or a system.
func (o order) clashes(t, made tree) error {
	has := map[string]string{} // folder and declaration → file
	for _, name := range t.names() {
		for _, d := range declared(t[name]) {
			has[path.Dir(name)+" "+d] = cmp.Or(has[path.Dir(name)+" "+d], name)
		}
	}
	folder := o.many.forms()[1]
	imports := regexp.MustCompile(`(?m)^\t"(\S+/)?` + folder + `"$`)
	for _, name := range made.names() {
		if _, ok := t[name]; ok {
			return fmt.Errorf("%s exists already", name)
		}
		if !everywhere(name, made[name]) || o.many[len(o.many)-1] == "test" {
			return fmt.Errorf("%s would not be built on every system: choose another name", name)
		}
		if len(imports.FindAllString(made[name], 2)) > 1 {
			return fmt.Errorf("%s imports another package %s: choose another name", name, folder)
		}
		for _, d := range append(declared(made[name]), folder) {
			switch other := has[path.Dir(name)+" "+d]; {
			case made[other] != "":
				return fmt.Errorf("%s would have %s twice, because one of them would be called %s: name it by --singular", other, d,
					o.one.forms()[5])
			case other != "":
				return fmt.Errorf("%s has %s already: choose another name", other, d)
			case d != folder:
				has[path.Dir(name)+" "+d] = name
			}
		}
	}
	table, address := o.many.forms()[0], o.many.forms()[2]
	creates := regexp.MustCompile(`(?i)(CREATE|DROP) TABLE (?:IF (?:NOT )?EXISTS )?"?` + table + `\b`)
	routes := regexp.MustCompile(`(?m)^[^/\n]*\.(?:GET|POST|Form|Mount)\("/` + address + `["/]`)
	words := regexp.MustCompile(`(?m)^[^/\n]*"(` + o.one.forms()[0] + `_(?:created|changed|deleted)|` + o.one.forms()[2] +
		`-(?:saved|deleted))"`) // names of events and of messages
	by := "" // the migration that makes the table and is not taken back
	for _, name := range t.names() {
		up, _, _ := strings.Cut(t[name], "-- +goose Down")
		if m := creates.FindStringSubmatch(up); isMigration(name) && m != nil {
			by = map[bool]string{true: name}[strings.EqualFold(m[1], "CREATE")]
		}
		if path.Dir(name) == "web" && !strings.HasSuffix(name, "_test.go") && routes.MatchString(t[name]) {
			return fmt.Errorf("%s has the address /%s already: choose another name", name, address)
		}
	}
	for _, name := range []string{"internal/auth/event/event.go", "web/app.go", "web/flash.go"} {
		if m := words.FindStringSubmatch(t[name]); m != nil && len(o.fields) > 0 {
			return fmt.Errorf("%s has %s already: choose another name", name, m[1])
		}
	}
	if by != "" && len(o.fields) > 0 {
		return fmt.Errorf("%s makes a table %s already: choose another name", by, table)
	}
	return nil
}

// everywhere reports whether a file can exist and is built on every system: x_linux.go is not, and neither is aux/x.go.
func everywhere(name, text string) bool {
	nowhere := build.Context{GOOS: "none", GOARCH: "none", OpenFile: func(string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(text)), nil
	}}
	built, err := nowhere.MatchFile("", name)
	return module.CheckFilePath(name) == nil && (built || path.Ext(name) != ".go") && err == nil
}

var topLevel = regexp.MustCompile(`(?m)^(?:func|templ|type|var|const) (?:\(\w+ \*?(\w+)\) )?(\w+)`)

// declared are the names of what a Go file or a template declares at its top; those of methods begin with their type.
// A package may have several functions init.
func declared(text string) (list []string) {
	for _, m := range topLevel.FindAllStringSubmatch(text, -1) {
		if name := strings.TrimLeft(m[1]+"."+m[2], "."); name != "init" && name != "_" {
			list = append(list, name)
		}
	}
	return list
}
