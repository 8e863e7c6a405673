// Package views draws pages from plain values. It imports no other package of the program.
package views

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/a-h/templ"
)

// State is the guard state of a page. The zero value is Loading, so that a page whose handler forgets the visitor
// shows a skeleton and no private data.
type State int

// The three guard states.
const (
	Loading         State = iota // no session was read
	Authenticated                // the visitor is logged in
	Unauthenticated              // the visitor is not logged in
)

// Visitor is the person a page is drawn for. All fields but State are empty unless it is Authenticated.
type Visitor struct {
	State        State
	ID           string // of the user
	Name         string
	Email        string
	Roles        []string
	Impersonated bool // by an admin
}

// HasRole reports whether the visitor has any of the roles.
func (v Visitor) HasRole(roles ...string) bool {
	return slices.ContainsFunc(roles, func(r string) bool { return slices.Contains(v.Roles, r) })
}

// Site describes the app to every page.
type Site struct {
	Name        string
	Asset       func(file string) string // the address of a static file
	Development bool
	Reload      bool // pages reload themselves when a template changes

	Nav     []NavGroup
	Tabs    map[string][]Link // by the heading of their section
	Banners []templ.Component // above every page; each draws itself only when it applies
}

// Link leads to a page.
type Link struct{ Href, Label string }

// Head is the top of a page in the app: its breadcrumb, heading, a sentence about it and its main action.
type Head struct {
	Title   string
	Heading string // of the page; "" means Title
	Lead    string // "" for none
	Above   []Link // the pages above this one, from the outermost
	Action  Link   // at the right; the zero Link is not drawn
	Number  int    // of the page of a list; the title of the document says any but the first
	Refused bool   // the form of the page was refused, which the title of the document says
	Streams bool   // a panel of the page comes later, and browsers draw what is there
}

// lastElement is the id of the last element of every page.
const lastElement = "live"

// awaited is the id of the element that browsers read before they draw the page.
func (h Head) awaited() string {
	if h.Streams {
		return "banners"
	}
	return lastElement
}

func (h Head) title() string {
	if h.Refused {
		return "Error: " + h.Title
	}
	if h.Number > 1 {
		return h.Title + ", page " + strconv.Itoa(h.Number)
	}
	return h.Title
}

func (h Head) heading() string { return cmp.Or(h.Heading, h.Title) }

// below is the head of a page in section. The section's own page stays as it is.
func (h Head) below(section Link) Head {
	if h.Title != section.Label {
		h.Above = append([]Link{section}, h.Above...)
	}
	return h
}

// layout surrounds the content of a page that has a Head.
type layout = func(Head) templ.Component

// NavGroup is a part of the main navigation. Label heads it; "" heads nothing.
type NavGroup struct {
	Label string
	Links []NavLink
}

// NavLink is a link of the main navigation. For reports whether a visitor sees it; nil means everybody.
type NavLink struct {
	Href, Label, Icon string
	For               func(Visitor) bool
}

// Frame is what a page shows around its content.
type Frame struct {
	Site    Site
	Visitor Visitor
	Path    string // the route of this page, to mark the current link
	URL     string // path and query of this page, to return to it
	Theme   string // "light" or "dark"; "" follows the system
	NoKeys  bool   // single keys do nothing
	Flash   Flash
}

// Flash is a message that one page leaves for the next.
type Flash struct {
	Message string
	Mail    bool // a mail is on its way
	Undone  bool // the message is about what was not done
}

func (f Flash) icon() string {
	if f.Undone {
		return "info"
	}
	return "check"
}

// Nav is the main navigation as the visitor sees it.
func (f Frame) Nav() (groups []NavGroup) {
	hidden := func(l NavLink) bool { return l.For != nil && !l.For(f.Visitor) }
	for _, g := range f.Site.Nav {
		if g.Links = slices.DeleteFunc(slices.Clone(g.Links), hidden); len(g.Links) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

// Here is the link of the navigation that leads to the page at path or, if none does, to the nearest page above it.
func (f Frame) Here(path string) (here NavLink) {
	for _, g := range f.Nav() {
		for _, l := range g.Links {
			if current(path, l.Href) != "" && len(l.Href) > len(here.Href) {
				here = l
			}
		}
	}
	return here
}

type frameKey struct{}

// WithFrame returns a context in which every component is drawn in frame f.
func WithFrame(ctx context.Context, f Frame) context.Context {
	return context.WithValue(ctx, frameKey{}, f)
}

func frame(ctx context.Context) Frame {
	f, _ := ctx.Value(frameKey{}).(Frame)
	return f
}

func asset(ctx context.Context, file string) string { return frame(ctx).Site.Asset(file) }

// private reports whether a page holds data of its visitor. app.js reloads such pages when the browser restores them.
func private(ctx context.Context) bool { return frame(ctx).Visitor.State == Authenticated }
