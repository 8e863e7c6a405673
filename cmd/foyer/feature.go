package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// featureVerb makes a table, a package for it, and pages that list, create, change and delete its rows, or takes them
// back.
func featureVerb(ctx context.Context, root folder, args []string, out io.Writer) error {
	g := generation{change: change{out: out}, order: order{example: "feature"}}
	set := g.flags()
	one := set.String("singular", "", "")
	set.StringVar(&g.icon, "icon", "inbox", "")
	for _, option := range []string{"owned", "admin", "csv", "api"} {
		set.BoolFunc(option, "", func(value string) error {
			on, err := strconv.ParseBool(value)
			if on {
				g.options = append(g.options, option)
			}
			return err
		})
	}
	rest, err := g.parse(ctx, set, args, "feature needs a name and fields, such as: feature projects name:string",
		"Name of several, such as projects", "Fields, such as name:string due:date?")
	if err != nil {
		return err
	}
	if g.one = g.many.singular(); g.undo {
		return g.run(ctx, root)
	}
	if g.one, err = readNoun("one of them", cmp.Or(*one, g.one.forms()[0])); err != nil {
		return fmt.Errorf("%w; name it by --singular", err)
	}
	if slices.Equal(g.one, g.many) {
		return fmt.Errorf("%q is one thing already: name several, or what one of them is by --singular", g.command[1])
	}
	if g.fields, err = readFields(rest); err != nil {
		return err
	}
	g.words = []string{`Icon: "inbox"`, "Icon: " + strconv.Quote(g.icon)}
	return g.run(ctx, root)
}

// choose completes the options of the example: it has rows of owners or shared ones, and lines for parts of the
// project.
func (g *generation) choose(t tree) error {
	parts, err := readParts(t[partsFile])
	for _, name := range parts.names() {
		g.options = append(g.options, "has"+name)
	}
	has := func(options ...string) bool {
		return !slices.ContainsFunc(options, func(o string) bool { return !slices.Contains(g.options, o) })
	}
	switch {
	case has("admin") && !has("owned"):
		return errors.New("--admin lists what all owners have: add --owned")
	case !has("owned"):
		g.options = append(g.options, "shared")
	case has("admin") || has("api", "hasservicetoken"):
		g.options = append(g.options, "everyone")
	}
	return err
}
