package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// doors are those that a page may have, by who sees the link to it: an option of the example.
var doors = map[string]string{
	"public": "open", "anyone": "open", "guest": "open", "user": "users", "fresh": "users", "admin": "admins",
	"freshAdmin": "admins",
}

// roleDoor is the door of users with one of some roles.
var roleDoor = regexp.MustCompile(`^role:([\pL\d_-]+(?:,[\pL\d_-]+)*)$`)

// pageVerb makes a page with its route and link, or takes it back.
func pageVerb(ctx context.Context, root folder, args []string, out io.Writer) error {
	g := generation{change: change{out: out}, order: order{example: "page"}}
	set := g.flags()
	door := set.String("door", "user", "")
	link := set.String("nav", "Paper clips", "") // of the example, which becomes the name of the page
	set.StringVar(&g.icon, "icon", "info", "")
	rest, err := g.parse(ctx, set, args, "page needs a name, such as: page reports", "Name")
	if err != nil {
		return err
	}
	seen, opens := doors[*door], *door
	if m := roleDoor.FindStringSubmatch(*door); m != nil {
		roles := `"` + strings.ReplaceAll(m[1], ",", `", "`) + `"`
		seen, opens = "admins", "role("+roles+")"
		g.words = []string{"For: admins", "For: withRole(" + roles + ")",
			`s.admin(t, "ada@example.com")`, `s.holder(t, "ada@example.com", ` + roles + ")"}
	}
	switch {
	case len(rest) > 0:
		return errUsage
	case seen == "":
		all := strings.Join(slices.Sorted(maps.Keys(doors)), " ")
		return fmt.Errorf("there is no door %s; doors: %s role:editor", *door, all)
	case seen == "open":
		g.options = []string{"open"}
	default:
		g.options = []string{seen, "guarded"}
	}
	if *link != "" {
		g.options = append(g.options, "nav")
	}
	g.one = g.many
	g.words = append(g.words,
		"on.user.", "on."+opens+".", `Label: "Paper clips"`, "Label: "+strconv.Quote(g.renamed(*link)),
		`Icon: "info"`, "Icon: "+strconv.Quote(g.icon))
	return g.run(ctx, root)
}
