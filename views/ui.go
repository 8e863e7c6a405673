package views

import (
	"strings"
	"unicode/utf8"
)

// current is the aria-current of a link on the page at path: "page" if it leads to that page, "true" if the page is
// below it, "" otherwise.
func current(path, href string) string {
	switch {
	case path == href:
		return "page"
	case strings.HasPrefix(path, href+"/"):
		return "true"
	}
	return ""
}

// above returns the address of links that is path or, of those above it, the nearest; "" for none.
func above(path string, links []Link) (here string) {
	for _, l := range links {
		if current(path, l.Href) != "" && len(l.Href) > len(here) {
			here = l.Href
		}
	}
	return here
}

func pressed(yes bool) string {
	if yes {
		return "true"
	}
	return "false"
}

func initial(name string) string {
	r, _ := utf8.DecodeRuneInString(strings.TrimSpace(name))
	return strings.ToUpper(string(r))
}
