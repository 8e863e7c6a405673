package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path"
	"strings"
)

// deployDir has a folder of files for each kind of deployment, in which the app is called templateUnit.
const (
	deployDir    = "cmd/foyer/_deploy/"
	templateUnit = "foyer"
)

// deployKinds are the folders that each kind of deployment takes its files from, its own first.
var deployKinds = map[string][]string{
	"container": {"container"},
	"systemd":   {"systemd"},
	"fly":       {"fly", "container"}, // fly.io builds the image
}

// deployVerb writes the files of one kind and prints the commands that come next.
func deployVerb(ctx context.Context, root folder, args []string, out io.Writer) error {
	c := change{out: out}
	set := c.flags()
	kinds, err := parse(set, args)
	if err != nil {
		return err
	}
	const needs = "deploy needs a kind, such as: deploy container"
	if kinds, err = complete(ctx, needs, kinds, "Kind: container, systemd or fly"); err != nil {
		return err
	}
	if len(kinds) != 1 || deployKinds[kinds[0]] == nil {
		return errUsage
	}
	var next string
	err = c.run(ctx, root, func(work folder, mine tree) (string, error) {
		var files tree
		if files, next, err = deployment(mine, kinds[0]); err != nil {
			return "", err
		}
		return "Deploy by " + kinds[0] + ": " + strings.Join(files.names(), ", "), work.add(ctx, files)
	})
	if err != nil || c.json || c.dryRun {
		return err
	}
	_, err = fmt.Fprint(out, "\nNext:\n"+next)
	return err
}

// deployment returns the files of a kind that the project t lacks, and the commands that come next. It refuses where a
// file of the kind's own folder exists; those of other folders may.
func deployment(t tree, kind string) (files tree, next string, err error) {
	app, files := unitName(t), tree{}
	for _, dir := range deployKinds[kind] {
		for _, source := range t.below(deployDir + dir + "/").names() {
			name := strings.ReplaceAll(path.Base(source), templateUnit, app)
			text := strings.ReplaceAll(t[source], templateUnit, app)
			_, exists := t[name]
			if exists && dir == kind {
				return nil, "", fmt.Errorf("%s exists: delete it first, so that it can be written anew", name)
			}
			if !exists {
				files[name] = text
			}
			if dir == kind {
				next += commandsIn(text)
			}
		}
	}
	return files, next, nil
}

// unitName is the project's prefix as images, units and fly.io spell names: small letters, digits and dashes.
func unitName(t tree) string {
	n, _ := namesOf(t)
	return cmp.Or(dashed(n.Prefix), "app")
}

// commandsIn returns the commands that the comments of a file list: a line each, indented by three blanks.
func commandsIn(text string) (list string) {
	for line := range strings.Lines(text) {
		if command, ok := strings.CutPrefix(line, "#   "); ok {
			list += "  " + command
		}
	}
	return list
}
