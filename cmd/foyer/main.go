// Command foyer is the workshop of a project that grew from this template: it changes source code and is not part of
// the product. It reads what the parts of the app are from parts.txt in the tree that it works on, and which lines of
// shared files belong to them from markers in these files.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"
)

// A verb is a line of help and its action.
type verb struct {
	name, args, does string
	run              action
}

// An action works on the project in root.
type action func(ctx context.Context, root folder, args []string, out io.Writer) error

var verbs = []verb{
	{"new", "<dir> <module> [\"Name\"] [--prefix p] [--preset small] [--without a,b] [--with a,b]",
		"make a project from this template", newVerb},
	{"feature", "<names> <field:kind>… [--owned] [--admin] [--csv] [--api] [--undo]",
		"make a table and its pages", featureVerb},
	{"page", "<name> [--door user] [--nav label] [--icon info] [--undo]",
		"make a page with its route, link and test", pageVerb},
	{"parts", "", "list the parts that can be left out", partsVerb},
	{"rename", `<module> "Name" [--prefix p]`,
		"give this project another module path, name and prefix of cookies", renameVerb},
	{"without", "<part>… [--fresh]", "take parts out of this project", partsOf("without", without)},
	{"with", "<part>…", "bring parts back that this project does without", partsOf("with", with)},
	{"update", "[--to <version>] [--keep-conflicts]", "take over what the template changed", updateVerb},
	{"deploy", "<container|systemd|fly>", "write the files by which this project is deployed", deployVerb},
}

const flagsHelp = `
Each verb that changes the project makes one commit, which git revert takes back. Once a database has run a migration of
it, undo without by with, with by without, and a feature by feature --undo. Flags of these verbs:
  --dry-run      print the difference and change nothing
  --no-commit    leave the change in the work tree
  --json         print message, commit and files for a program
  --base commit  for rename, without, with and update, where git cannot tell which commit of a clone is the template's
`

func help(out io.Writer) error {
	fmt.Fprint(out, "usage: go run ./cmd/foyer <verb>\n\n")
	for _, v := range verbs {
		call := v.name + " " + v.args
		if utf8.RuneCountInString(call) > 42 { // then its own line
			fmt.Fprintln(out, "  "+call)
			call = ""
		}
		fmt.Fprintf(out, "  %-42s %s\n", call, v.does)
	}
	_, err := io.WriteString(out, flagsHelp)
	return err
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := ended(ctx, run(ctx, ".", os.Args[1:], os.Stdout))
	if err != nil {
		fmt.Fprintln(os.Stderr, "foyer:", err)
	}
	switch {
	case errors.Is(err, errUsage):
		os.Exit(2)
	case err != nil:
		os.Exit(1)
	}
}

// ended returns what a person reads about err, which after Ctrl-C is one of many errors.
func ended(ctx context.Context, err error) error {
	said := toolError("")
	if err == nil || ctx.Err() == nil || errors.Is(err, errHalfDone) || errors.As(err, &said) {
		return err
	}
	return errors.New("interrupted; nothing was changed")
}

const seeHelp = "; see go run ./cmd/foyer help"

var errUsage = errors.New("unknown verb or argument" + seeHelp)

// run is the program: it works on the project that dir lies in.
func run(ctx context.Context, dir string, args []string, out io.Writer) error {
	isHelp := func(arg string) bool { return arg == "-h" || arg == "-help" || arg == "--help" }
	if len(args) == 0 || args[0] == "help" || slices.ContainsFunc(args, isHelp) {
		return help(out)
	}
	i := slices.IndexFunc(verbs, func(v verb) bool { return v.name == args[0] })
	if i < 0 {
		return misuse("there is no verb " + args[0] + seeHelp)
	}
	if args[0] == "new" { // it needs no project
		return newVerb(ctx, folder(dir), args[1:], out)
	}
	root, err := folder(dir).root(ctx)
	if err != nil {
		return err
	}
	below, _ := folder(dir).git(ctx, "rev-parse", "--show-prefix")
	if _, err := os.Stat(folder(dir).path("go.mod")); err == nil && below != "" {
		return fmt.Errorf("this project needs a git repository of its own, but lies in %s", root)
	}
	return verbs[i].run(ctx, root, args[1:], out)
}

// parse reads flags before, between and after the other arguments, which it returns.
func parse(set *flag.FlagSet, args []string) (rest []string, err error) {
	set.SetOutput(io.Discard)
	for {
		if err := set.Parse(args); err != nil {
			return nil, misuse(err.Error() + seeHelp)
		}
		if set.NArg() == 0 {
			return rest, nil
		}
		rest, args = append(rest, set.Arg(0)), set.Args()[1:]
	}
}

func partsVerb(ctx context.Context, root folder, args []string, out io.Writer) error {
	if len(args) > 0 {
		return errUsage
	}
	t, err := root.read(ctx)
	if err != nil {
		return err
	}
	list, err := readParts(t[partsFile])
	for _, p := range list {
		fmt.Fprintf(out, "%-14s %s\n", p.name, p.about)
		if len(p.needs) > 0 {
			fmt.Fprintf(out, "%-14s needs %s\n", "", strings.Join(p.needs, ", "))
		}
	}
	p, _, fault := readProject(t)
	if left := p.out(); len(left) > 0 {
		fmt.Fprintln(out, "left out: "+strings.Join(left, " "))
	}
	return errors.Join(err, fault)
}

// partsOf reads the arguments of without and with.
func partsOf(name string, do func(context.Context, folder, taking) error) action {
	return func(ctx context.Context, root folder, args []string, out io.Writer) error {
		w := taking{change: change{out: out}, now: time.Now()}
		set := w.flags()
		set.BoolVar(&w.fresh, "fresh", false, "")
		set.StringVar(&w.base, "base", "", "")
		parts, err := parse(set, args)
		if err != nil {
			return err
		}
		needs := name + " needs parts, such as: " + name + " audit bench"
		if w.parts, err = complete(ctx, needs, parts, "Parts, of those that go run ./cmd/foyer parts lists"); err != nil {
			return err
		}
		return do(ctx, root, w)
	}
}
