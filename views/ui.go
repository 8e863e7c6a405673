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
