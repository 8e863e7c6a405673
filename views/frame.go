// Package views draws pages. It is given plain values and knows nothing of HTTP, the database or any other
// package of the program.
package views

import (
	"context"

	"github.com/a-h/templ"
)

// State says how far a page knows its visitor. The zero value is Loading: a page that forgets to ask shows a
// skeleton, never a name.
type State int

// The three guard states.
const (
	Loading         State = iota // nobody was looked up
	Authenticated                // somebody is signed in
	Unauthenticated              // nobody is
)

// Visitor is who looks at the page; beyond State its fields are empty unless Authenticated.
type Visitor struct {
	State State
	ID    string // of the user
	Name  string
	Email string
	Admin bool
	Acted bool // an admin acts as them
}

// Site is what every page knows of the app.
type Site struct {
	Name        string
	Asset       func(file string) string // address of a static file
	Development bool
	Reload      bool // pages watch for a newer version of themselves

	Nav                     []NavLink
	SettingsTabs, AdminTabs []Link
	Banners                 []templ.Component // each decides when it shows
}

// Link leads to a page.
type Link struct{ Href, Label string }

// NavLink is a line of the navigation. Icon is a symbol of icons.svg; For says who sees the link, nil means everybody.
type NavLink struct {
	Href, Label, Icon string
	For               func(Visitor) bool
}

// Frame is what surrounds a page: the site, its visitor and where they are.
type Frame struct {
	Site    Site
	Visitor Visitor
	Path    string // the route of this page, for marking the current link
	URL     string // path and query of this page, for coming back to it
	Theme   string // "light" or "dark"; "" follows the system
	Flash   Flash  // what the page before wants said
}

// Flash is said once, on the page after the one that did something; Mail is set where a mail is on its way.
type Flash struct {
	Message string
	Mail    bool
}

type frameKey struct{}

// WithFrame gives every component drawn with the returned context its surroundings.
func WithFrame(ctx context.Context, f Frame) context.Context {
	return context.WithValue(ctx, frameKey{}, f)
}

func frame(ctx context.Context) Frame {
	f, _ := ctx.Value(frameKey{}).(Frame)
	return f
}

func asset(ctx context.Context, file string) string { return frame(ctx).Site.Asset(file) }

// private marks pages that hold somebody's data, for app.js.
func private(ctx context.Context) bool { return frame(ctx).Visitor.State == Authenticated }
